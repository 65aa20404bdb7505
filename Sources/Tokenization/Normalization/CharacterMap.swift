/// SentencePiece's `precompiled_charsmap`: texts and what each is replaced by.
///
/// The bytes are the size of a trie in bytes (32 bits, little endian), the trie, and the replacements, each ended by a zero. The
/// trie is a double array of 32-bit units (https://github.com/s-yata/darts-clone): bits 0–7 and 31 of a unit are the byte that
/// leads to it, bit 8 says that a text ends there, bits 10–30 (times 256 if bit 9 is set) how far its children are. The unit of an
/// end holds the place of the replacement.
struct CharacterMap: Sendable, Hashable {
    let bytes: [UInt8]
    private let units: Int
    /// Which of ASCII's characters stay, wherever they stand.
    private var kept: [Bool]

    /// nil if the bytes aren't such a map.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 4 else { return nil }
        self.bytes = bytes
        let size = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        units = size / 4
        guard units > 0, 4 + 4 * units <= bytes.count else { return nil }
        guard UTF8Validity.repaired(Array(bytes[(4 + 4 * units)...])) == nil else { return nil }
        kept = []
        // With the carriage return a line feed makes one character.
        kept = (0..<128).map { $0 != 0x0D && replacement([$0]) == nil }
    }

    /// Whether the text stays as it is, told without changing it; false is always right.
    func keeps(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) -> Bool {
        range.allSatisfy { base[$0] < 0x80 && kept[Int(base[$0])] }
    }

    private func unit(_ index: Int) -> UInt32? {
        guard index < units else { return nil }
        let place = 4 + 4 * index
        return UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
            | UInt32(bytes[place + 3]) << 24
    }

    private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 1 << 9) >> 6)) }

    /// What the shortest text in the map that `text` begins with is replaced by; nil if there is none.
    func replacement(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var shortest: [UInt8]?
        forEachPrefix(of: text) { _, replacement in
            shortest = replacement
            return false
        }
        return shortest
    }

    /// The longest text in the map that `text` begins with, as its length, and what it is replaced by; nil if there is none.
    func longestReplacement(_ text: some Sequence<UInt8>) -> (length: Int, replacement: [UInt8])? {
        var longest: (Int, [UInt8])?
        forEachPrefix(of: text) { length, replacement in
            longest = replacement.map { (length, $0) }
            return true
        }
        return longest
    }

    /// Tells the texts in the map that `text` begins with from the shortest to the longest, by their lengths and what they are
    /// replaced by, which is nil of a broken map, until `body` is false.
    private func forEachPrefix(of text: some Sequence<UInt8>, _ body: (Int, [UInt8]?) -> Bool) {
        guard let root = unit(0) else { return }
        var place = Self.offset(root)
        for (index, byte) in text.enumerated() {
            if byte == 0 { return }
            place ^= Int(byte)
            guard let found = unit(place), found & (1 << 31 | 0xFF) == UInt32(byte) else { return }
            place ^= Self.offset(found)
            guard found >> 8 & 1 == 1 else { continue }
            guard let end = unit(place) else { return }
            let start = 4 + 4 * units + Int(end & (1 << 31 - 1))
            guard start <= bytes.count else { return }
            let replacement = bytes[start...].prefix { $0 != 0 }
            // A place within a character.
            let isWhole = replacement.first.map { $0 & 0xC0 != 0x80 } ?? true
            guard body(index + 1, isWhole ? Array(replacement) : nil) else { return }
        }
    }

    /// Replaces whole characters of fewer than six bytes, marks included, by the first text that they begin with; others scalar
    /// by scalar. What follows that text in a character is dropped, as Hugging Face does.
    func normalize(_ text: inout AlignedText) {
        let scalars = text.scalars
        var changes: [AlignedText.Change] = []
        changes.reserveCapacity(scalars.count)
        var isModified = false
        var encoded: [UInt8] = []
        func replace(_ range: Range<Int>) -> Bool {
            encoded.removeAll(keepingCapacity: true)
            for scalar in scalars[range] { UTF8Scanning.append(scalar, to: &encoded) }
            guard encoded.count < 6, let replacement = replacement(encoded) else { return false }
            isModified = true
            let new = UTF8Scanning.scalars(replacement)
            let added = new.count - range.count
            for (index, scalar) in new.enumerated() {
                changes.append(.init(scalar: scalar, change: index >= new.count - max(added, 0) ? 1 : 0))
            }
            if added < 0, !changes.isEmpty { changes[changes.count - 1].change += added }
            return true
        }
        GraphemeBreak.forEachCluster(scalars) { cluster in
            if replace(cluster) { return }
            for index in cluster where !replace(index..<index + 1) {
                changes.append(.init(scalar: scalars[index], change: 0))
            }
        }
        if isModified { text.transform(changes) }
    }
}
