import Artifacts

/// A value of a pipeline file before its type is known, with its place.
struct DocumentNode: Sendable {
    enum Content: Sendable {
        /// `isPlain` is false for quoted and block text, which never means null.
        case scalar(String, isPlain: Bool)
        case sequence([DocumentNode])
        /// In the order written, without repeated keys.
        case mapping([Entry])
        /// What has already been reported as wrong; checks pass over it.
        case broken
    }

    struct Entry: Sendable {
        let key: String
        let keyLocation: SourceLocation
        let value: DocumentNode
    }

    let content: Content
    let location: SourceLocation

    init(_ content: Content, at location: SourceLocation) {
        self.content = content
        self.location = location
    }

    /// Nothing after the colon.
    var isEmpty: Bool {
        if case .scalar("", isPlain: true) = content { true } else { false }
    }

    var isBroken: Bool {
        if case .broken = content { true } else { false }
    }

    /// Nothing, `null` or `~`, not quoted.
    var isNull: Bool {
        if case .scalar(let text, isPlain: true) = content { ["", "~", "null"].contains(text) } else { false }
    }

    /// For messages: `'text'`, `a list`, `a mapping` or `nothing`.
    var found: String {
        switch content {
        case .scalar("", isPlain: true): "nothing"
        case .scalar(let text, _): quoted(text)
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .broken: "a mistake"
        }
    }

    /// A measure of its size: values, and text by the 64 bytes.
    var weight: Int {
        switch content {
        case .scalar(let text, _): 1 + text.utf8.count / 64
        case .sequence(let items): items.reduce(1) { $0 + $1.weight }
        case .mapping(let entries): entries.reduce(1) { $0 + $1.value.weight }
        case .broken: 1
        }
    }

    /// Scalars as text.
    var json: JSONValue {
        switch content {
        case .scalar(let text, _): .string(text)
        case .sequence(let items): .array(items.map(\.json))
        case .mapping(let entries):
            .object(Dictionary(entries.map { ($0.key, $0.value.json) }, uniquingKeysWith: { first, _ in first }))
        case .broken: .null
        }
    }
}
