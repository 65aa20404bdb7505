/// Byte-pair encoding (Sennrich et al., arXiv 1508.07909): characters are merged pair by pair, lowest rank first.
struct BytePairModel: Sendable {
    struct Options: Sendable, Hashable {
        /// Stands for characters that have no token; without it they are left out.
        var unknown: [UInt8]?
        /// Neighbouring unknown characters are one token.
        var fusesUnknown = false
        /// A character without a token is the tokens `<0xNN>` of its bytes, if there are such tokens.
        var fallsBackToBytes = false
        /// A piece that is a token is that token, whatever the merges say.
        var ignoresMerges = false
        /// Written before every character but the first of a piece, and after the last.
        var continuingPrefix: [UInt8] = []
        var endSuffix: [UInt8] = []
    }

    /// What the characters are that merging begins with.
    enum Alphabet: Sendable, Hashable {
        /// Bytes, which the vocabulary writes in ``ByteAlphabet``.
        case bytes
        /// Unicode scalars.
        case scalars
        /// Unicode scalars, of which a space is the same as ▁.
        case spacedScalars
    }

    static let spaceMark: [UInt8] = [0xE2, 0x96, 0x81]

    let vocabulary: Vocabulary
    let merges: MergeTable
    let options: Options
    let alphabet: Alphabet
    private let byteTokens: [Int32]
    private let scalarTokens: ScalarTokens
    /// `<0xNN>` of each byte, -1 if there is none.
    private let fallbackTokens: [Int32]
    private let unknownID: Int32?
    /// Scalars after which a ▁ may be merged within one token: pieces can't be cut there.
    private let scalarsBeforeSpaceMark: Set<UInt32>?

    init(vocabulary: Vocabulary, merges: MergeTable, mergedIDs: [Int32], options: Options, alphabet: Alphabet) {
        self.vocabulary = vocabulary
        self.merges = merges
        self.options = options
        self.alphabet = alphabet
        func id(_ text: [UInt8]) -> Int32 { vocabulary.id(text).map(Int32.init) ?? -1 }
        byteTokens = alphabet == .bytes ? ByteAlphabet.characters.map(id) : []
        fallbackTokens = (0..<256).map { id(Array(ByteToken.text(UInt8($0)).utf8)) }
        unknownID = options.unknown.flatMap { vocabulary.id($0) }.map(Int32.init)
        scalarTokens = ScalarTokens(vocabulary)
        scalarsBeforeSpaceMark =
            alphabet == .spacedScalars
            ? Self.scalarsBeforeSpaceMark(vocabulary, mergedIDs, unknown: options.unknown) : nil
    }

    /// Whether the model can read a space as ▁ in place.
    static func canReadSpaces(_ vocabulary: Vocabulary, _ options: Options) -> Bool {
        vocabulary.id(spaceMark) != nil && !options.ignoresMerges && options.continuingPrefix.isEmpty
            && options.endSuffix.isEmpty
    }

    /// nil if merges contain tokens whose text isn't what they stand for: those of bytes, and the unknown one.
    private static func scalarsBeforeSpaceMark(
        _ vocabulary: Vocabulary, _ mergedIDs: [Int32], unknown: [UInt8]?
    ) -> Set<UInt32>? {
        var result: Set<UInt32> = []
        let isReadable = vocabulary.bytes.withUnsafeBufferPointer { all -> Bool in
            guard let base = all.baseAddress else { return true }
            for id in mergedIDs {
                guard let text = vocabulary.text(Int(id)) else { continue }
                for index in text.indices {
                    if base[index] == UInt8(ascii: "<"), text.count > 5 {
                        let rest = text[index...]
                        if text.count > 6, ByteToken.byte(rest.prefix(6)) != nil { return false }
                        if let unknown, text.count > unknown.count, rest.starts(with: unknown) { return false }
                    }
                    if base[index] == 0xE2, index > text.startIndex, index + 2 < text.endIndex, base[index + 1] == 0x96,
                        base[index + 2] == 0x81
                    {
                        result.insert(UTF8Scanning.scalar(base, UTF8Scanning.start(before: index, base)).value)
                    }
                }
            }
            return true
        }
        result.remove(0x2581)
        return isReadable ? result : nil
    }

