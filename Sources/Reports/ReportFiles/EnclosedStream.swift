/// A stream with an element around it, so that several documents are one.
final class EnclosedStream: ByteStream {
    private let stream: any ByteStream
    private var start: ArraySlice<UInt8>
    private var end: ArraySlice<UInt8>

    init(_ name: String, _ stream: any ByteStream) {
        self.stream = stream
        start = ArraySlice("<\(name)>".utf8)
        end = ArraySlice("</\(name)>".utf8)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if !start.isEmpty { return Self.take(from: &start, buffer) }
        let count = stream.read(into: buffer)
        return count == 0 ? Self.take(from: &end, buffer) : count
    }

    private static func take(from bytes: inout ArraySlice<UInt8>, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count)
        buffer.copyBytes(from: bytes.prefix(count))
        bytes = bytes.dropFirst(count)
        return count
    }
}
