/// Text that was changed, and for each byte of it the bytes of the original that it stands for.
///
/// The alignment is that of Hugging Face `tokenizers`, character for character; only bytes of characters that weren't
/// changed keep places of their own.
struct AlignedText: Sendable {
    private(set) var bytes: [UInt8]
    private(set) var starts: [Int]
    private(set) var ends: [Int]
    /// Where the text begins in the original.
    private(set) var origin: Int

    init(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
        bytes = Array(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
        starts = Array(range)
        ends = Array(range.lowerBound + 1..<range.upperBound + 1)
        origin = range.lowerBound
    }

    private init(bytes: [UInt8], starts: [Int], ends: [Int], origin: Int) {
        self.bytes = bytes
        self.starts = starts
        self.ends = ends
        self.origin = origin
    }

    var isEmpty: Bool { bytes.isEmpty }

    func slice(_ range: Range<Int>) -> AlignedText {
        AlignedText(
            bytes: Array(bytes[range]), starts: Array(starts[range]), ends: Array(ends[range]),
            origin: range.isEmpty ? origin : starts[range.lowerBound])
    }

    /// What replaces a character, in the terms of `tokenizers`: a change of 0 replaces the next character, -n also
    /// removes the n after it, and 1 adds a character.
    struct Change {
        var scalar: UInt32
        var change: Int
    }

    /// Replaces characters one by one.
    ///
    /// - Parameter removed: how many characters at the start are dropped first.
    mutating func transform(_ changes: some Sequence<Change>, removingFirst removed: Int = 0) {
        transform(changes, removingFirst: removed, in: 0..<bytes.count)
    }

    mutating func transform(_ changes: some Sequence<Change>, removingFirst removed: Int = 0, in range: Range<Int>) {
        var new = AlignedText(bytes: [], starts: [], ends: [], origin: origin)
        new.append(self, 0..<range.lowerBound)
        var offset = range.lowerBound
        func skip() {
            if offset < range.upperBound { offset += UTF8Scanning.length(bytes[offset]) }
        }
        for _ in 0..<removed { skip() }
        for change in changes {
            if change.change > 0 {
                new.append(change.scalar, offset == 0 ? (0, 0) : place(before: offset))
                continue
            }
            if offset < range.upperBound {
                let length = UTF8Scanning.length(bytes[offset])
                let scalar = bytes.withUnsafeBufferPointer { UTF8Scanning.scalar($0.baseAddress!, offset).value }
                if scalar == change.scalar {
                    new.append(self, offset..<offset + length)
                } else {
                    new.append(change.scalar, (starts[offset], ends[offset + length - 1]))
                }
                offset += length
            } else {
                new.append(change.scalar, offset == 0 ? (0, 0) : place(before: offset))
            }
            for _ in 0..<(-change.change) { skip() }
        }
        new.append(self, range.upperBound..<bytes.count)
        self = new
    }

    /// The place in the original of the character before `offset`.
    private func place(before offset: Int) -> (Int, Int) {
        var start = offset - 1
        while bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return (starts[start], ends[offset - 1])
    }

    private mutating func append(_ other: AlignedText, _ range: Range<Int>) {
        bytes.append(contentsOf: other.bytes[range])
        starts.append(contentsOf: other.starts[range])
        ends.append(contentsOf: other.ends[range])
    }

    private mutating func append(_ scalar: UInt32, _ place: (start: Int, end: Int)) {
        UTF8Scanning.append(scalar, to: &bytes)
        while starts.count < bytes.count {
            starts.append(place.start)
            ends.append(place.end)
        }
    }

    /// Puts text before the first character; in an empty text there is none.
    mutating func prepend(_ text: [UInt32]) {
        guard let lead = bytes.first, !text.isEmpty else { return }
        let length = UTF8Scanning.length(lead)
        let first = bytes.withUnsafeBufferPointer { UTF8Scanning.scalar($0.baseAddress!, 0).value }
        let changes = text.enumerated().map { Change(scalar: $1, change: $0 == 0 ? 0 : 1) }
        // Not as a replacement by an equal character: then the added text would have no place.
        var new = AlignedText(bytes: [], starts: [], ends: [], origin: origin)
        let place = (starts[0], ends[length - 1])
        for change in changes { new.append(change.scalar, place) }
        new.append(first, place)
        new.append(self, length..<bytes.count)
        self = new
    }

    /// Replaces each match by the same text.
    mutating func replace(_ matches: [Range<Int>], with text: [UInt32]) {
        guard !matches.isEmpty else { return }
        var new = AlignedText(bytes: [], starts: [], ends: [], origin: origin)
        var done = 0
        for match in matches {
            new.append(self, done..<match.lowerBound)
            let place = match.upperBound == 0 ? (0, 0) : place(before: match.upperBound)
            for scalar in text { new.append(scalar, place) }
            done = match.upperBound
        }
        new.append(self, done..<bytes.count)
        self = new
    }

    var scalars: [UInt32] { UTF8Scanning.scalars(bytes) }

    /// Drops characters, each with its place given to the one kept before it.
    mutating func filter(_ keeps: (UInt32) -> Bool) {
        var changes: [Change] = []
        var removed = 0
        var removedFirst = 0
        for scalar in scalars {
            if keeps(scalar) {
                if changes.isEmpty { removedFirst = removed } else { changes[changes.count - 1].change = -removed }
                changes.append(Change(scalar: scalar, change: 0))
                removed = 0
            } else {
                removed += 1
            }
        }
        if !changes.isEmpty { changes[changes.count - 1].change = -removed }
        transform(changes, removingFirst: removedFirst)
    }
}
