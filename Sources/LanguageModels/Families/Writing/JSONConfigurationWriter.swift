import JSONReading
import Tensors

/// Writes a decoder's configuration as `config.json`.
struct JSONConfigurationWriter {
    let decoder: WrittenDecoder
    var configuration: DecoderConfiguration { decoder.configuration }
    private(set) var members = JSONMembers()
    var problems: [String] = []

    init(_ decoder: WrittenDecoder) { self.decoder = decoder }

    mutating func set(_ key: String, _ value: JSONNode) {
        precondition(members.append(key, value), "two values for \(key)")
    }

    mutating func set(_ key: String, _ value: Int) { set(key, .int(value)) }
    mutating func set(_ key: String, _ value: Bool) { set(key, .bool(value)) }
    mutating func set(_ key: String, _ value: String) { set(key, .string(value)) }
    mutating func set(_ key: String, _ value: Float?) { set(key, Self.node(value)) }

    /// The shortest decimal that is this number.
    static func node(_ value: Float?) -> JSONNode { value.map { .double(Double("\($0)") ?? Double($0)) } ?? .null }

    /// What all families of gated decoders have.
    mutating func setGatedDecoder(activationKey: String = "hidden_act") {
        set("attention_dropout", .double(0))
        set("head_dim", configuration.headWidth)
        set(activationKey, configuration.variant.activation == .silu ? "silu" : "gelu_pytorch_tanh")
        set("hidden_size", configuration.width)
        set("initializer_range", .double(0.02))
        set("intermediate_size", configuration.hiddenWidth)
        set("max_position_embeddings", decoder.contextLength)
        set("num_attention_heads", configuration.heads)
        set("num_hidden_layers", configuration.layers)
        set("num_key_value_heads", configuration.keyValueHeads)
        set("rms_norm_eps", configuration.normEpsilon)
    }

    /// Rotary positions that are those of all layers.
    mutating func setRotary() { setRotary(decoder.rotary(local: nil)) }

    mutating func setRotary(_ description: RotaryDescription?) {
        guard let description else {
            problems.append("layers that turn queries and keys in different ways")
            return
        }
        set("rope_theta", description.base)
        if description.turned != configuration.headWidth {
            set("partial_rotary_factor", .double(Double(description.turned) / Double(configuration.headWidth)))
        }
        set("rope_scaling", scaling(description))
    }

    private func scaling(_ description: RotaryDescription) -> JSONNode {
        func object(_ type: String, _ members: JSONMembers) -> JSONNode {
            var all: JSONMembers = ["rope_type": .string(type), "type": .string(type)]
            for member in members.members { _ = all.append(member.name, member.value) }
            return .object(all)
        }
        func integer(_ value: Float) -> JSONNode { .int(Int(value)) }
        func longRope(_ short: [Float], _ long: [Float], _ original: Float) -> JSONNode {
            var members: JSONMembers = [
                "short_factor": .array(short.map(Self.node)), "long_factor": .array(long.map(Self.node)),
            ]
            let standard = RotaryDescription.longScale(
                factor: Float(decoder.contextLength) / original, original: original)
            if abs(description.scale - standard) > 1e-6 {
                _ = members.append("attention_factor", Self.node(description.scale))
            }
            _ = members.append("original_max_position_embeddings", integer(original))
            return object("longrope", members)
        }
        let ones = [Float](repeating: 1, count: description.turned / 2)
        switch description.scaling {
        case .none where description.scale == 1: return .null
        case .none: return longRope(ones, ones, Float(decoder.contextLength))
        case .linear(let factor) where description.scale == 1:
            return object("linear", ["factor": Self.node(factor)])
        case .linear(let factor):
            return longRope(ones.map { $0 * factor }, ones.map { $0 * factor }, Float(decoder.contextLength))
        case .llama3(let factor, let low, let high, let original):
            return object(
                "llama3",
                [
                    "factor": Self.node(factor), "low_freq_factor": Self.node(low), "high_freq_factor": Self.node(high),
                    "original_max_position_embeddings": integer(original),
                ])
        case .yarn(let factor, let original, let fast, let slow, let isTruncated):
            var members: JSONMembers = [
                "factor": Self.node(factor), "original_max_position_embeddings": integer(original),
                "beta_fast": Self.node(fast), "beta_slow": Self.node(slow),
            ]
            if !isTruncated { _ = members.append("truncate", .bool(false)) }
            if abs(description.scale - RotaryDescription.yarnScale(factor: factor)) > 1e-6 {
                _ = members.append("attention_factor", Self.node(description.scale))
            }
            return object("yarn", members)
        case .divisors(let short, let long, let original):
            return short == long
                ? llama3(description, short) ?? longRope(short, long, original)
                : longRope(short, long, original)
        }
    }

    /// Divisors that are those of a Llama 3: GGUF files have the numbers, not what they were made of.
    private func llama3(_ description: RotaryDescription, _ divisors: [Float]) -> JSONNode? {
        guard description.scale == 1, let factor = divisors.max(), factor > 1 else { return nil }
        var candidate = RotaryDescription(base: description.base, turned: description.turned)
        candidate.scaling = .llama3(factor: factor, low: 1, high: 4, original: 8192)
        guard case .single(let theirs) = candidate.positions().frequencies,
            case .single(let ours) = description.positions().frequencies,
            zip(theirs, ours).allSatisfy({ abs($0 - $1) <= 1e-6 * $1 })
        else { return nil }
        return scaling(candidate)
    }

    /// Which layers see a window, as newer configurations say it.
    mutating func setLayerTypes() {
        set(
            "layer_types",
            .array(decoder.isLocal.map { .string($0 ? "sliding_attention" : "full_attention") }))
    }
}