    /// The tokens of one piece, into `scratch`.
    ///
    /// - Parameter hasSpaceMark: the piece is read with a ▁ before it, which ends where its first character does.
    func encode(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, hasSpaceMark: Bool = false, _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        let count = range.count
        guard count > 0 else { return }
        let text = base + range.lowerBound
        if count <= PieceCache.longestKey {
            let key = PieceCache.key(text, count, isFirst: hasSpaceMark)
            if let found = scratch.cache.find(key) {
                scratch.emit(cached: found)
                return
            }
            try tokenize(text, count, hasSpaceMark, scratch)
            scratch.cache.insert(key, scratch.symbols)
        } else {
            try tokenize(text, count, hasSpaceMark, scratch)
        }
        scratch.emitSymbols()
    }

    /// The tokens of a text in which spaces are ▁: cut into words, which no token crosses.
    func encodeSpaced(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, hasSpaceMark: Bool, _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        guard let scalarsBeforeSpaceMark else {
            return try encode(base, range, hasSpaceMark: hasSpaceMark, scratch)
        }
        var start = range.lowerBound
        var index = start
        var hasSpaceMark = hasSpaceMark
        var afterMark = true
        while index < range.upperBound {
            let byte = base[index]
            let isMark =
                byte == 0x20
                || byte == 0xE2 && base[index + 1] == 0x96 && base[index + 2] == 0x81
            if isMark, !afterMark {
                let last = UTF8Scanning.scalar(base, UTF8Scanning.start(before: index, base)).value
                if !scalarsBeforeSpaceMark.contains(last) {
                    try encode(base, start..<index, hasSpaceMark: hasSpaceMark, scratch)
                    hasSpaceMark = false
                    start = index
                }
            }
            afterMark = isMark
            index += UTF8Scanning.length(byte)
        }
        try encode(base, start..<range.upperBound, hasSpaceMark: hasSpaceMark, scratch)
    }

    private func tokenize(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ hasSpaceMark: Bool, _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        let symbols = scratch.symbols
        symbols.removeAll()
        if options.ignoresMerges, let id = wholeToken(text, count) {
            symbols.append(id, length: count)
            return
        }
        if alphabet == .bytes, options.endSuffix.isEmpty, options.continuingPrefix.isEmpty {
            if try appendBytes(text, count, symbols) {
                symbols.merge(merges)
            } else {
                try tokenizeWithGaps(text, count, symbols)
            }
        } else {
            try appendCharacters(text, count, hasSpaceMark, symbols)
            symbols.merge(merges)
        }
    }

    /// Tokenizes bytes of which some have no token and are left out.
    ///
    /// Places are then those of `tokenizers`, which counts on in ``ByteAlphabet`` as if nothing had been left out.
    private func tokenizeWithGaps(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ symbols: Symbols
    ) throws(TokenizerError) {
        symbols.removeAll()
        var ends: [Int] = []
        for index in 0..<count {
            let character = ByteAlphabet.characters[Int(text[index])]
            for _ in character { ends.append(index + 1) }
            let id = byteTokens[Int(text[index])]
            if id >= 0 { symbols.append(id, length: character.count) }
        }
        symbols.merge(merges)
        var place = 0
        var last = 0
        for index in 0..<symbols.count {
            place += Int(symbols.lengths[index])
            symbols.lengths[index] = Int32(ends[place - 1] - last)
            last = ends[place - 1]
        }
    }

