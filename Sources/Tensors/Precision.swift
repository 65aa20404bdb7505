/// What the operands of matrix products are rounded to. Sums, activations, weights and gradients are Float32 either way.
package enum Precision: String, Sendable, Codable, CaseIterable {
    case float32
    /// Operands rounded to bfloat16 (8 bits of mantissa), to nearest even: two to four times the speed where the processor
    /// multiplies them itself, slower elsewhere.
    case bfloat16
    /// bfloat16 for products with weights that are not trained, Float32 for the others: in composition, the frozen models
    /// and not the connections.
    case frozenBFloat16 = "bfloat16-frozen"

    /// Of products with trained or with frozen weights: float32 or bfloat16.
    package func ofProduct(training isTrained: Bool) -> Precision {
        self == .frozenBFloat16 ? (isTrained ? .float32 : .bfloat16) : self
    }
}
