import Checkpoints
import JSONReading
import Tensors

extension ModelFamily {
    /// Mistral (arXiv 2310.06825). Its GGUF files say `llama`.
    static let mistral = ModelFamily(
        name: "Mistral", modelTypes: ["mistral"], architectures: [],
        huggingFaceNames: .llamaOfHuggingFace, ggufNames: nil,
        fromJSON: { reader, hasOutput in
            var configuration = reader.gatedDecoder(hasOutput: hasOutput)
            let rotary = reader.rotaryFromJSON(
                headWidth: configuration.headWidth,
                maximumLength: reader.integer("max_position_embeddings", default: 4096 * 32))
            configuration.variant.rotary = Array(repeating: rotary, count: configuration.layers)
            if let window = reader.optionalInteger("sliding_window") {
                configuration.variant.windows = Array(repeating: window, count: configuration.layers)
            }
            return try reader.finish(configuration)
        },
        fromGGUF: { reader, file in try llama.fromGGUF(reader, file) },
        writing: FamilyWriting(
            className: "MistralForCausalLM", modelType: "mistral", architecture: "llama", ggufPairing: .adjacent,
            addJSON: { writer in
                writer.setGatedDecoder()
                writer.setRotary()
                writer.set("sliding_window", writer.decoder.window.map(JSONNode.int) ?? .null)
            },
            addGGUF: { $0.setLlama() }))
}
