import CLZ4

/// Turns one LZ4 frame, given piece by piece, into its content. Memory is bounded by the frame's block size (4 MiB).
struct FrameDecompressor: ~Copyable {
    /// Bytes that are certain to hold a frame's header.
    static let headerLimit = Int(LZ4F_HEADER_SIZE_MAX)

    private let context: OpaquePointer
    /// Whether the frame's end mark was seen.
    private(set) var isAtEnd = false

    init() throws(FrameError) {
        var created: OpaquePointer?
        _ = try FrameError.check(LZ4F_createDecompressionContext(&created, UInt32(LZ4F_VERSION)))
        guard let created else { throw FrameError("no memory for an LZ4 context") }
        context = created
    }

    deinit { LZ4F_freeDecompressionContext(context) }

    /// Reads the frame's header from the first bytes of a file.
    ///
    /// - Returns: how many bytes the header takes, and the content size that it announces, if it does.
    mutating func header(_ bytes: [UInt8]) throws(FrameError) -> (length: Int, contentSize: Int?) {
        var info = LZ4F_frameInfo_t()
        var length = bytes.count
        _ = try FrameError.check(LZ4F_getFrameInfo(context, &info, bytes, &length))
        guard info.frameType == LZ4F_frame else { throw FrameError("a skippable LZ4 frame without content") }
        guard info.dictID == 0 else { throw FrameError("an LZ4 frame that needs dictionary \(info.dictID)") }
        return (length, info.contentSize == 0 ? nil : Int(clamping: info.contentSize))
    }

    /// Decompresses some of `input` into `output`.
    ///
    /// - Returns: how many bytes of each were used.
    mutating func decompress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(FrameError) -> (consumed: Int, produced: Int) {
        var consumed = input.count
        var produced = output.count
        let hint = LZ4F_decompress(context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
        if try FrameError.check(hint) == 0 { isAtEnd = true }
        return (consumed, produced)
    }
}
