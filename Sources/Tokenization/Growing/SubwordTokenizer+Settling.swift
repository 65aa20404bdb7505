extension SubwordTokenizer {
    /// Added tokens are looked for up to the text's end, so that the last bytes are never settled; then comes what cuts the
    /// text: pre-tokenizers, or, for models that read spaces in place, characters that no token has side by side. Text that a
    /// normalizer changes isn't settled, nor are words of models that have neither.
    package func settledEnds(of text: ArraySlice<UInt8>) throws -> [Int] {
        try text.withUnsafeBufferPointer { buffer throws(TokenizerError) in
            guard let base = buffer.baseAddress else { return [] }
            var limit = limit(base, buffer.count)
            var start = 0
            rawMatcher.forEachPart(base, 0..<buffer.count, control: .plain) { part, token in
                guard token != nil, part.lowerBound < limit else { return }
                if part.upperBound <= limit { start = part.upperBound } else { limit = part.lowerBound }
            }
            var ends: [Int] = start > 0 ? [start] : []
            if let pairs = piecePairs.pairs(for: self) {
                pairs.boundaries(base, start..<limit, into: &ends)
            } else if spaced == nil, normalizedMatcher.isEmpty, normalizer?.keeps(base, 0..<buffer.count) ?? true {
                _ = try Self.settle(steps[...], base, start..<limit, into: &ends)
            }
            return ends.map { $0 + text.startIndex }
        }
    }

    /// Behind it an added token may begin that the text has only the beginning of, or white space that such a token takes with
    /// it; a character may be completed by a mark.
    private func limit(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
        let longest = max(rawMatcher.longest, normalizedMatcher.longest)
        var limit = longest > 0 ? max(0, count - longest + 1) : count
        while limit > 0, limit < count, base[limit] & 0xC0 == 0x80 { limit -= 1 }
        func isSpace(_ index: Int) -> Bool {
            ScalarClass(rawValue: ScalarClasses.table[UTF8Scanning.scalar(base, index).value]).contains(.space)
        }
        while rawMatcher.stripsLeft, limit > 0, isSpace(UTF8Scanning.start(before: limit, base)) {
            limit = UTF8Scanning.start(before: limit, base)
        }
        if normalizer != nil {
            // A mark may join the last character that isn't one, and no further.
            while limit > 0, limit == count || base[limit] >= 0x80 {
                limit = UTF8Scanning.start(before: limit, base)
            }
        }
        return limit
    }

    /// Appends where pieces end whatever comes behind `range`, and returns where that begins to be unknown.
    private static func settle(
        _ steps: ArraySlice<PreTokenizer.Step>, _ base: UnsafePointer<UInt8>, _ range: Range<Int>,
        into ends: inout [Int]
    ) throws(TokenizerError) -> Int {
        guard let step = steps.first else { return range.upperBound }
        if step == .prefixSpace { return try settle(steps.dropFirst(), base, range, into: &ends) }
        guard case .split(let split) = step, split.behavior == .isolated || split.behavior == .removed,
            let program = split.pattern.program
        else { return range.lowerBound }
        var matcher = PatternMatcher(program, base, range)
        var cut = range.lowerBound
        let unknown = try matcher.forEachSettledMatch { match in
            if match.lowerBound > cut { ends.append(match.lowerBound) }
            ends.append(match.upperBound)
            cut = match.upperBound
        }
        // Between its last match and what is unknown, the steps behind this one cut on.
        return try settle(steps.dropFirst(), base, cut..<unknown, into: &ends)
    }
}

extension SplitPattern {
    private static let gpt2Program = try? PatternProgram(gpt2Text)
    private static let qwenProgram = try? PatternProgram(qwenText)
    private static let llama3Program = try? PatternProgram(llama3Text)
    private static let numericProgram = try? PatternProgram(#"\p{N}"#)

    /// The pattern as a program, if it is one.
    fileprivate var program: PatternProgram? {
        switch self {
        case .gpt2: Self.gpt2Program
        case .qwen: Self.qwenProgram
        case .llama3: Self.llama3Program
        case .characters(.numeric): Self.numericProgram
        case .program(let program, _): program
        case .literal, .characters, .words: nil
        }
    }
}
