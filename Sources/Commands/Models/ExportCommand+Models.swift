import ArgumentParser
import Artifacts
import Catalogue
import Checkpoints
import Foundation
import JSONReading
import LanguageModels
import Pipelines
import Reports
import Stages
import Tasks
import Tensors

/// Formats of other programs that a decoder can be written in.
enum ModelFormat: String, ExpressibleByArgument, CaseIterable {
    case huggingface, gguf
}

enum ExportedType: String, ExpressibleByArgument, CaseIterable {
    case float32, float16, bfloat16

    var elementType: ElementType {
        switch self {
        case .float32: .f32
        case .float16: .f16
        case .bfloat16: .bf16
        }
    }
}

extension ExportCommand {
    /// Writes the decoder that the reference means, for other programs.
    func writeModel(as format: ModelFormat, _ store: Store, _ catalogue: Catalogue) throws {
        let digest = try Reference(reference, in: catalogue, withOutputs: true)
            .artifact(of: [.model, .composition, .pretrainedModel], in: catalogue, store: store)
        switch try store.manifest(digest).type {
        case .composition:
            throw CommandFailure.notFound(
                "'\(reference)' is a composition, which \(format.rawValue) has no form for; export the models that it joins, "
                    + "one by one")
        case .pretrainedModel:
            throw CommandFailure.notFound(
                "'\(reference)' is an imported model, and --format is for models that were trained here; `calm get \(reference)` "
                    + "writes its own files, which other programs read")
        default: break
        }
        let model = try StoredModel(Artifact(digest, in: store), tasks: .builtIn)
        let name = Self.plain(reference)
        let path = out ?? (format == .gguf ? "\(name).gguf" : name)
        let bytes: Int
        do {
            bytes = try write(model, named: name, as: format, to: path, besides: store)
        } catch let error as CheckpointError {
            throw CommandFailure.notFound("\(error)")
        } catch let error as ConfigurationError {
            throw CommandFailure.notFound("'\(reference)' can't be exported as \(format.rawValue): \(error)")
        }
        if json {
            return try output(
                json: .object([
                    "file": .string(URL(fileURLWithPath: path).path), "format": .string(format.rawValue),
                    "artifact": .string(digest.hex), "bytes": .int(bytes),
                ]))
        }
        let hasTokenizer = format == .huggingface && model.huggingFaceTokenizer != nil
        try output(
            "wrote \(path): \(formatted(bytes: bytes))"
                + (hasTokenizer ? "" : "; its tokenizer has no form there, so it takes token ids"))
        let (produced, read) = (model.decoder.configuration.outputVocabulary, model.decoder.configuration.vocabulary)
        if produced < read {
            complain(
                "note: ids from \(produced) to \(read - 1) are only read; other programs have logits for them that mean nothing"
            )
        }
    }

    private func write(
        _ model: StoredModel, named name: String, as format: ModelFormat, to path: String, besides store: Store
    ) throws -> Int {
        let type = (dtype ?? .float32).elementType
        let length = contextLength ?? 2048
        let (begin, end) = (model.tokenizer.beginning.map(Int.init), model.tokenizer.end.map(Int.init))
        try OutputFiles(store: store.root).check([("--out", path)])
        switch format {
        case .huggingface:
            var export = try model.decoder.huggingFaceExport(
                type: type, contextLength: length, beginToken: begin, endTokens: [end].compactMap(\.self))
            for (name, bytes) in model.huggingFaceTokenizer ?? [] { export.add(file: name, Array(bytes)) }
            try export.write(to: path)
            let files = try FileManager.default.contentsOfDirectory(atPath: path)
            return try files.reduce(0) { try $0 + size(ofFile: "\(path)/\($1)") }
        case .gguf:
            try Self.check(URL(fileURLWithPath: path, isDirectory: false))
            var tokenizer: [(key: String, value: GGUFExport.Value)] = [("tokenizer.ggml.model", .string("no_vocab"))]
            if let begin { tokenizer.append(("tokenizer.ggml.bos_token_id", .uint32(UInt32(begin)))) }
            if let end { tokenizer.append(("tokenizer.ggml.eos_token_id", .uint32(UInt32(end)))) }
            let export = try model.decoder.ggufExport(
                type: type, name: name, contextLength: length, tokenizer: tokenizer)
            try export.write(to: path)
            return try size(ofFile: path)
        }
    }

    private func size(ofFile path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }
}
