/// The token of each scalar that is one by itself.
struct ScalarTokens: Sendable {
    private var pages = [Int32](repeating: -1, count: 0x1100)
    private var ids: [Int32] = []

    init(_ vocabulary: Vocabulary) {
        vocabulary.bytes.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return }
            for id in 0..<vocabulary.idCount {
                guard let text = vocabulary.text(id), let lead = text.first,
                    text.count == UTF8Scanning.length(lead)
                else { continue }
                self[UTF8Scanning.scalar(base, text.startIndex).value] = Int32(id)
            }
        }
    }

    /// -1 for a scalar without a token.
    subscript(scalar: UInt32) -> Int32 {
        @inline(__always) get {
            let page = pages[Int(scalar >> 8)]
            return page < 0 ? -1 : ids[Int(page) << 8 | Int(scalar & 255)]
        }
        set {
            if pages[Int(scalar >> 8)] < 0 {
                pages[Int(scalar >> 8)] = Int32(ids.count / 256)
                ids.append(contentsOf: repeatElement(-1, count: 256))
            }
            ids[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 255)] = newValue
        }
    }
}
