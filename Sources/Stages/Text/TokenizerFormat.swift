import Checkpoints
import Foundation
import JSONReading
import LanguageModels
import Tokenization

/// A format of tokenizer files.
package struct TokenizerFormat: Sendable {
    package let name: String
    /// Whether a file is in this format, by its beginning alone.
    package let recognizes: @Sendable (Data) -> Bool
    /// - Throws: `TokenizerError` or `CheckpointError`.
    package let read: @Sendable (TokenizerDocument) throws -> any Tokenizer

    package init(
        _ name: String, recognizes: @escaping @Sendable (Data) -> Bool,
        read: @escaping @Sendable (TokenizerDocument) throws -> any Tokenizer
    ) {
        self.name = name
        self.recognizes = recognizes
        self.read = read
    }

    /// A format of JSON objects, recognised by the first name in the object.
    package init(
        _ name: String, jsonNames: Set<String>, read: @escaping @Sendable (Data) throws -> any Tokenizer
    ) {
        self.init(
            name, recognizes: { firstName(ofJSON: $0).map(jsonNames.contains) ?? false }, read: { try read($0.file) })
    }
}

// The formats that models from outside come with.
extension TokenizerFormat {
    /// `tokenizer.json` of Hugging Face's libraries.
    package static let huggingFace = TokenizerFormat(
        "tokenizer.json of Hugging Face",
        recognizes: { file in
            let names: Set = [
                "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "model",
            ]
            return firstName(ofJSON: file).map(names.contains) ?? false
        },
        read: { document in
            let edges = try document.edges
            return try SubwordTokenizer(
                tokenizerJSON: Array(document.file), beginning: edges.beginning, end: edges.end)
        })

    /// The keys `tokenizer.ggml.…` of a GGUF file.
    package static let gguf = TokenizerFormat(
        "GGUF", recognizes: { $0.starts(with: Array("GGUF".utf8)) },
        read: { document in
            // GGUF files are mapped, and this one is in memory.
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).gguf")
            defer { try? FileManager.default.removeItem(at: file) }
            do {
                try document.file.write(to: file)
            } catch {
                throw TokenizerError("\(file.path): the file can't be written: \(error.localizedDescription)")
            }
            return try reportingFile(file.path) { try GGUFFile(file.path).tokenizer() }
        })
}

extension TokenizerDocument {
    /// The tokens that `tokenizer_config.json` says begin and end a text.
    fileprivate var edges: (beginning: String?, end: String?) {
        get throws {
            guard let configuration else { return (nil, nil) }
            let json: JSONNode
            do {
                json = try JSONNode(parsing: Array(configuration))
            } catch {
                throw TokenizerError("tokenizer_config.json, line \(error.line): \(error.message)")
            }
            func text(_ name: String) -> String? { json[name].flatMap { $0.string ?? $0["content"]?.string } }
            return (text("bos_token"), text("eos_token"))
        }
    }
}

/// Errors of a file that is a copy of a member, without its path.
private func reportingFile<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw TokenizerError("\(error)".replacingOccurrences(of: path, with: StoredTokenizer.vocabularyMember))
    }
}

/// The first name in a JSON object, if it is written without escapes; nil for anything else.
private func firstName(ofJSON file: Data) -> String? {
    let space = Set(" \t\r\n".utf8)
    let object = file.drop { space.contains($0) }
    guard object.first == UInt8(ascii: "{") else { return nil }
    let name = object.dropFirst().drop { space.contains($0) }
    guard name.first == UInt8(ascii: "\"") else { return nil }
    return String(decoding: name.dropFirst().prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
}
