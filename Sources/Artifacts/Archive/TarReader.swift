/// Reads a tar file from its start to its end, member by member, in bounded memory.
struct TarReader: ~Copyable {
    private let file: OpenFile
    /// Bytes of the file that weren't read yet.
    private var rest: Int
    /// Bytes of the current member's content and padding that weren't read yet.
    private var content = 0
    private var padding = 0

    /// - Throws: `StoreError` with `.missing` or `.io`.
    init(_ path: String) throws(StoreError) {
        let file = try OpenFile(reading: path)
        rest = try file.regularSize()
        self.file = file
    }

    /// The next member; nil at the end, after which there is nothing but zeros.
    ///
    /// - Precondition: the current member's content has been read.
    /// - Throws: `StoreError` with `.damaged` or `.hostile`, whose message doesn't name the file, or `.io`.
    mutating func next() throws(StoreError) -> TarHeader? {
        precondition(content == 0, "\(content) bytes of the member weren't read")
        guard try take(padding).allSatisfy({ $0 == 0 }) else {
            throw StoreError(.damaged, "a member's padding isn't zero")
        }
        padding = 0
        let block = try take(TarHeader.blockSize)
        if block.allSatisfy({ $0 == 0 }) {
            try finish()
            return nil
        }
        let header = try TarHeader(block)
        guard header.size <= rest, header.padding <= rest - header.size else {
            throw StoreError(
                .damaged, "it ends before its member \(header.name.debugDescription) of \(header.size) bytes does")
        }
        (content, padding) = (header.size, header.padding)
        return header
    }

    /// Fills as much of `buffer` as the current member still has: 0 is its end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
        let count = min(content, buffer.count)
        guard try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])) == count else {
            throw StoreError(.damaged, "it became shorter while it was read")
        }
        content -= count
        rest -= count
        return count
    }

    /// The rest of the current member.
    mutating func contents() throws(StoreError) -> [UInt8] {
        let bytes = try take(content)
        content = 0
        return bytes
    }

    private mutating func take(_ count: Int) throws(StoreError) -> [UInt8] {
        guard count <= rest else { throw StoreError(.damaged, "it ends too early: it was cut") }
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(StoreError) in try file.read(into: buffer) }
        }
        guard try result.get() == count else { throw StoreError(.damaged, "it became shorter while it was read") }
        rest -= count
        return bytes
    }

    /// A second block of zeros, and as many more as the writer's blocking factor asked for.
    private mutating func finish() throws(StoreError) {
        guard rest >= TarHeader.blockSize else { throw StoreError(.damaged, "it ends too early: it was cut") }
        while rest > 0 {
            guard try take(min(rest, 1 << 16)).allSatisfy({ $0 == 0 }) else {
                throw StoreError(.hostile, "something follows its end")
            }
        }
    }
}
