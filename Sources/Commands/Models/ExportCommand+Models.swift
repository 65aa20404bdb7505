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
import Tokenization

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
    /// Writes a model from outside, which lies at a path, for other programs.
    func writePretrainedModel(at source: String, as format: ModelFormat) throws {
        let name = Self.plain((source as NSString).lastPathComponent.replacing(/\.gguf$/, with: ""))
        let given = reference.contains("/") || reference.hasSuffix(".gguf") ? name : Self.plain(reference)
        let path = out ?? (format == .gguf ? "\(given).gguf" : given)
        try write(try reportingExportErrors(format) { try PretrainedModel(source) }, named: given, as: format, to: path)
        {
            try checkIsOther(path, than: source)
        }
    }

    /// Writes a model from outside, or one that was trained further, with its tokenizer and chat template.
    ///
    /// - Parameter check: Throws if the file must not be written.
    private func write(
        _ model: PretrainedModel, named name: String, as format: ModelFormat, to path: String, artifact: Digest? = nil,
        check: () throws -> Void = {}
    ) throws {
        var notes: [String] = []
        let bytes = try reportingExportErrors(format) {
            var export = TextExport()
            export.type = dtype?.elementType
            export.contextLength = contextLength
            export.writesTokenizer = !withoutTokenizer
            switch format {
            case .huggingface: notes = try export.write(model, huggingFaceTo: path)
            case .gguf:
                try Self.check(URL(fileURLWithPath: path, isDirectory: false))
                try check()
                notes = try export.write(model, ggufTo: path, name: name)
            }
            return try size(ofModel: path)
        }
        try report(path, format, bytes, artifact: artifact, notes)
    }

    /// A file can't be made of itself.
    private func checkIsOther(_ path: String, than source: String) throws {
        let (from, to) = (realpath(source), realpath(path))
        if let from, from == to {
            throw CommandFailure.notFound("\(path) is the model that is exported; name another file with --out")
        }
    }

    private func realpath(_ path: String) -> String? {
        guard let pointer = Foundation.realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Writes the decoder that the reference means, for other programs.
    func writeModel(as format: ModelFormat, _ store: Store, _ catalogue: Catalogue) throws {
        let digest = try Reference(reference, in: catalogue, withOutputs: true)
            .artifact(of: [.model, .composition, .pretrainedModel], in: catalogue, store: store)
        if try store.manifest(digest).type == .composition {
            throw CommandFailure.notFound(
                "'\(reference)' is a composition, which \(format.rawValue) has no form for; export the models that it joins, "
                    + "one by one")
        }
        let model = try StoredModel(Artifact(digest, in: store), tasks: .builtIn)
        let name = Self.plain(reference)
        let path = out ?? (format == .gguf ? "\(name).gguf" : name)
        try OutputFiles(store: store.root).check([("--out", path)])
        if let pretrained = try model.pretrained {
            return try write(pretrained, named: name, as: format, to: path, artifact: digest)
        }
        let text = try text(of: model, as: format)
        try reportingExportErrors(format) { try write(model, named: name, as: format, to: path, text) }
        let (produced, read) = (model.decoder.configuration.outputVocabulary, model.decoder.configuration.vocabulary)
        let readOnly =
            produced < read
            ? [
                "ids from \(produced) to \(read - 1) are only read; other programs have logits for them that mean nothing"
            ]
            : []
        try report(path, format, try size(ofModel: path), artifact: digest, text.notes + readOnly)
    }

    /// The tokenizer of a model that was trained here, in the format's form.
    private struct Text {
        var files: [(name: String, bytes: Data)] = []
        var keys: [(key: String, value: GGUFExport.Value)] = []
        var notes: [String] = []
    }

    private func text(of model: StoredModel, as format: ModelFormat) throws -> Text {
        var text = Text()
        guard !withoutTokenizer else { return text }
        if let files = model.huggingFaceTokenizer {
            if format == .huggingface {
                text.files = files
                return text
            }
            func token(_ id: Int32?) -> String? { id.map { model.tokenizer.text(of: $0) } }
            if let file = files.first(where: { $0.name == StoredTokenizer.member }) {
                do {
                    let gguf = try GGUFText(
                        tokenizerJSON: Array(file.bytes), beginning: token(model.tokenizer.beginning),
                        end: token(model.tokenizer.end), count: model.decoder.configuration.vocabulary)
                    (text.keys, text.notes) = (gguf.keys, gguf.notes)
                    return text
                } catch {
                    text.notes.append("\(error)")
                }
            }
        }
        text.notes.append("the model's tokenizer has no form there, so it takes token ids")
        return text
    }

    private func write(
        _ model: StoredModel, named name: String, as format: ModelFormat, to path: String, _ text: Text
    ) throws {
        let type = (dtype ?? .float32).elementType
        let (begin, end) = (model.tokenizer.beginning.map(Int.init), model.tokenizer.end.map(Int.init))
        switch format {
        case .huggingface:
            var export = try model.decoder.huggingFaceExport(
                type: type, contextLength: contextLength, beginToken: begin, endTokens: [end].compactMap(\.self))
            for (name, bytes) in text.files { export.add(file: name, Array(bytes)) }
            try export.write(to: path)
        case .gguf:
            try Self.check(URL(fileURLWithPath: path, isDirectory: false))
            var tokenizer = text.keys
            if tokenizer.isEmpty {
                tokenizer = [("tokenizer.ggml.model", .string("no_vocab"))]
                if let begin { tokenizer.append(("tokenizer.ggml.bos_token_id", .uint32(UInt32(begin)))) }
                if let end { tokenizer.append(("tokenizer.ggml.eos_token_id", .uint32(UInt32(end)))) }
            }
            try model.decoder.ggufExport(type: type, name: name, contextLength: contextLength, tokenizer: tokenizer)
                .write(to: path)
        }
    }

    private func reportingExportErrors<Value>(_ format: ModelFormat, _ body: () throws -> Value) throws -> Value {
        do {
            return try reportingModelErrors {
                do {
                    return try body()
                } catch let error as TokenizerError where !withoutTokenizer {
                    throw CommandFailure.notFound("\(error); --without-tokenizer writes the model alone, for token ids")
                }
            }
        } catch let error as ConfigurationError {
            throw CommandFailure.notFound("'\(reference)' can't be exported as \(format.rawValue): \(error)")
        }
    }

    private func report(
        _ path: String, _ format: ModelFormat, _ bytes: Int, artifact: Digest?, _ notes: [String]
    ) throws {
        for note in notes { complain("note: \(note)") }
        guard json else { return try output("wrote \(path): \(formatted(bytes: bytes))") }
        var members: [String: JSONValue] = [
            "file": .string(URL(fileURLWithPath: path).path), "format": .string(format.rawValue), "bytes": .int(bytes),
            "notes": .array(notes.map(JSONValue.string)),
        ]
        if let artifact { members["artifact"] = .string(artifact.hex) }
        try output(json: .object(members))
    }

    /// Of a file, or of the files in a folder.
    private func size(ofModel path: String) throws -> Int {
        let files = FileManager.default
        func size(_ path: String) throws -> Int { try files.attributesOfItem(atPath: path)[.size] as? Int ?? 0 }
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return try size(path) }
        return try files.contentsOfDirectory(atPath: path).reduce(0) { try $0 + size("\(path)/\($1)") }
    }
}
