import Foundation
import Tokenization

/// A format of tokenizer files.
package struct TokenizerFormat: Sendable {
    package let name: String
    /// Whether a file is in this format, by its beginning alone.
    package let recognizes: @Sendable (Data) -> Bool
    /// - Throws: `TokenizerError`.
    package let read: @Sendable (Data) throws -> any Tokenizer

    package init(
        _ name: String, recognizes: @escaping @Sendable (Data) -> Bool,
        read: @escaping @Sendable (Data) throws -> any Tokenizer
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
            name, recognizes: { firstName(ofJSON: $0).map(jsonNames.contains) ?? false }, read: read)
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
