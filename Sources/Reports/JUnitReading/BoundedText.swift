import Foundation

/// The beginning and the end of a text of any length.
struct BoundedText {
    private static let head = 12_000
    private static let tail = 4_000

    private var first: [UInt8] = []
    private var last: [UInt8] = []
    private var omitted = 0

    var isEmpty: Bool { first.isEmpty }

    mutating func append(_ text: UnsafePointer<CChar>) {
        append(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    mutating func append(_ text: String) { Array(text.utf8).withUnsafeBytes { append($0) } }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let room = min(bytes.count, Self.head - first.count)
        first += bytes.prefix(room)
        let rest = bytes.dropFirst(room)
        last += rest.suffix(Self.tail)
        omitted += max(0, rest.count - Self.tail)
        if last.count > 2 * Self.tail {
            omitted += last.count - Self.tail
            last.removeFirst(last.count - Self.tail)
        }
    }

    /// The text without space around it, what was left out being counted.
    var text: String {
        let left = omitted > 0 ? "\n… \(omitted) bytes left out …\n" : ""
        return (String(decoding: first, as: UTF8.self) + left + String(decoding: last, as: UTF8.self))
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
