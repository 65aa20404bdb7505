import Artifacts
import Catalogue
import Foundation
import Pipelines
import Synchronization

/// The values of environment variables that earlier versions of calm wrote in clear into a store: they are masked in what is
/// printed from it.
struct ClearVariables: ~Copyable {
    private let names: [String]
    private let mask: SecretMask
    private let store: URL
    private let hasMasked = Mutex(false)

    init(in catalogue: Catalogue) throws {
        let values = try catalogue.clearVariables()
        names = values.keys.sorted()
        mask = SecretMask(values.values.joined())
        store = catalogue.store.root
    }

    func masking(_ text: String) -> String {
        guard !mask.isEmpty else { return text }
        let masked = mask.masking(text)
        if masked != text { hasMasked.withLock { $0 = true } }
        return masked
    }

    func masking(_ bytes: Data) -> Data {
        var stream = SecretMask.Stream(mask)
        return masking(bytes, with: &stream, isLast: true)
    }

    /// For bytes that come piece by piece.
    func stream() -> SecretMask.Stream { SecretMask.Stream(mask) }

    /// The next piece, without what may be the beginning of a value.
    func masking(_ bytes: Data, with stream: inout SecretMask.Stream, isLast: Bool = false) -> Data {
        guard !mask.isEmpty else { return bytes }
        let masked = Data(stream.take(bytes) + (isLast ? stream.end() : []))
        if stream.hasMasked { hasMasked.withLock { $0 = true } }
        return masked
    }

    /// The names of members stay, as those who read the document expect them.
    func masking(_ document: JSONValue) -> JSONValue {
        guard !mask.isEmpty else { return document }
        switch document {
        case .string(let text): return .string(masking(text))
        case .array(let values): return .array(values.map { masking($0) })
        case .object(let members): return .object(members.mapValues { masking($0) })
        default: return document
        }
    }

    /// Says on standard error that something was masked, and what to do.
    func warn() {
        guard hasMasked.withLock({ $0 }) else { return }
        complain(
            """
            warning: \(store.path): an earlier version of calm wrote \(Self.description(names)) in clear; masked here, but the \
            store's files still have it: change the value, and use a new store (--store DIR)
            """)
    }

    /// `the record of upload holds the value of API_TOKEN`
    static func description(_ records: [Digest: [String]], name: (Digest) -> String?) -> String {
        let names = records.keys.sorted().map { name($0) ?? $0.short }.sorted()
        let what = names.count == 1 ? "the record of \(names[0]) holds" : "the records of \(list(names)) hold"
        return "\(what) \(description(Set(records.values.joined()).sorted()))"
    }

    private static func description(_ variables: [String]) -> String {
        variables.count == 1 ? "the value of \(variables[0])" : "the values of \(list(variables))"
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
    }
}
