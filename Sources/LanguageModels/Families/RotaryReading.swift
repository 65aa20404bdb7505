import Foundation
import JSONReading
import Tensors

extension RotaryPositions {
    /// Frequencies base^(-2i/c) in single precision, as PyTorch computes them: 1 / base^(2i/c).
    static func frequencies(base: Float, turned: Int) -> [Float] {
        (0..<turned / 2).map { 1 / pow(base, Float(2 * $0) / Float(turned)) }
    }

    /// What slow frequencies of Llama 3 become, to read longer texts: those of wavelengths beyond `original / low` are divided
    /// by the factor, those below `original / high` stay, and those between are mixed.
    static func scaledAsLlama3(
        _ frequencies: [Float], factor: Float, low: Float, high: Float, original: Float
    ) -> [Float] {
        frequencies.map { frequency in
            let wavelength = 2 * Float.pi / frequency
            if wavelength < original / high { return frequency }
            if wavelength > original / low { return frequency / factor }
            let smooth = (original / wavelength - low) / (high - low)
            return (1 - smooth) * frequency / factor + smooth * frequency
        }
    }

    /// YaRN's (arXiv 2309.00071): low frequencies are divided by the factor, high ones stay, with a ramp between.
    static func scaledAsYarn(
        _ frequencies: [Float], base: Float, factor: Float, original: Float, fast: Float, slow: Float, isTruncated: Bool
    ) -> [Float] {
        let turned = Float(2 * frequencies.count)
        func dimension(_ rotations: Float) -> Float {
            turned * log(original / (rotations * 2 * Float.pi)) / (2 * log(base))
        }
        var (first, last) = (dimension(fast), dimension(slow))
        if isTruncated { (first, last) = (first.rounded(.down), last.rounded(.up)) }
        first = max(first, 0)
        last = min(last, turned - 1)
        if first == last { last += 0.001 }
        return frequencies.enumerated().map { index, frequency in
            let kept = 1 - min(max((Float(index) - first) / (last - first), 0), 1)
            return frequency / factor * (1 - kept) + frequency * kept
        }
    }
}

