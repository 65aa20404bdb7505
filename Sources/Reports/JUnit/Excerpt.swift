import Foundation

/// The beginning and the end of what is too long for a report, with what was left out counted.
enum Excerpt {
    /// A text of at most `limit` bytes, or its two ends.
    static func of(_ text: String, limit: Int) -> XMLText {
        guard text.utf8.count > limit else { return XMLText(text) }
        return ends(
            Array(text.utf8.prefix(limit / 2)), Array(text.utf8.suffix(limit / 2)), of: text.utf8.count)
    }

    /// The beginning of a text for an attribute.
    static func line(_ text: String, limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end.samePosition(in: text) == nil { text.utf8.formIndex(before: &end) }
        return text[..<end] + "… \(text[end...].utf8.count) bytes left out"
    }

    /// A part of a file, whatever its bytes; nil if there is none.
    static func of(_ file: URL, from start: Int = 0, to end: Int? = nil, limit: Int) -> XMLText? {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return nil }
        defer { try? handle.close() }
        guard let size = try? handle.seekToEnd() else { return nil }
        let end = min(end ?? .max, Int(clamping: size))
        guard start < end else { return nil }
        func read(_ count: Int, at offset: Int) -> [UInt8]? {
            guard (try? handle.seek(toOffset: UInt64(offset))) != nil,
                let data = try? handle.read(upToCount: count)
            else { return nil }
            return Array(data)
        }
        guard end - start > limit else { return read(end - start, at: start).map { XMLText(bytes: $0) } }
        guard let head = read(limit / 2, at: start), let tail = read(limit / 2, at: end - limit / 2) else { return nil }
        return ends(head, tail, of: end - start)
    }

    private static func ends(_ head: [UInt8], _ tail: [UInt8], of count: Int) -> XMLText {
        var (head, tail) = (head[...], tail[...])
        // No character is cut in two: a lead byte without all that should follow it goes, and what follows one that isn't
        // there. What was never UTF-8 loses at most three bytes so.
        if let lead = head.suffix(4).lastIndex(where: { $0 & 0xC0 != 0x80 }), head[lead] >= 0xC0,
            head.endIndex - lead < (head[lead] >= 0xF0 ? 4 : head[lead] >= 0xE0 ? 3 : 2)
        {
            head = head[..<lead]
        }
        for _ in 0..<3 where tail.first.map({ $0 & 0xC0 == 0x80 }) == true { tail.removeFirst() }
        return XMLText(bytes: head) + XMLText("\n… \(count - head.count - tail.count) bytes left out …\n")
            + XMLText(bytes: tail)
    }
}
