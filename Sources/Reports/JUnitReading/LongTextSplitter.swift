import Foundation

/// Keeps what libxml2 holds at once small: it puts an empty comment into every MiB of text and every 16 KiB of CDATA, and leaves out what
/// exceeds a MiB of one value, of a comment or of an instruction.
///
/// Its input is UTF-8, or another encoding whose characters beyond ASCII have no ASCII bytes. It doesn't check that the markup is
/// well-formed; libxml2 does.
final class LongTextSplitter: ByteStream {
    private static let limit = 1 << 20
    /// Of a section: libxml2 looks for its end anew with each 300 bytes of it that it takes.
    private static let sectionLimit = 1 << 14
    /// Of all of a tag's values.
    private static let tagLimit = 8 << 20
    /// What no reference is longer than.
    private static let reference = 64

    private let upstream: any ByteStream
    private var input = [UInt8](repeating: 0, count: 1 << 16)
    private var output: [UInt8] = []
    /// Neighbouring bytes of the input that are still to be copied: one copy for many small pieces.
    private var pending = 0..<0
    private var taken = 0
    private var state = State.text
    /// The bytes since `<`, while they don't say yet what begins.
    private var mark: [UInt8] = []
    /// The bytes of the current text, value, comment or section since its beginning or the last boundary.
    private var run = 0
    private var tagRun = 0
    private var isLeavingOut = false
    /// The last two bytes of a comment, section or instruction.
    private var last: (UInt8, UInt8) = (0, 0)
    private var depth = 0
    /// How many values were too long.
    private(set) var cutValues = 0

    private enum State {
        case text, mark, tag
        case value(UInt8)
        case comment, section, instruction, declaration
        case literal(UInt8)
    }