    private func wholeToken(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int32? {
        let bytes = UnsafeBufferPointer(start: text, count: count)
        switch alphabet {
        case .bytes: return count > 1024 ? nil : vocabulary.id(ByteAlphabet.encode(bytes)).map(Int32.init)
        case .scalars, .spacedScalars: return vocabulary.id(bytes).map(Int32.init)
        }
    }

    /// - Returns: false if bytes were left out.
    private func appendBytes(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ symbols: Symbols
    ) throws(TokenizerError) -> Bool {
        let leavesOut = options.unknown == nil && !options.fallsBackToBytes
        var pending = PendingUnknown()
        for index in 0..<count {
            let id = byteTokens[Int(text[index])]
            if id >= 0 {
                pending.flush(symbols)
                symbols.append(id, length: 1)
            } else if leavesOut {
                return false
            } else {
                try appendMissing(ByteAlphabet.characters[Int(text[index])], length: 1, &pending, symbols)
            }
        }
        pending.flush(symbols)
        return true
    }

    private func appendCharacters(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ hasSpaceMark: Bool, _ symbols: Symbols
    ) throws(TokenizerError) {
        var pending = PendingUnknown()
        var index = 0
        let isDecorated = !options.endSuffix.isEmpty || !options.continuingPrefix.isEmpty
        if hasSpaceMark {
            // The added mark has the place of the first character, which then takes none.
            symbols.append(scalarTokens[0x2581], length: UTF8Scanning.length(text[0]))
        }
        while index < count {
            let length = alphabet == .bytes ? 1 : UTF8Scanning.length(text[index])
            let place = hasSpaceMark && index == 0 ? 0 : length
            var id: Int32
            if isDecorated {
                id = vocabulary.id(decorated(text, index, length, count)).map(Int32.init) ?? -1
            } else {
                var scalar = UTF8Scanning.scalar(text, index).value
                if scalar == 0x20, alphabet == .spacedScalars { scalar = 0x2581 }
                id = scalarTokens[scalar]
            }
            if id >= 0 {
                pending.flush(symbols)
                symbols.append(id, length: place)
            } else {
                let bytes =
                    isDecorated
                    ? decorated(text, index, length, count)
                    : Array(UnsafeBufferPointer(start: text + index, count: length))
                try appendMissing(bytes, length: place, &pending, symbols)
            }
            index += length
        }
        pending.flush(symbols)
    }

    /// A character as the vocabulary writes it within a piece.
    private func decorated(_ text: UnsafePointer<UInt8>, _ index: Int, _ length: Int, _ count: Int) -> [UInt8] {
        var bytes = index == 0 ? [] : options.continuingPrefix
        if alphabet == .bytes {
            bytes += ByteAlphabet.characters[Int(text[index])]
        } else {
            bytes += UnsafeBufferPointer(start: text + index, count: length)
        }
        return index + length == count ? bytes + options.endSuffix : bytes
    }

    /// A character that has no token, by its bytes or as unknown.
    private func appendMissing(
        _ bytes: [UInt8], length: Int, _ pending: inout PendingUnknown, _ symbols: Symbols
    ) throws(TokenizerError) {
        if options.fallsBackToBytes, bytes.allSatisfy({ fallbackTokens[Int($0)] >= 0 }) {
            for (place, byte) in bytes.enumerated() {
                symbols.append(fallbackTokens[Int(byte)], length: place < length ? 1 : 0)
            }
            return
        }
        guard let unknown = options.unknown else { return }
        guard let unknownID else {
            throw TokenizerError(
                "text: '\(String(decoding: bytes, as: UTF8.self))' has no token, and neither has the vocabulary "
                    + "'\(String(decoding: unknown, as: UTF8.self))', which would stand for it")
        }
        if let waiting = pending.length {
            if options.fusesUnknown {
                pending = PendingUnknown(id: unknownID, length: waiting + length)
                return
            }
            symbols.append(unknownID, length: waiting)
        }
        pending = PendingUnknown(id: unknownID, length: length)
    }
}

/// An unknown token that may still grow.
private struct PendingUnknown {
    var id: Int32 = -1
    var length: Int?

    mutating func flush(_ symbols: Symbols) {
        guard let length else { return }
        symbols.append(id, length: length)
        self.length = nil
    }
}

/// The tokens `<0x00>` to `<0xFF>`.
enum ByteToken {
    static func text(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF")
        return "<0x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])>"
    }

    /// The byte of a token's text, as Rust's `u8::from_str_radix` reads its digits.
    static func byte(_ text: ArraySlice<UInt8>) -> UInt8? {
        guard text.count == 6, text.starts(with: "<0x".utf8), text.last == UInt8(ascii: ">") else { return nil }
        let digits = text.dropFirst(3).prefix(2)
        return digits.first == UInt8(ascii: "-") ? nil : UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
