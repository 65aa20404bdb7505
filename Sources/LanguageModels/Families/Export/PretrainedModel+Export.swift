import Checkpoints
import JSONReading
import Tensors

/// A model from outside in another format, or in its own with other element types.
extension PretrainedModel {
    /// The model as a folder that transformers reads, without its tokenizer.
    ///
    /// - Parameters:
    ///   - type: `.f32`, `.f16` or `.bf16`; nil: as it is, and `.f32` for quantised weights.
    ///   - contextLength: The longest text that the model is for; nil: as it is.
    /// - Throws: `ConfigurationError` with what transformers has no form for, `CheckpointError`.
    package func huggingFaceExport(type: ElementType?, contextLength: Int?) throws -> HuggingFaceExport {
        try checkLength(contextLength)
        let (begin, ends): (Int?, [Int])
        switch checkpoint {
        case .huggingFace(let folder):
            if !isTrainedFurther { return try copy(of: folder, type, contextLength) }
            (begin, ends) = (folder.configuration["bos_token_id"]?.integer, folder.endTokens)
        case .gguf(let file):
            (begin, ends) = (file.tokenID("bos").map(Int.init), file.tokenID("eos").map { [Int($0)] } ?? [])
        }
        let isMistral = architecture.name == ModelFamily.llama.name && !decoder.configuration.variant.windows.isEmpty
        return try exported().huggingFace(
            isMistral ? .mistral : architecture, written(contextLength), types(type), beginToken: begin, endTokens: ends
        )
    }

    /// The model as a GGUF file that llama.cpp reads, without its tokenizer unless it is of the same format, and what is
    /// different there.
    ///
    /// - Parameters: Likewise; `copiesTokenizer`: whether a GGUF file's own goes with it. Nil for `type` leaves quantised weights of a GGUF file as they are.
    /// - Throws: `ConfigurationError` with what llama.cpp has no form for, `CheckpointError`.
    package func ggufExport(
        type: ElementType?, name: String, contextLength: Int?, copiesTokenizer: Bool = true
    ) throws -> (export: GGUFExport, described: DecoderConfiguration, notes: [String]) {
        try checkLength(contextLength)
        if case .gguf(let file) = checkpoint, !isTrainedFurther {
            return (try copy(of: file, type, contextLength, copiesTokenizer), decoder.configuration, [])
        }
        var (export, described, notes) = try exported().gguf(
            architecture, written(contextLength), types(type), name: name, contextLength: contextLength)
        if case .gguf(let file) = checkpoint {
            let isComplete = copiesTokenizer && file.value("tokenizer.ggml.model") != nil
            if !isComplete { export.set("tokenizer.ggml.model", .string("no_vocab")) }
            for key in file.keys where key.hasPrefix("tokenizer.") && (isComplete || key.hasSuffix("_token_id")) {
                if let value = try file.exportedValue(key) { export.set(key, value) }
            }
        }
        return (export, described, notes)
    }

    private func exported() throws(ConfigurationError) -> DecoderExport {
        try DecoderExport(decoder) { try check() }
    }

    /// A table of positions is as long as it is.
    private func checkLength(_ length: Int?) throws(ConfigurationError) {
        if let length, let positions = decoder.configuration.learnedPositions, length != positions {
            throw ConfigurationError("it has learned positions for \(positions) tokens, and no others for \(length)")
        }
    }

    private func written(_ length: Int?) -> WrittenDecoder {
        let configuration = decoder.configuration
        return WrittenDecoder(
            configuration: configuration,
            rotary: (0..<configuration.layers).compactMap { layer in
                configuration.rotaryPositions(layer: layer).flatMap { rotary[$0] }
            }, contextLength: length ?? contextLength ?? 2048)
    }

    private func types(_ wanted: ElementType?) -> DecoderExport.Types {
        if isTrainedFurther { return DecoderExport.Types(wanted: wanted) }
        let isGGUF = if case .gguf = checkpoint { true } else { false }
        let names = isGGUF ? architecture.ggufNames : architecture.huggingFaceNames
        let (source, configuration) = (source, decoder.configuration)
        let prefix = names?.prefix(in: source) ?? ""
        let shapes = Dictionary(
            (try? Decoder.declaredTensors(configuration))?.map { ($0.name, $0.shape) } ?? []
        ) { $1 }
        return DecoderExport.Types(wanted: wanted) { name, part in
            guard let shape = shapes[name],
                let parts = names?.parts(of: name, shape, configuration, prefix: prefix), part < parts.count
            else { return nil }
            return source[parts[part].name]?.type
        }
    }

    private func copy(
        of folder: HuggingFaceFolder, _ type: ElementType?, _ length: Int?
    ) throws -> HuggingFaceExport {
        var members = folder.configuration.members ?? JSONMembers()
        if let type {
            members = members.replacing(["torch_dtype", "dtype"]) { _ in .string(DecoderExport.typeName(type)) }
        }
        if let length { members = members.replacing(["max_position_embeddings"]) { _ in .int(length) } }
        var export = HuggingFaceExport(configuration: members)
        // Those of other types aren't weights.
        for tensor in folder.weights.tensors where tensor.type != nil {
            if let type, tensor.type != type {
                export.add(
                    ExportedTensor(tensor.name, shape: tensor.shape, type: type) { try tensor.floats(rows: $0) })
            } else {
                export.add(try ExportedTensor(tensor.name, copying: tensor))
            }
        }
        return export
    }

    private func copy(
        of file: GGUFFile, _ type: ElementType?, _ length: Int?, _ copiesTokenizer: Bool
    ) throws -> GGUFExport {
        let architecture = file.value("general.architecture")?.string ?? ""
        var export = GGUFExport(architecture: architecture)
        // Of the file, and not of the model.
        var own: Set = ["general.architecture", "general.alignment"]
        if type != nil { own.insert("general.file_type") }
        if let length {
            own.insert("\(architecture).context_length")
            export.set("\(architecture).context_length", .uint32(UInt32(length)))
        }
        let hasTokenizer = copiesTokenizer && file.value("tokenizer.ggml.model") != nil
        if !hasTokenizer {
            export.set("tokenizer.ggml.model", .string("no_vocab"))
            own.formUnion(file.keys.filter { $0.hasPrefix("tokenizer.") && !$0.hasSuffix("_token_id") })
            if file.value("\(architecture).vocab_size") == nil {
                export.set("\(architecture).vocab_size", .uint32(UInt32(decoder.configuration.vocabulary)))
            }
        }
        for key in file.keys where !own.contains(key) {
            if let value = try file.exportedValue(key) { export.set(key, value) }
        }
        for tensor in file.tensors {
            let wanted = tensor.shape.count > 1 ? type : type == nil ? nil : .f32
            if let wanted, tensor.type != wanted {
                export.add(
                    ExportedTensor(tensor.name, shape: tensor.shape, type: wanted) { try tensor.floats(rows: $0) })
            } else {
                export.add(try ExportedTensor(tensor.name, copying: tensor))
            }
        }
        return export
    }
}

extension JSONMembers {
    /// The members with other values for some names, here and in the part of a model that reads text.
    fileprivate func replacing(_ names: Set<String>, _ value: (JSONNode) -> JSONNode) -> JSONMembers {
        var result = JSONMembers()
        for member in members {
            var replaced = member.value
            if names.contains(member.name) { replaced = value(member.value) }
            if member.name == "text_config", let text = member.value.members {
                replaced = .object(text.replacing(names, value))
            }
            _ = result.append(member.name, replaced)
        }
        return result
    }
}
