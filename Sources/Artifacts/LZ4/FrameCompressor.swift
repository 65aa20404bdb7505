import CLZ4

/// Turns chunks of bytes into the blocks of LZ4 frames: independent ones with checksums, which may be made in any order and
/// by several compressors, as long as they stand in the frame in the order of the content.
///
/// The object's name is the checksum of the content; those of the blocks find the bits that LZ4 ignores as well, four of
/// them in each block. They cost four bytes in 256 KiB.
///
/// Frame format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
struct FrameCompressor: ~Copyable {
    /// The most bytes that one call of `compress` takes.
    static let chunk = 1 << 20

    /// What ends a frame that has no checksum of its content: a block of no bytes.
    static let end: [UInt8] = [0, 0, 0, 0]

    private let context: OpaquePointer
    private let output: UnsafeMutableRawBufferPointer

    init() throws(FrameError) {
        var preferences = Self.preferences(contentSize: 0)
        var created: OpaquePointer?
        _ = try FrameError.check(LZ4F_createCompressionContext(&created, UInt32(LZ4F_VERSION)))
        guard let created else { throw FrameError("no memory for an LZ4 context") }
        context = created
        let capacity = max(LZ4F_compressBound(Self.chunk, &preferences), Int(LZ4F_HEADER_SIZE_MAX))
        output = .allocate(byteCount: capacity, alignment: 64)
        // The header of a frame that is none: only blocks are taken from it. It can't fail; if it did, compressing would.
        LZ4F_compressBegin(context, output.baseAddress, output.count, &preferences)
    }

    deinit {
        LZ4F_freeCompressionContext(context)
        output.deallocate()
    }

    private static func preferences(contentSize: Int) -> LZ4F_preferences_t {
        var preferences = LZ4F_preferences_t()
        // Blocks that stay in a core's cache while they are hashed and compressed.
        preferences.frameInfo.blockSizeID = LZ4F_max256KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled
        preferences.frameInfo.contentSize = UInt64(contentSize)
        preferences.autoFlush = 1
        return preferences
    }

    /// A frame's header, which records the exact number of bytes to come.
    static func header(contentSize: Int) throws(FrameError) -> [UInt8] {
        let compressor = try FrameCompressor()
        var preferences = preferences(contentSize: contentSize)
        var bytes = [UInt8](repeating: 0, count: Int(LZ4F_HEADER_SIZE_MAX))
        let count = LZ4F_compressBegin(compressor.context, &bytes, bytes.count, &preferences)
        return Array(bytes.prefix(try FrameError.check(count)))
    }

    /// The blocks of `bytes`, at most `chunk` of them; valid until the next call.
    mutating func compress(_ bytes: UnsafeRawBufferPointer) throws(FrameError) -> UnsafeRawBufferPointer {
        precondition(bytes.count <= Self.chunk, "\(bytes.count) bytes in one chunk, expected at most \(Self.chunk)")
        let count = LZ4F_compressUpdate(context, output.baseAddress, output.count, bytes.baseAddress, bytes.count, nil)
        return UnsafeRawBufferPointer(rebasing: output[..<(try FrameError.check(count))])
    }
}
