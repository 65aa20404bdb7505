import Foundation

/// Reads rank files of tiktoken: lines of a token in Base64 and its rank, as Llama 3's `tokenizer.model` is.
enum TiktokenRanks {
    /// The vocabulary, written in ``ByteAlphabet``, and the merges that give the same tokens as the ranks do.
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>, _ source: String
    ) throws(TokenizerError) -> (vocabulary: Vocabulary, merges: Merges) {
        var tokens: [(bytes: [UInt8], rank: Int)] = []
        var vocabulary = Vocabulary(capacity: 1 << 15)
        var number = 0
        for line in bytes.split(separator: 0x0A) {
            number += 1
            let parts = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x0D })
            if parts.isEmpty { continue }
            guard parts.count == 2, let text = Data(base64Encoded: Data(parts[0])), !text.isEmpty,
                let rank = Int(String(decoding: parts[1], as: UTF8.self)), rank >= 0, rank < 4 * number + 1_000_000
            else { throw TokenizerError("\(source):\(number): expected a token in Base64 and its rank") }
            let token = Array(text)
            if vocabulary.text(rank) != nil || vocabulary.id(ByteAlphabet.encode(token)) != nil {
                throw TokenizerError("\(source):\(number): a token or rank that came before")
            }
            vocabulary.insert(ByteAlphabet.encode(token), id: rank)
            tokens.append((token, rank))
        }
        guard !tokens.isEmpty else { throw TokenizerError("\(source): found no tokens") }
        tokens.sort { $0.rank < $1.rank }
        return (vocabulary, merges(tokens))
    }

    /// A token is the merge of the two that are left when merging stops before it.
    private static func merges(_ tokens: [(bytes: [UInt8], rank: Int)]) -> Merges {
        var merges = Merges(capacity: tokens.count)
        let symbols = Symbols()
        var bytes = [Int32](repeating: -1, count: 256)
        for token in tokens where token.bytes.count == 1 { bytes[Int(token.bytes[0])] = Int32(token.rank) }
        // Merges of lower ranks are entered before those that build on them.
        for token in tokens where token.bytes.count > 1 {
            symbols.removeAll()
            for byte in token.bytes { symbols.append(bytes[Int(byte)], length: 1) }
            symbols.merge(merges.table)
            if symbols.count == 2, symbols.ids[0] >= 0, symbols.ids[1] >= 0 {
                merges.append(symbols.ids[0], symbols.ids[1], Int32(token.rank))
            }
        }
        return merges
    }
}

extension SubwordTokenizer {
    /// Reads a rank file of tiktoken.
    ///
    /// - Parameters:
    ///   - preTokenizer: how text is cut, by the name that GGUF has for it: `llama-bpe`, `gpt-2` …
    ///   - controlTokens: the tokens that follow those of the file.
    package convenience init(
        tiktoken bytes: [UInt8], preTokenizer: String, controlTokens: [String] = [], source: String = "tokenizer.model"
    ) throws(TokenizerError) {
        let cut = try GGUFByteLevel.preTokenization(preTokenizer, source)
        let file = try bytes.withUnsafeBufferPointer { buffer throws(TokenizerError) in
            try TiktokenRanks.read(buffer, source)
        }
        var parts = cut.parts(file.vocabulary, file.merges)
        for (index, token) in controlTokens.enumerated() {
            var added = AddedToken(id: Int32(file.vocabulary.idCount + index), content: Array(token.utf8))
            added.isControl = true
            parts.addedTokens.append(added)
        }
        try self.init(parts)
    }
}
