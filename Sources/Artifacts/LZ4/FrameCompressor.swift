import CLZ4

/// Turns chunks of bytes into one LZ4 frame of independent blocks with their checksums.
///
/// The object's name is the checksum of the content; those of the blocks find the bits that LZ4 ignores as well, four of
/// them in each block. They cost four bytes in 256 KiB.
///
/// Frame format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
struct FrameCompressor: ~Copyable {
    /// The most bytes that one call of `compress` takes.
    static let chunk = 1 << 20

    private let context: OpaquePointer
    private var preferences: LZ4F_preferences_t
    private let output: UnsafeMutableRawBufferPointer

    /// - Parameter contentSize: the exact number of bytes to come, recorded in the frame's header.
    init(contentSize: Int) throws(FrameError) {
        preferences = LZ4F_preferences_t()
        // Blocks that stay in a core's cache while they are hashed and compressed.
        preferences.frameInfo.blockSizeID = LZ4F_max256KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled
        preferences.frameInfo.contentSize = UInt64(contentSize)
        preferences.autoFlush = 1
        var created: OpaquePointer?
        _ = try FrameError.check(LZ4F_createCompressionContext(&created, UInt32(LZ4F_VERSION)))
        guard let created else { throw FrameError("no memory for an LZ4 context") }
        context = created
        let capacity = max(LZ4F_compressBound(Self.chunk, &preferences), Int(LZ4F_HEADER_SIZE_MAX))
        output = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        LZ4F_freeCompressionContext(context)
        output.deallocate()
    }

    /// The frame's header; valid until the next call.
    mutating func begin() throws(FrameError) -> UnsafeRawBufferPointer {
        let count = LZ4F_compressBegin(context, output.baseAddress, output.count, &preferences)
        return UnsafeRawBufferPointer(rebasing: output[..<(try FrameError.check(count))])
    }

    /// The blocks of `bytes`, at most `chunk` of them; valid until the next call.
    mutating func compress(_ bytes: UnsafeRawBufferPointer) throws(FrameError) -> UnsafeRawBufferPointer {
        precondition(bytes.count <= Self.chunk, "\(bytes.count) bytes in one chunk, expected at most \(Self.chunk)")
        let count = LZ4F_compressUpdate(context, output.baseAddress, output.count, bytes.baseAddress, bytes.count, nil)
        return UnsafeRawBufferPointer(rebasing: output[..<(try FrameError.check(count))])
    }

    /// The frame's end; an error if there were more or fewer bytes than announced.
    mutating func end() throws(FrameError) -> UnsafeRawBufferPointer {
        let count = LZ4F_compressEnd(context, output.baseAddress, output.count, nil)
        return UnsafeRawBufferPointer(rebasing: output[..<(try FrameError.check(count))])
    }
}
