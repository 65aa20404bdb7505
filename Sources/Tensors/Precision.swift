/// What the operands of matrix products are rounded to. Sums, activations, weights and gradients are Float32 either way.
package enum Precision: String, Sendable, Codable, CaseIterable {
    case float32
    /// Operands rounded to bfloat16 (8 bits of mantissa), to nearest even: two to four times the speed where the processor
    /// multiplies them itself, slower elsewhere.
    case bfloat16
}
