/// Texts in one language with their English, as a file has them.
package struct MessageCatalogue: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package let english: String
        /// Empty if it isn't translated.
        package let source: String
        /// The language of this entry alone; nil for the catalogue's.
        package let language: String?
        /// Where it is, for messages: `entry 4`, `line 12`.
        package let place: String

        package init(english: String, source: String, language: String? = nil, place: String) {
            self.english = english
            self.source = source
            self.language = language
            self.place = place
        }
    }

    /// What the file says of itself; nil if it says nothing.
    package var language: String?
    package var entries: [Entry] = []
    /// Entries that a translator has yet to confirm; they are left out.
    package var fuzzy = 0
}

/// What is wrong with a catalogue, and where in its file.
package struct CatalogueError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// A file format of catalogues: to add one, a file and a line in `all`.
package struct CatalogueFormat: Sendable {
    /// How the names of such files end, without regard to case.
    package let suffixes: [String]
    /// Whether such files are named by the language that they are in.
    package let isNamedByLanguage: Bool
    /// - Throws: `CatalogueError`.
    package let read: @Sendable ([UInt8]) throws -> MessageCatalogue

    package static let all = [
        CatalogueFormat(suffixes: [".mo", ".gmo"], isNamedByLanguage: false) {
            try MessageCatalogue(machineObject: $0)
        },
        CatalogueFormat(suffixes: [".po"], isNamedByLanguage: true) { try MessageCatalogue(portableObject: $0) },
        CatalogueFormat(suffixes: [".jsonl", ".ndjson"], isNamedByLanguage: true) {
            try MessageCatalogue(jsonLines: $0)
        },
    ]

    /// The format of a file by its name.
    package static func format(of name: String) -> CatalogueFormat? {
        let name = name.lowercased()
        return all.first { $0.suffixes.contains { name.hasSuffix($0) } }
    }
}
