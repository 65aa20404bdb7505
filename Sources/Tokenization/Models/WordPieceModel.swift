/// WordPiece (Schuster & Nakajima, 2012): from the left, the longest token that fits; a word of which a part fits none is unknown
/// as a whole.
struct WordPieceModel: Sendable {
    struct Options: Sendable, Hashable {
        var unknown = Array("[UNK]".utf8)
        /// What tokens within a word begin with.
        var continuingPrefix = Array("##".utf8)
        /// Longer words, in characters, are unknown.
        var longestWord = 100
    }

    private let options: Options
    private let unknown: Int32?
    private let trie: ByteTrie
    /// Where in the trie a word goes on; nil at its root, -1 if no token does.
    private let continuation: Int32?

    init(vocabulary: Vocabulary, options: Options) {
        self.options = options
        unknown = vocabulary.id(options.unknown).map(Int32.init)
        var trie = ByteTrie(bytes: vocabulary.bytes.count / 2)
        for id in 0..<vocabulary.idCount {
            if let text = vocabulary.text(id), !text.isEmpty { trie.insert(text, value: Int32(id)) }
        }
        var node: Int32?
        for byte in options.continuingPrefix {
            switch node {
            case nil: node = trie.child(root: byte)
            case let known? where known >= 0: node = trie.child(known, byte)
            default: break
            }
        }
        continuation = node
        self.trie = trie
    }

    func encode(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        guard !range.isEmpty else { return }
        let symbols = scratch.symbols
        symbols.removeAll()
        if !tokenize(base, range, symbols) {
            guard let unknown else {
                throw TokenizerError(
                    "text: a word has no tokens, and the vocabulary doesn't have "
                        + "'\(String(decoding: options.unknown, as: UTF8.self))', which would stand for it")
            }
            symbols.removeAll()
            symbols.append(unknown, length: range.count)
        }
        scratch.emitSymbols()
    }

    /// Whether all of the word has tokens.
    private func tokenize(_ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ symbols: Symbols) -> Bool {
        guard range.count(where: { base[$0] & 0xC0 != 0x80 }) <= options.longestWord else { return false }
        var start = range.lowerBound
        while start < range.upperBound {
            var node: Int32
            if start > range.lowerBound, let continuation {
                guard continuation >= 0 else { return false }
                node = trie.child(continuation, base[start])
            } else {
                node = trie.child(root: base[start])
            }
            var end = start + 1
            var best: (id: Int32, end: Int)?
            while node >= 0 {
                let id = trie.value(node)
                if id >= 0 { best = (id, end) }
                if end == range.upperBound { break }
                node = trie.child(node, base[end])
                end += 1
            }
            guard let best else { return false }
            symbols.append(best.id, length: best.end - start)
            start = best.end
        }
        return true
    }
}
