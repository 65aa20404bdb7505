/// The first bytes of a stream, which is read no further than to them.
struct FileStart {
    private struct Enough: Error {}

    private(set) var bytes: [UInt8] = []
    private let size: Int

    init(_ size: Int) { self.size = size }

    mutating func take(_ piece: UnsafeRawBufferPointer) throws {
        bytes += piece.prefix(size - bytes.count)
        if bytes.count >= size { throw Enough() }
    }
}
