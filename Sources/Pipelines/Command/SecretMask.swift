import Foundation

/// Replaces the values of variables by `***`, in texts and in what a program prints.
///
/// A value is found as it is, line by line if it has several, and as it stands in JSON, in a URL and in base64. Values of fewer
/// than four bytes are left: to mask a `1` would make a log unreadable.
package struct SecretMask: Sendable {
    static let minimumLength = 4
    static let replacement = Array("***".utf8)

    /// By their first bytes, the longest first.
    private let patterns: [[[UInt8]]]
    package let isEmpty: Bool

    package init(_ values: some Sequence<String>) {
        var all: Set<[UInt8]> = []
        for value in values { all.formUnion(Self.forms(of: value)) }
        var patterns: [[[UInt8]]] = Array(repeating: [], count: 256)
        for pattern in all.sorted(by: { $0.count > $1.count }) { patterns[Int(pattern[0])].append(pattern) }
        self.patterns = patterns
        isEmpty = all.isEmpty
    }

    /// The text with the values masked.
    package func masking(_ text: String) -> String {
        guard !isEmpty else { return text }
        var stream = Stream(self)
        return String(decoding: stream.take(Array(text.utf8)) + stream.end(), as: UTF8.self)
    }

    /// All that stands for a value.
    private static func forms(of value: String) -> Set<[UInt8]> {
        let whole = value.trimmed
        let lines = value.split(whereSeparator: \.isNewline).map { String($0).trimmed }
        var forms: Set<[UInt8]> = []
        for text in Set([value, whole] + lines) where text.trimmed.utf8.count >= minimumLength {
            let bytes = Array(text.utf8)
            forms.insert(bytes)
            forms.insert(Array(text.inJSON.utf8))
            forms.insert(Array(text.inJSON.replacing("/", with: "\\/").utf8))
            // What encoders leave as it is differs, beside letters and digits.
            for plain in ["-._~", "-._~/", "-._*", ""] {
                for digits in [upper, lower] {
                    for isPlus in [false, true] {
                        forms.insert(percentEncoded(bytes, plain: plain, digits, spaceIsPlus: isPlus))
                    }
                }
            }
        }
        for text in Set([value, whole]) where text.trimmed.utf8.count >= minimumLength {
            for offset in 0..<3 { forms.formUnion(base64(Array(text.utf8), offset: offset)) }
        }
        return forms
    }

    private static let upper = Array("0123456789ABCDEF".utf8)
    private static let lower = Array("0123456789abcdef".utf8)

    private static func percentEncoded(
        _ bytes: [UInt8], plain: String, _ digits: [UInt8], spaceIsPlus: Bool
    ) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                return [byte]
            case UInt8(ascii: " ") where spaceIsPlus: return [UInt8(ascii: "+")]
            case _ where plain.utf8.contains(byte): return [byte]
            default: return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    /// The characters that the value alone decides where it stands `offset` bytes behind a multiple of three in what is
    /// encoded, as after `user:`; in both alphabets.
    private static func base64(_ bytes: [UInt8], offset: Int) -> [[UInt8]] {
        let encoded = Array(Data(Array(repeating: 0, count: offset) + bytes).base64EncodedString().utf8)
        let start = (8 * offset + 5) / 6
        let end = 8 * (offset + bytes.count) / 6
        // A few characters might be any word.
        guard end - start >= 6 else { return [] }
        let part = Array(encoded[start..<end])
        let forURLs = part.map { byte in
            byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
        }
        return [part, forURLs]
    }
}

extension SecretMask {
    /// Masks what comes piece by piece: a value may begin in one piece and end in another.
    package struct Stream {
        private let mask: SecretMask
        /// What may be the beginning of a value.
        private var held: [UInt8] = []
        /// How many bytes from the beginning of `held` belong to a value already found.
        private var covered = 0

        package init(_ mask: SecretMask) {
            self.mask = mask
        }

        /// What is certain once `bytes` have come.
        package mutating func take(_ bytes: some Sequence<UInt8>) -> [UInt8] {
            held += bytes
            return advance(isLast: false)
        }

        /// What is left.
        package mutating func end() -> [UInt8] { advance(isLast: true) }

        private mutating func advance(isLast: Bool) -> [UInt8] {
            var result: [UInt8] = []
            result.reserveCapacity(held.count)
            let (next, coveredUntil) = held.withUnsafeBufferPointer { bytes -> (Int, Int) in
                var coveredUntil = covered
                var place = 0
                while place < bytes.count {
                    let candidates = mask.patterns[Int(bytes[place])]
                    if !candidates.isEmpty {
                        guard let length = Self.match(candidates, bytes, at: place, isLast: isLast) else { break }
                        if length > 0 {
                            if place >= coveredUntil { result += SecretMask.replacement }
                            coveredUntil = max(coveredUntil, place + length)
                        }
                    }
                    if place >= coveredUntil { result.append(bytes[place]) }
                    place += 1
                }
                return (place, coveredUntil)
            }
            held.removeFirst(next)
            covered = max(0, coveredUntil - next)
            return result
        }

        /// The length of the longest value at a place, 0 if there is none, nil if more bytes have to come to tell.
        private static func match(
            _ candidates: [[UInt8]], _ bytes: UnsafeBufferPointer<UInt8>, at place: Int, isLast: Bool
        ) -> Int? {
            let rest = bytes.count - place
            for candidate in candidates {
                let count = min(candidate.count, rest)
                guard candidate[..<count].elementsEqual(bytes[place..<place + count]) else { continue }
                if count == candidate.count { return count }
                if !isLast { return nil }
            }
            return 0
        }
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }

    /// The text as it stands between the quotes of a JSON string.
    fileprivate var inJSON: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
