/// What text is cut at.
enum SplitPattern: Sendable, Hashable {
    case gpt2
    case qwen
    case llama3
    /// A text, literally.
    case literal([UInt8])
    /// Single characters of a kind.
    case characters(CharacterKind)
    /// Runs of `\w`, and runs of what is neither `\w` nor white space.
    case words
    /// Any other regular expression.
    case program(PatternProgram, String)

    enum CharacterKind: Sendable, Hashable {
        case whiteSpace
        case numeric
        case punctuation
        case scalar(UInt32)
    }

    static let gpt2Text = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    static let qwenText =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    static let llama3Text =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    /// A regular expression.
    init(regularExpression text: String) throws(TokenizerError) {
        switch text {
        case Self.gpt2Text: self = .gpt2
        case Self.qwenText: self = .qwen
        case Self.llama3Text: self = .llama3
        default: self = .program(try PatternProgram(text), text)
        }
    }

    /// Whether matches leave nothing between them.
    var covers: Bool {
        switch self {
        case .gpt2, .qwen, .llama3: true
        default: false
        }
    }

    func matches(_ bytes: [UInt8]) throws(TokenizerError) -> [Range<Int>] {
        var result: [Range<Int>] = []
        try bytes.withUnsafeBufferPointer { buffer throws(TokenizerError) in
            guard let base = buffer.baseAddress else { return }
            try forEachMatch(base, 0..<buffer.count) { result.append($0) }
        }
        return result
    }

    /// Calls `body` with each match, from left to right.
    func forEachMatch(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        switch self {
        case .gpt2: try Self.cover(GPT2Pattern.self, base, range, body)
        case .qwen: try Self.cover(QwenPattern.self, base, range, body)
        case .llama3: try Self.cover(Llama3Pattern.self, base, range, body)
        case .literal(let text): try Self.find(text, base, range, body)
        case .characters(let kind): try Self.find(kind, base, range, body)
        case .words: try Self.findWords(base, range, body)
        case .program(let program, _):
            var matcher = PatternMatcher(program, base, range)
            try matcher.forEachMatch(body)
        }
    }

    @inline(__always) private static func cover<P: CoveringPattern>(
        _ pattern: P.Type, _ base: UnsafePointer<UInt8>, _ range: Range<Int>,
        _ body: (Range<Int>) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        let classes = ScalarClasses.table
        var index = range.lowerBound
        while index < range.upperBound {
            let end = P.end(base, index, range.upperBound, classes)
            try body(index..<end)
            index = end
        }
    }

    private static func find(
        _ text: [UInt8], _ base: UnsafePointer<UInt8>, _ range: Range<Int>,
        _ body: (Range<Int>) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        guard let first = text.first else { return }
        var index = range.lowerBound
        while index + text.count <= range.upperBound {
            if base[index] == first, text.indices.allSatisfy({ base[index + $0] == text[$0] }) {
                try body(index..<index + text.count)
                index += text.count
            } else {
                index += 1
            }
        }
    }

    private static func find(
        _ kind: CharacterKind, _ base: UnsafePointer<UInt8>, _ range: Range<Int>,
        _ body: (Range<Int>) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        let classes = ScalarClasses.table
        let wanted: ScalarClass =
            switch kind {
            case .whiteSpace: .space
            case .numeric: .rustNumeric
            case .punctuation: .rustPunctuation
            case .scalar: []
            }
        var index = range.lowerBound
        while index < range.upperBound {
            let (scalar, length) = UTF8Scanning.scalar(base, index)
            let matches =
                if case .scalar(let value) = kind { scalar == value } else { classes[scalar] & wanted.rawValue != 0 }
            if matches { try body(index..<index + length) }
            index += length
        }
    }

    private static func findWords(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) throws(TokenizerError) -> Void
    ) throws(TokenizerError) {
        let scan = PatternScan(text: base, end: range.upperBound, classes: ScalarClasses.table)
        var index = range.lowerBound
        while index < range.upperBound {
            let kind = scan.kind(index)
            let end: Int
            if kind.contains(.rustWord) {
                end = scan.run(index) { $0.contains(.rustWord) }
            } else if !kind.contains(.space) {
                end = scan.run(index) { $0.isDisjoint(with: [.rustWord, .space]) }
            } else {
                index += UTF8Scanning.length(base[index])
                continue
            }
            try body(index..<end)
            index = end
        }
    }
}
