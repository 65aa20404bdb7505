import Tasks

/// Readers of message catalogues, and what their texts are cleaned by.
extension FuzzTarget {
    static let catalogues: [String: @Sendable () throws -> FuzzTarget] = [
        "mo": { catalogue { try MessageCatalogue(machineObject: $0) } },
        "po": { catalogue { try MessageCatalogue(portableObject: $0) } },
    ]

    /// Also whether what is left of a text once it is cleaned is as short as its bounds say, and has a key.
    private static func catalogue(_ read: @escaping ([UInt8]) throws -> MessageCatalogue) -> FuzzTarget {
        FuzzTarget { bytes in
            guard let catalogue = try? read(bytes) else { return }
            for entry in catalogue.entries {
                guard let pair = try? TranslationPair(cleaning: entry.english, source: entry.source) else { continue }
                guard pair.english.utf8.count <= entry.english.utf8.count, !EnglishKey(pair.english).words.isEmpty
                else {
                    fatalError("\(entry.english.debugDescription) became \(pair.english.debugDescription)")
                }
            }
        }
    }
}
