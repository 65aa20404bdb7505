/// Decodes tokens one at a time into text that is never cut within a character.
///
///     var decoder = StreamingDecoder(tokenizer)
///     for id in ids { print(decoder.append(id), terminator: "") }
///     print(decoder.finish())
///
/// The pieces joined are the text of the whole: `String(decoding: tokenizer.decode(ids), as: UTF8.self)`.
package struct StreamingDecoder: Sendable {
    private let tokenizer: any Tokenizer
    private let keepsControl: Bool
    private var state = DecodingState()
    /// The start of a character whose other bytes are still to come.
    private var pending: [UInt8] = []

    package init(_ tokenizer: any Tokenizer, keepingControl: Bool = false) {
        self.tokenizer = tokenizer
        keepsControl = keepingControl
    }

    /// The text that `id` completes; empty as long as a character is incomplete.
    package mutating func append(_ id: Int32) -> String {
        if keepsControl || !tokenizer.isControl(id) {
            tokenizer.decode(id, into: &pending, state: &state)
        } else {
            tokenizer.finishDecoding(into: &pending, state: &state)
        }
        let kept = Self.incompleteSuffixCount(pending)
        let text = String(decoding: pending.dropLast(kept), as: UTF8.self)
        pending.removeFirst(pending.count - kept)
        return text
    }

    /// What is left at the end: U+FFFD if the last character was never completed.
    package mutating func finish() -> String {
        defer { pending = [] }
        tokenizer.finishDecoding(into: &pending, state: &state)
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end begin a character that further bytes could complete.
    static func incompleteSuffixCount(_ bytes: [UInt8]) -> Int {
        for back in 1..<4 where back <= bytes.count {
            let lead = bytes[bytes.count - back]
            if lead & 0xC0 == 0x80 { continue }
            let length = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1
            guard lead <= 0xF4, back < length else { return 0 }
            // A second byte that can't follow this lead makes both invalid at once.
            if back >= 2 {
                let second = bytes[bytes.count - back + 1]
                let range: ClosedRange<UInt8> =
                    switch lead {
                    case 0xE0: 0xA0...0xBF
                    case 0xED: 0x80...0x9F
                    case 0xF0: 0x90...0xBF
                    case 0xF4: 0x80...0x8F
                    default: 0x80...0xBF
                    }
                guard range.contains(second) else { return 0 }
            }
            return back
        }
        return 0
    }
}
