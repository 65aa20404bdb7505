import Checkpoints
import Tensors

/// Writes a decoder's configuration as GGUF metadata.
struct GGUFConfigurationWriter {
    private(set) var decoder: WrittenDecoder
    var configuration: DecoderConfiguration { decoder.configuration }
    let architecture: String
    /// Without the architecture's name in front.
    private(set) var keys: [(name: String, value: GGUFExport.Value)] = []
    /// Tensors that are part of the configuration.
    private(set) var tensors: [ExportedTensor] = []
    /// What the architecture can't do.
    var problems: [String] = []
    /// What is different there.
    private(set) var notes: [String] = []
    /// What queries are multiplied by, because scores can't be.
    private(set) var queryScale: Float = 1
    private let givenLength: Int?

    /// - Parameter givenLength: The longest text by the user's wish.
    init(_ decoder: WrittenDecoder, architecture: String, givenLength: Int?) {
        self.decoder = decoder
        self.architecture = architecture
        self.givenLength = givenLength
        if let givenLength { self.decoder.contextLength = givenLength }
    }

    mutating func set(_ key: String, _ value: Int) { keys.append((key, .uint32(UInt32(clamping: value)))) }
    mutating func set(_ key: String, _ value: Float) { keys.append((key, .float32(value))) }
    mutating func set(_ key: String, _ value: String) { keys.append((key, .string(value))) }
    mutating func set(_ key: String, _ value: Bool) { keys.append((key, .bool(value))) }

    /// What all families have.
    mutating func setSizes() {
        set("vocab_size", configuration.vocabulary)
        set("context_length", decoder.contextLength)
        set("embedding_length", configuration.width)
        set("block_count", configuration.layers)
        set("feed_forward_length", configuration.hiddenWidth)
        set("attention.head_count", configuration.heads)
    }

    /// What all families of gated decoders have.
    mutating func setGatedDecoder(activation: Activation = .silu) {
        setSizes()
        if configuration.variant.activation != activation {
            problems.append("\(configuration.variant.activation.rawValue) as the activation of its gate")
        }
        set("attention.head_count_kv", configuration.keyValueHeads)
        set("attention.key_length", configuration.headWidth)
        set("attention.value_length", configuration.headWidth)
        set("attention.layer_norm_rms_epsilon", configuration.normEpsilon)
    }

    /// Refuses biases that the architecture has no tensors for.
    mutating func refuseBiases(attention: Bool = true, attentionOutput: Bool = true, mlp: Bool = true) {
        let variant = configuration.variant
        if attention, variant.hasAttentionBias { problems.append("biases of queries, keys and values") }
        if attentionOutput, variant.hasAttentionOutputBias { problems.append("a bias of what attention gives") }
        if mlp, variant.hasMLPBias { problems.append("biases in the MLP") }
    }

    /// An architecture without windows in llama.cpp: within one, the texts are read as they should be.
    mutating func limitToWindow(key: String? = "attention.sliding_window") {
        let windows = configuration.variant.windows.compactMap { $0 }
        guard let narrowest = windows.min() else { return }
        if windows.count == configuration.layers, let key, Set(windows).count == 1 {
            set(key, narrowest)
        } else if narrowest < decoder.contextLength {
            problems.append("windows in some layers only")
        }
        if key == nil { decoder.configuration.variant.windows = [] }
        guard givenLength == nil, narrowest < decoder.contextLength else { return }
        notes.append(
            "llama.cpp has no windows for the architecture \(architecture): the file says that texts have at most "
                + "\(narrowest) tokens, the window, and not \(decoder.contextLength); --context-length says otherwise")
        keys.removeAll { $0.name == "context_length" }
        decoder.contextLength = narrowest
        set("context_length", narrowest)
    }

    /// Caps of scores and logits. Without one, a cap that changes nothing is written.
    mutating func setCaps() {
        let none: Float = 1e6
        set("attn_logit_softcapping", configuration.variant.scoreCap ?? none)
        set("final_logit_softcapping", configuration.variant.logitCap ?? none)
        decoder.configuration.variant.scoreCap = configuration.variant.scoreCap ?? none
        decoder.configuration.variant.logitCap = configuration.variant.logitCap ?? none
    }

    /// Scores that the architecture multiplies by `scale`, whatever the decoder does.
    mutating func scaleQueries(to scale: Float) {
        let own = configuration.variant.scoreScale ?? 1 / Float(configuration.headWidth).squareRoot()
        if abs(own - scale) > 1e-7 * scale { queryScale = own / scale }
        decoder.configuration.variant.scoreScale = scale
    }

    /// Rotary positions; `holdsDivisors`: whether the architecture has the tensor `rope_freqs`.
    mutating func setRotary(
        _ description: RotaryDescription?, holdsDivisors: Bool = false, holdsLongDivisors: Bool = false
    ) {
        guard let description else {
            problems.append("layers that turn queries and keys in different ways")
            return
        }
        set("rope.freq_base", description.base)
        set("rope.dimension_count", description.turned)
        var scale = description.scale
        switch description.scaling {
        case .none: break
        case .linear(let factor):
            set("rope.scaling.type", "linear")
            set("rope.scaling.factor", factor)
        case .llama3:
            guard holdsDivisors else {
                problems.append("rotary positions scaled as Llama 3's")
                return
            }
            var plain = description
            plain.scaling = .none
            guard case .single(let unscaled) = plain.positions().frequencies,
                case .single(let scaled) = description.positions().frequencies
            else { return }
            addVector("rope_freqs.weight", zip(unscaled, scaled).map { $0 / $1 })
        case .yarn(let factor, let original, let fast, let slow, let isTruncated):
            if !isTruncated { problems.append("YaRN without truncation") }
            set("rope.scaling.type", "yarn")
            set("rope.scaling.factor", factor)
            set("rope.scaling.original_context_length", Int(original))
            if fast != 32 { set("rope.scaling.yarn_beta_fast", fast) }
            if slow != 1 { set("rope.scaling.yarn_beta_slow", slow) }
            scale /= RotaryDescription.yarnScale(factor: factor)
        case .divisors(let short, let long, let original):
            if holdsLongDivisors {
                set("rope.scaling.original_context_length", Int(original))
                addVector("rope_factors_short.weight", short)
                addVector("rope_factors_long.weight", long)
            } else if holdsDivisors, short == long {
                addVector("rope_freqs.weight", short)
            } else {
                problems.append("rotary positions scaled as LongRoPE's")
            }
        }
        if abs(scale - 1) > 1e-6 { set("rope.scaling.attn_factor", scale) }
    }

    private mutating func addVector(_ name: String, _ values: [Float]) {
        tensors.append(ExportedTensor(name, shape: [values.count], type: .f32) { _ in values })
    }
}
