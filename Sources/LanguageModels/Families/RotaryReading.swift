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
        var description = RotaryDescription(base: Float(theta), turned: turned)
        guard readScaling(scaling, maximumLength: maximumLength, into: &description) else {
            return RotaryPositions(base: 10_000)
        }
        return positions(description, pairing: .halves)
    }

    /// What `rope_scaling` says; false if it can't be honoured.
    private func readScaling(
        _ scaling: JSONNode?, maximumLength: Int, into description: inout RotaryDescription
    ) -> Bool {
        let type = scaling?["rope_type"]?.string ?? scaling?["type"]?.string ?? "default"
        func value(_ key: String, default standard: Double? = nil) -> Float {
            if let number = scaling?[key]?.number, number > 0, number.isFinite { return Float(number) }
            if let standard, scaling?[key] == nil || scaling?[key]?.isNull == true { return Float(standard) }
            fail("key 'rope_scaling': '\(key)' of type '\(type)' must be a positive number")
            return 1
        }
        let original = { value("original_max_position_embeddings", default: Double(maximumLength)) }
        let attention = scaling?["attention_factor"]?.number.map(Float.init)
        switch type {
        case "default": break
        case "linear": description.scaling = .linear(value("factor"))
        case "llama3":
            description.scaling = .llama3(
                factor: value("factor"), low: value("low_freq_factor"), high: value("high_freq_factor"),
                original: original())
        case "yarn":
            let factor = value("factor")
            description.scale = attention ?? RotaryDescription.yarnScale(factor: factor)
            description.scaling = .yarn(
                factor: factor, original: original(), fast: value("beta_fast", default: 32),
                slow: value("beta_slow", default: 1), isTruncated: scaling?["truncate"]?.bool ?? true)
        case "longrope", "su":
            let count = description.turned / 2
            func factors(_ key: String) -> [Float]? {
                let factors = scaling?[key]?.elements?.map { Float($0.number ?? .nan) }
                if let factors, factors.count == count, factors.allSatisfy({ $0 > 0 && $0.isFinite }) {
                    return factors
                }
                fail("key 'rope_scaling': '\(key)' must have \(count) positive numbers")
                return nil
            }
            guard let short = factors("short_factor"), let long = factors("long_factor") else { return false }
            let originalLength = Float(
                number("original_max_position_embeddings", default: Double(original())))
            guard originalLength >= 1, originalLength < 1e9 else {
                fail("key 'original_max_position_embeddings': \(originalLength), expected the length of a text")
                return false
            }
            let factor = scaling?["factor"]?.number.map(Float.init) ?? Float(maximumLength) / originalLength
            description.scale = attention ?? RotaryDescription.longScale(factor: factor, original: originalLength)
            description.scaling = .divisors(short, long: long, original: originalLength)
        default:
            fail("key 'rope_scaling': type '\(type)', expected default, linear, llama3, yarn or longrope")
            return false
        }
        return true
    }

    /// Rotary positions of a head of `headWidth` columns, from GGUF metadata.
    ///
    /// - Parameters:
    ///   - factors: What the frequencies are divided by; `longFactors` likewise, in texts beyond the original length.
    ///   - scales: Whether this layer's positions are scaled as the metadata says.
    func rotaryFromGGUF(
        headWidth: Int, pairing: RotaryPositions.Pairing, base: Double? = nil, factors: [Float]? = nil,
        longFactors: [Float]? = nil, scales: Bool = true
    ) -> RotaryPositions {
        let theta = base ?? number("rope.freq_base", default: 10_000)
        let turned = integer("rope.dimension_count", default: headWidth)
        guard theta > 1, theta.isFinite, turned <= headWidth, turned % 2 == 0 else {
            fail("rotary positions of base \(theta) turn \(turned) of the \(headWidth) columns of a head")
            return RotaryPositions(base: 10_000)
        }
        var description = RotaryDescription(base: Float(theta), turned: turned)
        if scales { description.scale = Float(number("rope.scaling.attn_factor", default: 1)) }
        if let factors {
            for (name, factors) in [("", factors), ("long ", longFactors ?? factors)] {
                guard factors.count == turned / 2, factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
                    fail("\(name)rope factors: \(factors.count) numbers, expected \(turned / 2) positive ones")
                    return RotaryPositions(base: 10_000)
                }
            }
            let long = longFactors ?? factors
            let original =
                long == factors
                ? optionalInteger("rope.scaling.original_context_length") ?? integer("context_length", default: 2048)
                : integer("rope.scaling.original_context_length")
            description.scaling = .divisors(factors, long: long, original: Float(original))
        } else if scales {
            switch value("rope.scaling.type")?.string ?? "none" {
            case "none": break
            case "linear": description.scaling = .linear(positiveNumber("rope.scaling.factor"))
            case "yarn":
                let factor = positiveNumber("rope.scaling.factor")
                let original =
                    optionalInteger("rope.scaling.original_context_length") ?? integer("context_length")
                description.scale *= RotaryDescription.yarnScale(factor: factor)
                description.scaling = .yarn(
                    factor: factor, original: Float(original),
                    fast: positiveNumber("rope.scaling.yarn_beta_fast", default: 32),
                    slow: positiveNumber("rope.scaling.yarn_beta_slow", default: 1))
            case let other: fail("key 'rope.scaling.type': '\(other)', expected none, linear or yarn")
            }
        }
        return positions(description, pairing: pairing)
    }

    private func positiveNumber(_ key: String, default standard: Double? = nil) -> Float {
        let value = number(key, default: standard)
        if value > 0 { return Float(value) }
        fail("key '\(key)': \(value), expected a positive number")
        return 1
    }

    private func positions(_ description: RotaryDescription, pairing: RotaryPositions.Pairing) -> RotaryPositions {
        let positions = description.positions(pairing: pairing)
        rotary[positions] = description
        return positions
    }
}
