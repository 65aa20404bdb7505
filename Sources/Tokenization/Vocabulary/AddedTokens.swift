/// A token that is cut out of the text before the model sees it.
package struct AddedToken: Sendable, Hashable {
    package var id: Int32
    package var content: [UInt8]
    /// Matches only where no word character is next to it.
    package var isSingleWord = false
    /// Takes the white space before it, or after it, with it.
    package var stripsLeft = false
    package var stripsRight = false
    /// Looked for after normalization, in its normalized form.
    package var isNormalized = false
    /// A control token: not the user's text.
    package var isControl = false

    package init(id: Int32, content: [UInt8]) {
        self.id = id
        self.content = content
    }
}

/// The added tokens of a tokenizer: of several with the same id or content, the last.
struct AddedTokens: Sendable {
    let tokens: [AddedToken]

    init(_ tokens: [AddedToken]) {
        var ids: Set<Int32> = []
        var contents: Set<[UInt8]> = []
        var kept: [AddedToken] = []
        for token in tokens.reversed() where !ids.contains(token.id) && !contents.contains(token.content) {
            ids.insert(token.id)
            contents.insert(token.content)
            kept.append(token)
        }
        self.tokens = kept.reversed()
    }

    /// What each token is looked for as.
    func texts(_ normalizer: Normalizer?) throws(TokenizerError) -> [[UInt8]] {
        var texts: [[UInt8]] = []
        texts.reserveCapacity(tokens.count)
        for token in tokens {
            guard token.isNormalized, let normalizer, !token.content.isEmpty else {
                texts.append(token.content)
                continue
            }
            texts.append(
                try token.content.withUnsafeBufferPointer { buffer throws(TokenizerError) in
                    guard let base = buffer.baseAddress else { return [] }
                    var text = AlignedText(base, 0..<buffer.count)
                    try normalizer.normalize(&text)
                    return text.bytes
                })
        }
        return texts
    }

    /// The ids of control tokens, with those whose text is that of one.
    func controls(_ vocabulary: Vocabulary) -> Set<Int32> {
        let controls = tokens.filter { $0.isControl }
        let contents = Set(controls.map { $0.content })
        let repeated = vocabulary.repeatedIDs.filter { contents.contains(Array(vocabulary.text($0) ?? [])) }
        return Set(controls.map { $0.id } + repeated.map { Int32($0) })
    }
}

/// Finds added tokens in text: at each place the longest, from left to right.
struct AddedTokenMatcher: Sendable {
    private let tokens: [AddedToken]
    private let trie: ByteTrie
    /// Bytes of the longest token that is looked for.
    let longest: Int
    /// Whether any takes the white space before it.
    let stripsLeft: Bool

    var isEmpty: Bool { trie.isEmpty }

    /// - Parameters:
    ///   - texts: what each token is looked for as.
    ///   - isWanted: whether a token is looked for.
    init(_ tokens: [AddedToken], _ texts: [[UInt8]], _ isWanted: (AddedToken) -> Bool) {
        self.tokens = tokens
        var trie = ByteTrie()
        var (longest, stripsLeft) = (0, false)
        for (index, token) in tokens.enumerated() where isWanted(token) {
            trie.insert(texts[index], value: Int32(index))
            longest = max(longest, texts[index].count)
            stripsLeft = stripsLeft || token.stripsLeft
        }
        self.trie = trie
        self.longest = longest
        self.stripsLeft = stripsLeft
    }

    /// Calls `body` with each part of `range`, in order: text, or an added token.
    ///
    /// - Parameter control: whether control tokens are looked for; text that they match is not matched otherwise.
    func forEachPart<E: Error>(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, control: ControlText,
        _ body: (Range<Int>, AddedToken?) throws(E) -> Void
    ) throws(E) {
        guard !isEmpty else { return try body(range, nil) }
        var done = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            guard trie.child(root: base[index]) >= 0, let (token, matchEnd) = longest(base, index, range.upperBound)
            else {
                index += 1
                continue
            }
            let matchStart = index
            index = matchEnd
            if token.isControl, control == .plain { continue }
            if token.isSingleWord, isWord(base, before: matchStart, range) || isWord(base, after: matchEnd, range) {
                continue
            }
            var start = matchStart
            var end = matchEnd
            if token.stripsLeft {
                while start > range.lowerBound {
                    let previous = UTF8Scanning.start(before: start, base)
                    guard kind(base, previous).contains(.space) else { break }
                    start = previous
                }
                start = max(start, done)
            }
            if token.stripsRight {
                while end < range.upperBound, kind(base, end).contains(.space) {
                    end += UTF8Scanning.length(base[end])
                }
            }
            if done < start { try body(done..<start, nil) }
            if start < end { try body(start..<end, token) }
            done = end
        }
        if done < range.upperBound { try body(done..<range.upperBound, nil) }
    }

    @inline(__always) private func longest(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
    ) -> (AddedToken, Int)? {
        var node = trie.child(root: base[start])
        var index = start + 1
        var found: (token: Int32, end: Int)?
        while node >= 0 {
            if trie.value(node) >= 0 { found = (trie.value(node), index) }
            if index == end { break }
            node = trie.child(node, base[index])
            index += 1
        }
        return found.map { (tokens[Int($0.token)], $0.end) }
    }

    private func kind(_ base: UnsafePointer<UInt8>, _ index: Int) -> ScalarClass {
        ScalarClass(rawValue: ScalarClasses.table[UTF8Scanning.scalar(base, index).value])
    }

    private func isWord(_ base: UnsafePointer<UInt8>, before index: Int, _ range: Range<Int>) -> Bool {
        index > range.lowerBound && kind(base, UTF8Scanning.start(before: index, base)).contains(.rustWord)
    }

    private func isWord(_ base: UnsafePointer<UInt8>, after index: Int, _ range: Range<Int>) -> Bool {
        index < range.upperBound && kind(base, index).contains(.rustWord)
    }
}
