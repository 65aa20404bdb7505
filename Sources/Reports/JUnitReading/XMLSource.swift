import Foundation

/// A file for libxml2 to read piece by piece.
///
/// The control characters that XML 1.0 forbids, which Swift Testing writes, become question marks and are counted: no
/// XML parser would go on after them.
final class XMLSource: ByteStream {
    private let handle: FileHandle
    /// How many forbidden characters were replaced.
    private(set) var replaced = 0
    /// Whether there was another than NUL.
    private(set) var hasControls = false
    /// Nil before the first bytes. UTF-16 and UTF-32 have zero bytes that mean something.
    private var isWide: Bool?

    init(_ file: URL) throws { handle = try FileHandle(forReadingFrom: file) }

    deinit { try? handle.close() }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count: Int
        repeat {
            count = Glibc.read(handle.fileDescriptor, buffer.baseAddress, buffer.count)
        } while count < 0 && errno == EINTR
        guard count > 0 else { return count }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        if isWide == nil { isWide = bytes.count > 1 && (bytes[0] >= 0xFE || bytes[0] == 0 || bytes[1] == 0) }
        if isWide == false { replace(in: bytes) }
        return count
    }

    private func replace(in bytes: UnsafeMutableRawBufferPointer) {
        for index in bytes.indices where bytes[index] < 0x20 {
            switch bytes[index] {
            case 0x9, 0xA, 0xD: break
            default:
                if bytes[index] != 0 { hasControls = true }
                bytes[index] = UInt8(ascii: "?")
                replaced += 1
            }
        }
    }
}
