import Foundation

/// The lines of a text, whatever ends them, in bounded memory.
struct TAPLines {
    /// What is kept of a line, in bytes.
    private static let longest = 1 << 16

    private let stream: any ByteStream
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var bytes: ArraySlice<UInt8> = []

    init(_ stream: any ByteStream) { self.stream = stream }

    /// The next line; nil at the end.
    mutating func next() -> String? {
        var line: [UInt8] = []
        var hasLine = false
        while true {
            if bytes.isEmpty {
                let count = buffer.withUnsafeMutableBytes { stream.read(into: $0) }
                guard count > 0 else { break }
                bytes = buffer[..<count]
            }
            hasLine = true
            let piece = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            line += piece.prefix(Self.longest - line.count)
            bytes = bytes.dropFirst(piece.count)
            // Of the two bytes of some systems the second ends an empty line, which means nothing.
            guard bytes.isEmpty else {
                bytes = bytes.dropFirst()
                break
            }
        }
        return hasLine ? String(decoding: line, as: UTF8.self) : nil
    }
}
