import Foundation

/// The beginning and the end of a text of any length, or all of it.
struct BoundedText {
    private static let head = 12_000
    private static let tail = 4_000

    private let isWhole: Bool
    private var first: [UInt8] = []
    private var last: [UInt8] = []
    private var omitted = 0

    init(isWhole: Bool = false) { self.isWhole = isWhole }

    mutating func append(_ text: UnsafePointer<CChar>) {
        append(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    mutating func append(_ text: String) { Array(text.utf8).withUnsafeBytes { append($0) } }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let room = isWhole ? bytes.count : min(bytes.count, Self.head - first.count)
        first += bytes.prefix(room)
        let rest = bytes.dropFirst(room)
        last += rest.suffix(Self.tail)
        omitted += max(0, rest.count - Self.tail)
        if last.count > 2 * Self.tail {
            omitted += last.count - Self.tail
            last.removeFirst(last.count - Self.tail)
        }
    }

    /// Begins a new line, unless there is nothing yet or one begins already.
    mutating func separate() {
        if let end = last.last ?? first.last, end != UInt8(ascii: "\n") { append("\n") }
    }

    /// The text, what was left out being counted.
    var raw: String {
        let left = omitted > 0 ? "\n… \(omitted) bytes left out …\n" : ""
        return String(decoding: first, as: UTF8.self) + left + String(decoding: last, as: UTF8.self)
    }

    /// The text without space around it.
    var text: String { raw.trimmingCharacters(in: .whitespacesAndNewlines) }
}
