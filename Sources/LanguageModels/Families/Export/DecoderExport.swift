import Checkpoints
import JSONReading
import NeuralNetworks
import Tensors

/// A trained decoder on its way into another format.
///
/// The weights are read from the decoder when the files are written.
struct DecoderExport: Sendable {
    let configuration: DecoderConfiguration
    let parameters: Parameters
    let rotaryBase: Float

    /// - Throws: `ConfigurationError` with what no known architecture does as this decoder does it.
    init(_ decoder: Decoder) throws(ConfigurationError) {
        let configuration = decoder.configuration
        let variant = configuration.variant
        var reasons: [String] = []
        if decoder.frozen != nil { reasons.append("its weights come from another checkpoint: use that one") }
        if case .rotary(let base) = configuration.positions {
            rotaryBase = base
        } else {
            rotaryBase = 0
            reasons.append("it has learned positions with RMS norms")
        }
        var plain = DecoderVariant()
        plain.keyValueHeads = variant.keyValueHeads
        plain.headWidth = variant.headWidth
        plain.activation = variant.activation
        plain.isGated = variant.isGated
        let isKnown = variant == plain && (variant.isGated ? variant.activation == .silu : variant.activation == .gelu)
        if !isKnown { reasons.append("its variant is that of an imported family") }
        guard reasons.isEmpty else {
            throw ConfigurationError("the decoder can't be exported: \(reasons.joined(separator: "; "))")
        }
        self.configuration = configuration
        parameters = decoder.parameters
    }

    var keyValueWidth: Int { configuration.keyValueWidth }
    var queryWidth: Int { configuration.heads * configuration.headWidth }

    /// Some rows of one of the decoder's tensors. The head has none for ids that are only read: in other formats, which have
    /// a logit for every id, theirs are zeros.
    @Sendable func rows(_ name: String, _ range: Range<Int>) -> [Float] {
        guard let entry = parameters.entry(name) else { preconditionFailure("no parameter is named \(name)") }
        let columns = entry.shape.last ?? 1
        let present = range.clamped(to: 0..<entry.count / columns)
        let start = entry.offset + present.lowerBound * columns
        let found = parameters.withElements { Array($0[start..<start + present.count * columns]) }
        return found + [Float](repeating: 0, count: (range.count - present.count) * columns)
    }

    /// A tensor whose rows are rows of one of the decoder's.
    func tensor(
        _ name: String, _ own: String, rows: Range<Int>, columns: Int, _ type: ElementType
    ) -> ExportedTensor {
        ExportedTensor(name, shape: [rows.count, columns], type: type) { range in
            self.rows(own, rows.lowerBound + range.lowerBound..<rows.lowerBound + range.upperBound)
        }
    }

    /// A vector of one of the decoder's tensors. Vectors are few, and kept in full precision.
    func vector(_ name: String, _ own: String, _ type: ElementType = .f32) -> ExportedTensor {
        ExportedTensor(name, shape: [configuration.width], type: type) { _ in self.rows(own, 0..<1) }
    }
}
