import Glibc

/// Looks for markup of tests that isn't in the encoding that a report is read in: a shell has added UTF-16 to a file in UTF-8, or the
/// other way around. There is some if the bytes have more of it, in all encodings together, than the text.
struct OtherEncodingSearch {
    /// In one, two and four bytes a character, whichever comes first.
    private static let marks: [[UInt8]] = [0, 1, 3].map { zeros in
        "<test".utf8.flatMap { [$0] + [UInt8](repeating: 0, count: zeros) }.dropLast(zeros)
    }
    private static let longest = marks.map(\.count).max() ?? 0

    /// The end of the last piece, which a mark may begin in.
    private var tail: [UInt8] = []
    private var found = 0

    mutating func look(at piece: some Collection<UInt8>) {
        let bytes = tail + piece
        for mark in Self.marks {
            // None may be counted twice.
            let start = max(0, bytes.count - piece.count - mark.count + 1)
            found += bytes.withUnsafeBytes { Self.count(mark, UnsafeRawBufferPointer(rebasing: $0[start...])) }
        }
        tail = Array(bytes.suffix(Self.longest - 1))
    }

    /// Whether the bytes that were looked at hold more than the text that they were read as, in UTF-8.
    func hasMore(than text: UnsafeRawBufferPointer) -> Bool {
        found > 0 && found > Self.count(Self.marks[0], text)
    }

    private static func count(_ mark: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Int {
        guard var start = bytes.baseAddress else { return 0 }
        let end = start + bytes.count
        var count = 0
        while end - start >= mark.count, let place = memchr(start, Int32(mark[0]), end - start - mark.count + 1) {
            if memcmp(place, mark, mark.count) == 0 { count += 1 }
            start = UnsafeRawPointer(place) + 1
        }
        return count
    }
}
