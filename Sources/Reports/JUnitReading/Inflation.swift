import CZlib
import Foundation

/// Inflates a part of a file into another file, with zlib.
enum Inflation {
    enum Container {
        /// One gzip member after the other, each with its checksum.
        case gzip
        /// Bare deflate, as in a zip archive, which has the checksum elsewhere.
        case deflate
    }

    /// Returns the CRC-32 and the length of what was written.
    @discardableResult
    static func unpack(
        _ file: URL, _ container: Container, from offset: Int = 0, count: Int = .max, into plain: URL,
        _ budget: inout UnpackingBudget
    ) throws -> (checksum: UInt, length: Int) {
        let input = try FileHandle(forReadingFrom: file)
        defer { try? input.close() }
        try input.seek(toOffset: UInt64(offset))
        let output = try PlainFile(plain)
        var stream = z_stream()
        // 16 more: with a gzip header; negative: without any.
        let window: Int32 = container == .gzip ? 15 + 16 : -15
        guard inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw UnpackingProblem("it can't be unpacked: no memory")
        }
        defer { inflateEnd(&stream) }
        var left = count
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        var isAtEnd = false
        while left > 0, let piece = try input.read(upToCount: min(1 << 16, left)), !piece.isEmpty {
            left -= piece.count
            var bytes = Array(piece)
            // What follows a gzip stream and is none itself is padding.
            if isAtEnd, container == .deflate || bytes.allSatisfy({ $0 == 0 }) { break }
            try bytes.withUnsafeMutableBufferPointer { source in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                repeat {
                    if isAtEnd {
                        let rest = UnsafeBufferPointer(start: stream.next_in, count: Int(stream.avail_in))
                        guard container == .gzip, rest.contains(where: { $0 != 0 }) else { return }
                        inflateReset(&stream)
                        isAtEnd = false
                    }
                    let (status, made) = buffer.withUnsafeMutableBufferPointer { target in
                        stream.next_out = target.baseAddress
                        stream.avail_out = UInt32(target.count)
                        let status = inflate(&stream, Z_NO_FLUSH)
                        return (status, target.count - Int(stream.avail_out))
                    }
                    try budget.spend(made)
                    try output.write(buffer[..<made])
                    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                        throw UnpackingProblem("its compressed data is damaged")
                    }
                    isAtEnd = status == Z_STREAM_END
                } while stream.avail_in > 0 || stream.avail_out == 0
            }
        }
        guard isAtEnd else { throw UnpackingProblem("its compressed data ends too early: it was cut off") }
        try output.close()
        return (output.checksum, output.length)
    }

    /// Copies a part of a file that isn't compressed.
    static func copy(
        _ file: URL, from offset: Int, count: Int, into plain: URL, _ budget: inout UnpackingBudget
    ) throws -> (checksum: UInt, length: Int) {
        let input = try FileHandle(forReadingFrom: file)
        defer { try? input.close() }
        try input.seek(toOffset: UInt64(offset))
        let output = try PlainFile(plain)
        while output.length < count, let piece = try input.read(upToCount: min(1 << 16, count - output.length)),
            !piece.isEmpty
        {
            try budget.spend(piece.count)
            try output.write(Array(piece)[...])
        }
        try output.close()
        return (output.checksum, output.length)
    }
}

/// A file that is being written, with its checksum.
private final class PlainFile {
    private let handle: FileHandle
    private(set) var checksum = crc32(0, nil, 0)
    private(set) var length = 0

    init(_ file: URL) throws {
        guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
            throw UnpackingProblem("it can't be unpacked: \(file.path) can't be written")
        }
        handle = try FileHandle(forWritingTo: file)
    }

    deinit { try? handle.close() }

    func write(_ bytes: ArraySlice<UInt8>) throws {
        bytes.withUnsafeBufferPointer { checksum = crc32(checksum, $0.baseAddress, UInt32($0.count)) }
        length += bytes.count
        try handle.write(contentsOf: bytes)
    }

    func close() throws { try handle.close() }
}
