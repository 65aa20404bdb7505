import Foundation
import Tensors

/// Rotary positions in the terms of a model's configuration, so that they can be written in those of another format.
struct RotaryDescription: Sendable, Hashable {
    /// How frequencies differ from base^(-2i/c).
    enum Scaling: Sendable, Hashable {
        case none
        /// All are divided by a factor.
        case linear(Float)
        case llama3(factor: Float, low: Float, high: Float, original: Float)
        case yarn(factor: Float, original: Float, fast: Float = 32, slow: Float = 1, isTruncated: Bool = true)
        /// Each is divided by a number of its own; texts beyond the original length have others.
        case divisors([Float], long: [Float], original: Float)
    }

    var base: Float
    /// Columns of a head that turn.
    var turned: Int
    var scaling = Scaling.none
    /// What cosines and sines are multiplied by.
    var scale: Float = 1

    /// What YaRN multiplies cosines and sines by unless a configuration says otherwise.
    static func yarnScale(factor: Float) -> Float { factor <= 1 ? 1 : 0.1 * log(factor) + 1 }

    /// The same of LongRoPE.
    static func longScale(factor: Float, original: Float) -> Float {
        factor <= 1 ? 1 : (1 + log(factor) / log(original)).squareRoot()
    }

    func positions(pairing: RotaryPositions.Pairing = .halves) -> RotaryPositions {
        let plain = RotaryPositions.frequencies(base: base, turned: turned)
        var longest: Int?
        let frequencies: [Float]
        switch scaling {
        case .none: frequencies = plain
        case .linear(let factor): frequencies = plain.map { $0 / factor }
        case .llama3(let factor, let low, let high, let original):
            frequencies = RotaryPositions.scaledAsLlama3(
                plain, factor: factor, low: low, high: high, original: original)
        case .yarn(let factor, let original, let fast, let slow, let isTruncated):
            frequencies = RotaryPositions.scaledAsYarn(
                plain, base: base, factor: factor, original: original, fast: fast, slow: slow, isTruncated: isTruncated)
        case .divisors(let short, let long, let original):
            // Longer texts turn by the long factors at every position, those before included: a text that grows beyond the
            // original length would have to be read again from its start.
            if short != long { longest = Int(original) }
            frequencies = zip(plain, short).map { $0 / $1 }
        }
        return RotaryPositions(.single(frequencies), pairing: pairing, scale: scale, longest: longest)
    }
}
