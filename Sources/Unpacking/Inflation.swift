import CZlib
import Foundation

/// Inflates a part of a file, with zlib.
package enum Inflation {
    package enum Container {
        /// One gzip member after the other, each with its checksum.
        case gzip
        /// Bare deflate, as in a zip archive, which has the checksum elsewhere.
        case deflate
    }

    /// Unpacks a whole gzip file into a new file.
    package static func unpack(gzip file: URL, into plain: URL, _ budget: inout UnpackingBudget) throws {
        let output = try PlainFile(plain)
        _ = try unpack(file, .gzip, &budget) { try output.write($0) }
        try output.close()
    }

    /// Gives the bytes piece by piece; returns their CRC-32 and how many there were.
    static func unpack(
        _ file: URL, _ container: Container, from offset: Int = 0, count: Int = .max, _ budget: inout UnpackingBudget,
        _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> (checksum: UInt, length: Int) {
        let input = try FileHandle(forReadingFrom: file)
        defer { try? input.close() }
        try input.seek(toOffset: UInt64(offset))
        var output = Checked()
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
                    try buffer.withUnsafeBytes { try output.give(UnsafeRawBufferPointer(rebasing: $0[..<made]), take) }
                    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                        throw UnpackingProblem("its compressed data is damaged")
                    }
                    isAtEnd = status == Z_STREAM_END
                } while stream.avail_in > 0 || stream.avail_out == 0
            }
        }
        guard isAtEnd else { throw UnpackingProblem("its compressed data ends too early: it was cut off") }
        return (output.checksum, output.length)
    }

    /// Gives a part of a file that isn't compressed.
    static func copy(
        _ file: URL, from offset: Int, count: Int, _ budget: inout UnpackingBudget,
        _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> (checksum: UInt, length: Int) {
        let input = try FileHandle(forReadingFrom: file)
        defer { try? input.close() }
        try input.seek(toOffset: UInt64(offset))
        var output = Checked()
        while output.length < count, let piece = try input.read(upToCount: min(1 << 16, count - output.length)),
            !piece.isEmpty
        {
            try budget.spend(piece.count)
            try piece.withUnsafeBytes { try output.give($0, take) }
        }
        return (output.checksum, output.length)
    }
}

/// Counts and checks bytes that are passed on.
private struct Checked {
    private(set) var checksum = crc32(0, nil, 0)
    private(set) var length = 0

    mutating func give(_ bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !bytes.isEmpty else { return }
        checksum = crc32(checksum, bytes.bindMemory(to: UInt8.self).baseAddress, UInt32(bytes.count))
        length += bytes.count
        try take(bytes)
    }
}

/// A new file that is being written.
final class PlainFile {
    private let handle: FileHandle

    init(_ file: URL) throws {
        guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
            throw UnpackingProblem("it can't be unpacked: \(file.path) can't be written")
        }
        handle = try FileHandle(forWritingTo: file)
    }

    deinit { try? handle.close() }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try handle.write(contentsOf: Data(bytes))
    }

    func close() throws { try handle.close() }
}
