import Checkpoints
import JSONReading
import Tensors

extension DecoderExport {
    /// What is stored as what.
    struct Types: Sendable {
        /// What the user wants; nil: as it is stored now.
        var wanted: ElementType?
        /// What a part of one of our tensors is stored as now.
        var stored: @Sendable (_ name: String, _ part: Int) -> ElementType? = { _, _ in nil }

        /// `.f32`, `.f16` or `.bf16`: quantised weights become `.f32`.
        func plain(_ name: String, _ part: Int) -> ElementType {
            if let wanted { return wanted }
            guard let type = stored(name, part), [.f16, .bf16].contains(type) else { return .f32 }
            return type
        }
    }

    /// The decoder as a folder of transformers' class for its family.
    ///
    /// - Throws: `ConfigurationError` with all that the family hasn't.
    func huggingFace(
        _ family: ModelFamily, _ written: WrittenDecoder, _ types: Types, beginToken: Int?, endTokens: [Int]
    ) throws(ConfigurationError) -> HuggingFaceExport {
        guard let writing = family.writing, let names = family.huggingFaceNames else {
            throw ConfigurationError("models of the family \(family.name) are not written as Hugging Face folders")
        }
        var writer = JSONConfigurationWriter(written)
        writer.set("architectures", .array([.string(writing.className)]))
        writer.set("model_type", writing.modelType)
        writer.set("bos_token_id", beginToken.map(JSONNode.int) ?? .null)
        writer.set(
            "eos_token_id",
            endTokens.count == 1
                ? .int(endTokens[0]) : endTokens.isEmpty ? .null : .array(endTokens.map(JSONNode.int)))
        writer.set("pad_token_id", .null)
        writing.addJSON(&writer)
        writer.set("tie_word_embeddings", configuration.tiedHead)
        let form = Form(names: names, prefix: names.prefixes[0], pairing: .halves)
        let tensors = try tensors(in: form) { name, part, _ in types.plain(name, part) }
        let matrixTypes = Set(tensors.filter { $0.shape.count > 1 }.map(\.type))
        writer.set(
            "torch_dtype", Self.typeName(matrixTypes.count == 1 ? matrixTypes.first ?? .f32 : .f32))
        writer.set("use_cache", true)
        if configuration.outputVocabulary < configuration.vocabulary {
            writer.set(ModelFamily.generatedCountKey, configuration.outputVocabulary)
        }
        writer.set("vocab_size", configuration.vocabulary)
        guard writer.problems.isEmpty else {
            throw ConfigurationError("\(writing.className) has no \(writer.problems.joined(separator: "; no "))")
        }
        var export = HuggingFaceExport(configuration: writer.members)
        for tensor in tensors { export.add(tensor) }
        return export
    }

    func setGeneratedCount(_ export: inout GGUFExport) {
        guard configuration.outputVocabulary < configuration.vocabulary else { return }
        export.set("calm.\(ModelFamily.generatedCountKey)", .uint32(UInt32(configuration.outputVocabulary)))
    }

    static func typeName(_ type: ElementType) -> String {
        switch type {
        case .f16: "float16"
        case .bf16: "bfloat16"
        default: "float32"
        }
    }

    /// The decoder as a GGUF file of its family's architecture; vectors are stored as `.f32`, which llama.cpp expects.
    ///
    /// - Returns: The file without a tokenizer, the decoder that it describes, and what is different in llama.cpp.
    /// - Throws: `ConfigurationError` with all that the architecture hasn't.
    func gguf(
        _ family: ModelFamily, _ written: WrittenDecoder, _ types: Types, name: String, contextLength: Int?
    ) throws(ConfigurationError) -> (export: GGUFExport, described: DecoderConfiguration, notes: [String]) {
        guard let writing = family.writing,
            let names = family.ggufNames ?? ModelFamily.named(architecture: writing.architecture)?.ggufNames
        else {
            throw ConfigurationError("models of the family \(family.name) are not written as GGUF files")
        }
        var writer = GGUFConfigurationWriter(
            written, architecture: writing.architecture, givenLength: contextLength)
        writing.addGGUF(&writer)
        guard writer.problems.isEmpty else {
            throw ConfigurationError(
                "the architecture \(writing.architecture) of llama.cpp has no \(writer.problems.joined(separator: "; no "))"
            )
        }
        var export = GGUFExport(architecture: writing.architecture)
        export.set("general.name", .string(name))
        setGeneratedCount(&export)
        for (key, value) in writer.keys { export.set("\(writing.architecture).\(key)", value) }
        let form = Form(
            names: names, prefix: names.prefixes[0], pairing: writing.ggufPairing, queryScale: writer.queryScale)
        for tensor in try tensors(in: form, type: { $2 ? .f32 : types.plain($0, $1) }) { export.add(tensor) }
        for tensor in writer.tensors { export.add(tensor) }
        return (export, writer.configuration, writer.notes)
    }
}
