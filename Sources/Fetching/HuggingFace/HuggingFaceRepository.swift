import Foundation

/// A repository of the Hugging Face hub at a revision.
package struct HuggingFaceRepository: Sendable, Hashable {
    package enum Kind: String, CaseIterable, Sendable {
        case model, dataset, space
    }

    package let kind: Kind
    /// `ORGANISATION/NAME`, or a name alone.
    package let name: String
    /// A commit, branch or tag.
    package let revision: String

    /// - Throws: `FetchFailure` (refused) for names that the hub can't have.
    package init(_ name: String, revision: String, kind: Kind = .model) throws(FetchFailure) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isName =
            (1...2).contains(parts.count) && name.utf8.count <= 200
            && parts.allSatisfy { part in
                !part.isEmpty && !part.allSatisfy { $0 == "." }
                    && part.utf8.allSatisfy { byte in
                        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                            || byte == 45 || byte == 46 || byte == 95
                    }
            }
        guard isName else {
            throw FetchFailure(.refused, "the repository is '\(name)'; expected ORGANISATION/NAME")
        }
        let hasDots = revision.split(separator: "/", omittingEmptySubsequences: false).contains {
            $0 == ".." || $0 == "." || $0.isEmpty
        }
        guard !revision.isEmpty, !hasDots, revision.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
        else {
            throw FetchFailure(.refused, "the revision is '\(revision)'; expected a commit, branch or tag")
        }
        self.kind = kind
        self.name = name
        self.revision = revision
    }

    /// Whether the revision can't come to mean other files.
    package var isCommit: Bool { Self.isCommit(revision) }

    static func isCommit(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// `models--ORGANISATION--NAME`
    var cacheName: String { "\(kind.rawValue)s--" + name.split(separator: "/").joined(separator: "--") }

    func address(of file: String, at endpoint: String) throws(FetchFailure) -> WebAddress {
        let prefix = kind == .model ? "" : "\(kind.rawValue)s/"
        let path = file.split(separator: "/").map { Self.escaped(String($0)) }.joined(separator: "/")
        return try WebAddress("\(endpoint)/\(prefix)\(name)/resolve/\(Self.escaped(revision))/\(path)")
    }

    func listingAddress(at endpoint: String) throws(FetchFailure) -> WebAddress {
        try WebAddress("\(endpoint)/api/\(kind.rawValue)s/\(name)/tree/\(Self.escaped(revision))?recursive=true")
    }

    private static func escaped(_ component: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return component.utf8.reduce(into: "") { text, byte in
            if plain.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
