import Checkpoints
import Foundation
import JSONReading
import Tensors
import Tokenization

/// Writes models from outside for other programs, with their tokenizers and chat templates.
package struct TextExport: Sendable {
    /// `.f32`, `.f16` or `.bf16`; nil: as the weights are, and `.f32` for quantised ones where the format has none.
    package var type: ElementType?
    /// The longest text that the model is for; nil: as it says.
    package var contextLength: Int?
    package var writesTokenizer = true

    package init() {}

    /// Writes a folder that transformers reads.
    ///
    /// - Returns: What is different there.
    /// - Throws: `ConfigurationError` or `TokenizerError` with what transformers has no form for, `CheckpointError`.
    package func write(_ model: PretrainedModel, huggingFaceTo path: String) throws -> [String] {
        var export = try model.huggingFaceExport(type: type, contextLength: contextLength)
        var notes: [String] = []
        if writesTokenizer {
            switch model.checkpoint {
            case .huggingFace(let folder):
                for (name, bytes) in try folder.tokenizerFiles() { export.add(file: name, bytes) }
            case .gguf(let file):
                let files = try TextInterface(model.checkpoint).huggingFaceFiles(file)
                if files.isEmpty { notes.append("the model has no tokenizer, so the folder has none either") }
                for (name, bytes) in files { export.add(file: name, bytes) }
            }
        }
        let before = Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
        try export.write(to: path)
        do {
            try check(path, model.decoder.configuration)
        } catch {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where !before.contains(name)
            {
                try? FileManager.default.removeItem(atPath: (path as NSString).appendingPathComponent(name))
            }
            throw error
        }
        return notes
    }

    /// Writes a GGUF file that llama.cpp reads.
    ///
    /// - Parameter name: Of the model, for a file from a folder.
    /// - Returns, Throws: Likewise.
    package func write(_ model: PretrainedModel, ggufTo path: String, name: String) throws -> [String] {
        var (export, described, notes) = try model.ggufExport(
            type: type, name: name, contextLength: contextLength, copiesTokenizer: writesTokenizer)
        if case .huggingFace(let folder) = model.checkpoint {
            var text = GGUFText()
            if writesTokenizer {
                text = try folder.ggufText(count: model.decoder.configuration.vocabulary)
            } else {
                text.setNone(beginning: folder.configuration["bos_token_id"]?.integer, end: folder.endTokens.first)
            }
            for (key, value) in text.keys { export.set(key, value) }
            notes += text.notes
        }
        try export.write(to: path)
        do {
            try check(path, described)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
        return notes
    }

    /// Reads what was written, which must be the same model.
    private func check(_ path: String, _ expected: DecoderConfiguration) throws {
        let differences = try PretrainedModel(path).decoder.configuration.differences(from: expected)
        guard differences.isEmpty else {
            throw ConfigurationError(
                "the format can't say all of the model's configuration: what was written has other "
                    + differences.joined(separator: ", "))
        }
    }
}