extension ConfigurationReader {
    /// Rotary positions of a head of `headWidth` columns, from `config.json`.
    ///
    /// - Parameters:
    ///   - layerType: Of models whose layers differ: the key of this layer's parameters, in newer files.
    ///   - base: Of older files, if it isn't `rope_theta`'s.
    ///   - scales: Whether this layer's positions are scaled as the configuration says.
    func rotaryFromJSON(
        headWidth: Int, maximumLength: Int, layerType: String? = nil, base: Double? = nil, defaultBase: Double = 10_000,
        scales: Bool = true
    ) -> RotaryPositions {
        // Newer files have `rope_parameters`, perhaps by layer type; older ones `rope_theta` and `rope_scaling`.
        var parameters = node("rope_parameters")
        if let layerType, let own = parameters?[layerType] { parameters = own }
        let scaling = parameters ?? (scales ? node("rope_scaling") : nil)
        let theta = parameters?["rope_theta"]?.number ?? base ?? number("rope_theta", default: defaultBase)
        guard theta > 1, theta.isFinite else {
            fail("key 'rope_theta': \(theta), expected more than 1")
            return RotaryPositions(base: 10_000)
        }
        let share = parameters?["partial_rotary_factor"]?.number ?? number("partial_rotary_factor", default: 1)
        let turned = Int(Double(headWidth) * share)
        guard turned > 0, turned <= headWidth, turned % 2 == 0 else {
            fail(
                "rotary positions turn \(turned) of the \(headWidth) columns of a head, expected an even number of them"
            )
            return RotaryPositions(base: 10_000)
        }
        let plain = RotaryPositions.frequencies(base: Float(theta), turned: turned)
        let type = scaling?["rope_type"]?.string ?? scaling?["type"]?.string ?? "default"

        func value(_ key: String, default standard: Double? = nil) -> Float {
            if let number = scaling?[key]?.number, number > 0, number.isFinite { return Float(number) }
            if let standard, scaling?[key] == nil || scaling?[key]?.isNull == true { return Float(standard) }
            fail("key 'rope_scaling': '\(key)' of type '\(type)' must be a positive number")
            return 1
        }
        let original = { value("original_max_position_embeddings", default: Double(maximumLength)) }
        switch type {
        case "default": return RotaryPositions(.single(plain))
        case "linear":
            let factor = value("factor")
            return RotaryPositions(.single(plain.map { $0 / factor }))
        case "llama3":
            return RotaryPositions(
                .single(
                    RotaryPositions.scaledAsLlama3(
                        plain, factor: value("factor"), low: value("low_freq_factor"), high: value("high_freq_factor"),
                        original: original())))
        case "yarn":
            let factor = value("factor")
            let scale =
                scaling?["attention_factor"]?.number.map(Float.init) ?? (factor <= 1 ? 1 : 0.1 * log(factor) + 1)
            return RotaryPositions(
                .single(
                    RotaryPositions.scaledAsYarn(
                        plain, base: Float(theta), factor: factor, original: original(),
                        fast: value("beta_fast", default: 32), slow: value("beta_slow", default: 1),
                        isTruncated: scaling?["truncate"]?.bool ?? true)), scale: scale)
        case "longrope", "su":
            func factors(_ key: String) -> [Float]? {
                let factors = scaling?[key]?.elements?.map { Float($0.number ?? .nan) }
                if let factors, factors.count == plain.count, factors.allSatisfy({ $0 > 0 && $0.isFinite }) {
                    return factors
                }
                fail("key 'rope_scaling': '\(key)' must have \(plain.count) positive numbers")
                return nil
            }
            guard let short = factors("short_factor"), let long = factors("long_factor") else {
                return RotaryPositions(base: 10_000)
            }
            let originalLength = Float(
                number("original_max_position_embeddings", default: Double(original())))
            guard originalLength >= 1, originalLength < 1e9 else {
                fail("key 'original_max_position_embeddings': \(originalLength), expected the length of a text")
                return RotaryPositions(base: 10_000)
            }
            let factor = scaling?["factor"]?.number.map(Float.init) ?? Float(maximumLength) / originalLength
            let scale =
                scaling?["attention_factor"]?.number.map(Float.init)
                ?? (factor <= 1 ? 1 : (1 + log(factor) / log(originalLength)).squareRoot())
            // Longer texts turn by the long factors at every position, those before included: a text that grows beyond the
            // original length would have to be read again from its start.
            return RotaryPositions(
                .single(zip(plain, short).map { $0 / $1 }), scale: scale,
                longest: short == long ? nil : Int(originalLength))
        default:
            fail("key 'rope_scaling': type '\(type)', expected default, linear, llama3, yarn or longrope")
            return RotaryPositions(base: 10_000)
        }
    }

    /// Rotary positions of a head of `headWidth` columns, from GGUF metadata; `factors` divide the frequencies.
    func rotaryFromGGUF(
        headWidth: Int, pairing: RotaryPositions.Pairing, base: Double? = nil, factors: [Float]? = nil,
        scales: Bool = true
    ) -> RotaryPositions {
        let theta = base ?? number("rope.freq_base", default: 10_000)
        let turned = integer("rope.dimension_count", default: headWidth)
        guard theta > 1, turned <= headWidth, turned % 2 == 0 else {
            fail("rotary positions of base \(theta) turn \(turned) of the \(headWidth) columns of a head")
            return RotaryPositions(base: 10_000)
        }
        var frequencies = RotaryPositions.frequencies(base: Float(theta), turned: turned)
        let scale: Float = 1
        if let factors {
            guard factors.count == frequencies.count, factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
                fail("tensor 'rope_freqs.weight': expected \(frequencies.count) positive numbers")
                return RotaryPositions(base: 10_000)
            }
            return RotaryPositions(
                .single(zip(frequencies, factors).map { $0 / $1 }), pairing: pairing, scale: scale)
        }
        if scales {
            switch value("rope.scaling.type")?.string ?? "none" {
            case "none": break
            case "linear":
                let factor = Float(number("rope.scaling.factor"))
                frequencies = frequencies.map { $0 / factor }
            case let other: fail("key 'rope.scaling.type': '\(other)', expected none or linear")
            }
        }
        return RotaryPositions(.single(frequencies), pairing: pairing, scale: scale)
    }
}
