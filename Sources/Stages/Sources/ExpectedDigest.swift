import Artifacts
import Pipelines

/// What the parameter `sha256` of a source says of one file.
enum ExpectedDigest: Hashable {
    case known(Digest)
    /// The stage is to fail with the digest that it finds, for its author to copy.
    case unknown

    static let unknownWord = "unknown"

    /// - Throws: `PlanningError` unless it is 64 hexadecimal digits or the word `unknown`.
    init(_ text: String, parameter: String) throws {
        if text == Self.unknownWord {
            self = .unknown
        } else if let digest = Digest(hex: text.lowercased()) {
            self = .known(digest)
        } else {
            throw PlanningError(
                parameter: parameter,
                "found '\(text)', expected a SHA-256 of 64 hexadecimal digits, or '\(Self.unknownWord)' to be told it")
        }
    }

    var digest: Digest? { if case .known(let digest) = self { digest } else { nil } }
}

extension ParameterField {
    /// A required parameter with a file's SHA-256, in lower case in the key.
    static func digest(_ path: WritableKeyPath<Root, String> & Sendable) -> Self {
        .string("sha256", path, required: true, "SHA-256 of the file; 'unknown' fails with the one that was found")
            .keyed { .string($0[keyPath: path].lowercased()) }
    }
}
