/// A pattern whose matches follow each other without gaps, written out as a matcher over UTF-8.
///
/// Each does exactly what its regular expression does, for text of any kind, about a hundred times as fast.
protocol CoveringPattern {
    /// Where the match that begins at `start` ends.
    static func end(_ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: ScalarTable) -> Int
}

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
enum GPT2Pattern: CoveringPattern {
    @inline(__always) static func end(
        _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: ScalarTable
    ) -> Int {
        let scan = PatternScan(text: text, end: end, classes: classes)
        if text[start] == UInt8(ascii: "'") {
            let length = scan.contraction(start, folding: false)
            if length > 0 { return start + length }
        }
        var index = start
        if text[start] == 0x20, start + 1 < end { index += 1 }
        let kind = scan.kind(index)
        if kind.contains(.letter) { return scan.run(index) { $0.contains(.letter) } }
        if kind.contains(.number) { return scan.run(index) { $0.contains(.number) } }
        if kind.isDisjoint(with: PatternScan.spaceLetterNumber) {
            return scan.run(index) { $0.isDisjoint(with: PatternScan.spaceLetterNumber) }
        }
        return scan.spaces(start)
    }
}

/// Of Qwen 2 and, with runs of up to three digits, of Llama 3:
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
enum QwenPattern: CoveringPattern {
    @inline(__always) static func end(
        _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: ScalarTable
    ) -> Int {
        PatternScan(text: text, end: end, classes: classes).wordOrRun(start, digits: 1)
    }
}

enum Llama3Pattern: CoveringPattern {
    @inline(__always) static func end(
        _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ classes: ScalarTable
    ) -> Int {
        PatternScan(text: text, end: end, classes: classes).wordOrRun(start, digits: 3)
    }
}

/// What these patterns have in common.
struct PatternScan {
    let text: UnsafePointer<UInt8>
    let end: Int
    let classes: ScalarTable

    static let spaceLetterNumber: ScalarClass = [.space, .letter, .number]

    @inline(__always) func kind(_ index: Int) -> ScalarClass {
        let byte = text[index]
        if byte < 0x80 { return ScalarClass(rawValue: classes.values[Int(byte)]) }
        return ScalarClass(rawValue: classes[UTF8Scanning.scalar(text, index).value])
    }

    /// Where the run of characters that `belongs` holds for ends; the one at `start` is known to.
    @inline(__always) func run(_ start: Int, _ belongs: (ScalarClass) -> Bool) -> Int {
        var index = start + UTF8Scanning.length(text[start])
        while index < end, belongs(kind(index)) { index += UTF8Scanning.length(text[index]) }
        return index
    }

    /// `\s+(?!\S)|\s+`: white space, without its last character if something follows and something is left.
    @inline(__always) func spaces(_ start: Int) -> Int {
        let stop = run(start) { $0.contains(.space) }
        if stop == end { return stop }
        let last = UTF8Scanning.start(before: stop, text)
        return last > start ? last : stop
    }

    /// The length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at an apostrophe; 0 if it is none of them.
    @inline(__always) func contraction(_ start: Int, folding: Bool) -> Int {
        guard start + 1 < end else { return 0 }
        let fold: UInt8 = folding ? 0x20 : 0
        let first = text[start + 1] | fold
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return start + 2 < end && text[start + 2] | fold == UInt8(ascii: "e") ? 3 : 0
        case UInt8(ascii: "l"):
            return start + 2 < end && text[start + 2] | fold == UInt8(ascii: "l") ? 3 : 0
        default:
            // ſ is an s of another shape, and so it is folded.
            return folding && start + 2 < end && text[start + 1] == 0xC5 && text[start + 2] == 0xBF ? 3 : 0
        }
    }

    @inline(__always) func wordOrRun(_ start: Int, digits: Int) -> Int {
        let first = text[start]
        if first == UInt8(ascii: "'") {
            let length = contraction(start, folding: true)
            if length > 0 { return start + length }
        }
        let kind = kind(start)
        if kind.contains(.letter) { return run(start) { $0.contains(.letter) } }
        if kind.contains(.number) {
            var index = start
            var count = 0
            while count < digits, index < end, self.kind(index).contains(.number) {
                index += UTF8Scanning.length(text[index])
                count += 1
            }
            return index
        }
        let isBreak = first == 0x0A || first == 0x0D
        let second = start + UTF8Scanning.length(first)
        if !isBreak, second < end {
            let next = self.kind(second)
            if next.contains(.letter) { return run(second) { $0.contains(.letter) } }
            if first == 0x20, next.isDisjoint(with: Self.spaceLetterNumber) { return symbols(second) }
        }
        if !kind.contains(.space) { return symbols(start) }
        // White space up to its last line break, if it has one.
        let stop = run(start) { $0.contains(.space) }
        var index = stop
        while index > start {
            if text[index - 1] == 0x0A || text[index - 1] == 0x0D { return index }
            index -= 1
        }
        if stop == end { return stop }
        let last = UTF8Scanning.start(before: stop, text)
        return last > start ? last : stop
    }

    /// `[^\s\p{L}\p{N}]+[\r\n]*`
    @inline(__always) private func symbols(_ start: Int) -> Int {
        var index = run(start) { $0.isDisjoint(with: Self.spaceLetterNumber) }
        while index < end, text[index] == 0x0A || text[index] == 0x0D { index += 1 }
        return index
    }
}
