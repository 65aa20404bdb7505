/// Where in a text bytes stand that aren't text in its encoding, or control characters but for NUL.
struct OddBytes {
    /// In bytes of the decoded text, in order.
    private var ranges: [Range<Int>] = []
    /// More of them aren't told apart.
    private static let most = 4096

    var isEmpty: Bool { ranges.isEmpty }

    mutating func note(_ position: Int) {
        if let last = ranges.last, position <= last.upperBound + 16 || ranges.count >= Self.most {
            ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, position + 1)
        } else {
            ranges.append(position..<position + 1)
        }
    }

    /// Whether there are any from here to `end`.
    func areFound(from start: Int, to end: Int) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= start { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound < end
    }
}

extension JUnitReader {
    /// Whether a text between elements has bytes that can't be text: what they were meant to be isn't known.
    func isOdd(_ value: UnsafePointer<CChar>) -> Bool {
        var (byte, hasText) = (value, false)
        while byte.pointee != 0 {
            let code = UInt8(bitPattern: byte.pointee)
            if code > 0x20 { hasText = true }
            // U+0080 to U+009F.
            if code == 0xC2, UInt8(bitPattern: byte[1]) < 0xA0 { return true }
            byte += 1
        }
        return hasText && hasOddBytes()
    }
}