    init(_ upstream: any ByteStream) {
        self.upstream = upstream
        output.reserveCapacity(1 << 16 + 1 << 10)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while taken == output.count {
            output.removeAll(keepingCapacity: true)
            taken = 0
            let count = input.withUnsafeMutableBytes { upstream.read(into: $0) }
            guard count > 0 else { return count }
            input.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return }
                split(start, count)
                flush(start)
            }
        }
        let count = min(buffer.count, output.count - taken)
        output.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken..<taken + count])) }
        taken += count
        return count
    }

    private func split(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        var position = 0
        while position < count {
            switch state {
            case .text: position = text(bytes, position, count)
            case .mark: position = begin(bytes, position)
            case .tag: position = tag(bytes, position, count)
            case .value(let quote): position = value(bytes, position, count, quote)
            case .comment: position = through(bytes, position, count, "-")
            case .instruction: position = through(bytes, position, count, "?")
            case .section: position = section(bytes, position, count)
            case .declaration: position = declaration(bytes, position, count)
            case .literal(let quote):
                let end = find(quote, bytes, position, count)
                copy(bytes, position, min(end + 1, count))
                if end < count { state = .declaration }
                position = end + 1
            }
        }
    }

    private func find(_ byte: UInt8, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        guard let found = memchr(bytes + start, Int32(byte), end - start) else { return end }
        return UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
    }

    private func copy(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) {
        guard end > start else { return }
        if start == pending.upperBound {
            pending = pending.lowerBound..<end
        } else {
            flush(bytes)
            pending = start..<end
        }
    }

    /// Writes what isn't in the input.
    private func put(_ text: String, _ bytes: UnsafePointer<UInt8>) {
        flush(bytes)
        output += text.utf8
    }

    private func flush(_ bytes: UnsafePointer<UInt8>) {
        output.append(contentsOf: UnsafeBufferPointer(start: bytes + pending.lowerBound, count: pending.count))
        pending = 0..<0
    }

    // MARK: Text and sections

    private func text(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        let end = find(UInt8(ascii: "<"), bytes, start, count)
        spread(bytes, start, end)
        if end < count {
            state = .mark
            mark.removeAll(keepingCapacity: true)
        }
        return end
    }

    private func section(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        let end = closing(bytes, start, count, "]")
        var from = start
        while (end ?? count) - from > Self.sectionLimit {
            let tag = lastTag(bytes, from + Self.sectionLimit)
            let place = tag ?? boundaryPlace(bytes, from, from + Self.sectionLimit)
            guard let place, place > from else { break }
            copy(bytes, from, place)
            put("]]><!----><![CDATA[", bytes)
            from = place
        }
        copy(bytes, from, end ?? count)
        if end != nil { state = .text }
        return end ?? count
    }

    /// The last `<` shortly before here, so that what looks like a tag isn't parted.
    private func lastTag(_ bytes: UnsafePointer<UInt8>, _ end: Int) -> Int? {
        var place = end - 1
        while place > end - (1 << 12), bytes[place] != UInt8(ascii: "<") { place -= 1 }
        return bytes[place] == UInt8(ascii: "<") ? place : nil
    }

    /// Copies text, with a boundary in it as soon as there is too much of it.
    private func spread(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) {
        run += end - start
        guard run > Self.limit, let place = boundaryPlace(bytes, start, end) else { return copy(bytes, start, end) }
        copy(bytes, start, place)
        put("<!---->", bytes)
        copy(bytes, place, end)
        run = end - place
    }

    /// The last place at which text can be parted: in no character, no reference and no `]]>`. Nil if there is none.
    private func boundaryPlace(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var place = end - 3
        guard place - start > 4 * Self.reference else { return nil }
        while place > start + Self.reference, !canPart(bytes, place) { place -= 1 }
        guard canPart(bytes, place) else { return nil }
        for index in stride(from: place - 1, through: place - Self.reference, by: -1) where index > start {
            if bytes[index] == UInt8(ascii: ";") { break }
            if bytes[index] == UInt8(ascii: "&") { return index }
        }
        return place
    }

    /// Whether no character and no `]]>` goes on here.
    private func canPart(_ bytes: UnsafePointer<UInt8>, _ place: Int) -> Bool {
        let bracket = UInt8(ascii: "]")
        if bytes[place] == bracket { return bytes[place + 1] == bracket && bytes[place + 2] == bracket }
        if bytes[place] == UInt8(ascii: ">") { return bytes[place - 1] != bracket }
        return bytes[place] & 0xC0 != 0x80
    }

    // MARK: Markup

    private func begin(_ bytes: UnsafePointer<UInt8>, _ position: Int) -> Int {
        mark.append(bytes[position])
        copy(bytes, position, position + 1)
        guard mark.count > 1 else { return position + 1 }
        run = 0
        last = (0, 0)
        isLeavingOut = false
        if mark[1] == UInt8(ascii: "?") {
            state = .instruction
        } else if mark[1] != UInt8(ascii: "!") {
            pending = pending.lowerBound..<pending.upperBound - 1
            tagRun = 0
            state = .tag
            return position
        } else if mark.elementsEqual("<!--".utf8) {
            state = .comment
        } else if mark.elementsEqual("<![CDATA[".utf8) {
            state = .section
        } else if !"<!--".utf8.starts(with: mark), !"<![CDATA[".utf8.starts(with: mark) {
            pending = pending.lowerBound..<pending.upperBound - 1
            depth = 0
            state = .declaration
            return position
        }
        return position + 1
    }

    private func tag(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var end = start
        while end < count {
            let byte = bytes[end]
            end += 1
            if byte == UInt8(ascii: ">") {
                state = .text
                run = 0
                break
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                state = .value(byte)
                run = 0
                isLeavingOut = false
                break
            }
        }
        copy(bytes, start, end)
        return end
    }

    private func value(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ quote: UInt8) -> Int {
        let end = find(quote, bytes, start, count)
        run += end - start
        if !isLeavingOut {
            tagRun += end - start
            if run > Self.limit || tagRun > Self.tagLimit, end > start {
                let place = boundaryPlace(bytes, start, end)
                // Where it can't be cut now it can be soon.
                copy(bytes, start, place ?? end)
                if place != nil {
                    isLeavingOut = true
                    cutValues += 1
                }
            } else {
                copy(bytes, start, end)
            }
        }
        guard end < count else { return count }
        if isLeavingOut { put("...", bytes) }
        copy(bytes, end, end + 1)
        state = .tag
        return end + 1
    }

    /// Behind the next `->`, `?>` or `]>` that follows its mark once more; nil if there is none here.
    private func closing(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ mark: Character) -> Int? {
        let wanted = mark.asciiValue ?? 0
        var from = start
        while true {
            let end = find(UInt8(ascii: ">"), bytes, from, count)
            let one = end > start ? bytes[end - 1] : last.1
            let two = end > start + 1 ? bytes[end - 2] : end > start ? last.1 : last.0
            guard end < count else {
                if count > start { last = (two, one) }
                return nil
            }
            if one == wanted, two == wanted || mark == "?" { return end + 1 }
            from = end + 1
        }
    }

    /// A comment or an instruction, what is too long of it left out.
    private func through(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ mark: Character) -> Int {
        let found = closing(bytes, start, count, mark)
        let end = found ?? count
        run += end - start
        if isLeavingOut {
            if found != nil { put(mark == "?" ? "?>" : "-->", bytes) }
        } else {
            copy(bytes, start, end)
            if found == nil, run > Self.limit {
                isLeavingOut = true
                put(" ", bytes)
            }
        }
        if found != nil {
            state = .text
            run = 0
        }
        return end
    }

    private func declaration(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var end = start
        loop: while end < count {
            let byte = bytes[end]
            end += 1
            switch byte {
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                state = .literal(byte)
                break loop
            case UInt8(ascii: ">") where depth <= 0:
                state = .text
                run = 0
                break loop
            default: break
            }
        }
        copy(bytes, start, end)
        return end
    }
}
