/// SentencePiece's normalization: at each place the longest text of a map is replaced, spaces become ▁, and those that are
/// more than one are left out.
///
/// Source: `normalizer.cc` of google/sentencepiece.
struct SentencePieceNormalization: Sendable {
    var map: CharacterMap?
    /// Texts that stay as they are.
    var symbols = ByteTrie()
    var addsDummyPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
    var hasSpaceAsSuffix = false

    private static let mark = Array("▁".utf8)

    /// - Parameter text: valid UTF-8.
    func normalized(_ text: [UInt8]) -> [UInt8] {
        let space = escapesSpaces ? Self.mark : [0x20]
        var rest = text[...]
        if removesExtraSpaces {
            while !rest.isEmpty {
                let (length, replacement) = prefix(rest)
                if replacement != [0x20] { break }
                rest = rest.dropFirst(length)
            }
        }
        guard !rest.isEmpty else { return [] }
        var result: [UInt8] = addsDummyPrefix && !hasSpaceAsSuffix ? space : []
        result.reserveCapacity(rest.count + rest.count / 2)
        var isBehindSpace = removesExtraSpaces
        while !rest.isEmpty {
            let (length, replacement) = prefix(rest)
            let added = isBehindSpace ? replacement.drop { $0 == 0x20 } : replacement
            for byte in added {
                if byte == 0x20 { result += space } else { result.append(byte) }
            }
            if let last = added.last { isBehindSpace = last == 0x20 }
            rest = rest.dropFirst(length)
            if !removesExtraSpaces { isBehindSpace = false }
        }
        if removesExtraSpaces {
            while result.suffix(space.count).elementsEqual(space) { result.removeLast(space.count) }
        }
        if addsDummyPrefix, hasSpaceAsSuffix { result += space }
        return result
    }

    /// What the beginning is replaced by, and its length.
    private func prefix(_ text: ArraySlice<UInt8>) -> (length: Int, replacement: ArraySlice<UInt8>) {
        if let end = symbolEnd(in: text) { return (end - text.startIndex, text[..<end]) }
        if let (length, replacement) = map?.longestReplacement(text) { return (length, replacement[...]) }
        let length = text.first.map(UTF8Scanning.length) ?? 0
        return (length, text.prefix(length))
    }

    /// Where the longest symbol that the text begins with ends.
    private func symbolEnd(in text: ArraySlice<UInt8>) -> Int? {
        guard !symbols.isEmpty else { return nil }
        var (node, end): (Int32, Int?) = (0, nil)
        for index in text.indices {
            node = node == 0 ? symbols.child(root: text[index]) : symbols.child(node, text[index])
            guard node >= 0 else { break }
            if symbols.value(node) >= 0 { end = index + 1 }
        }
        return end
    }

    /// Where a symbol ends that begins at a place of a normalized text.
    func isSymbolEnd(_ text: ArraySlice<UInt8>) -> Int? { symbolEnd(in: text) }
}
