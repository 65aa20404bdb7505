/// What an object's file says of itself without being decompressed.
struct ObjectOutline {
    /// Bytes on disk.
    let fileSize: Int
    /// The content size in the frame's header; nil if the header has none (as for empty content).
    let contentSize: Int?
    /// Whether the file closes with a frame's end mark.
    let endsWell: Bool

    /// - Throws: `StoreError` if the file can't be read or doesn't start like an LZ4 frame.
    init(_ path: String) throws {
        let file = try OpenFile(reading: path)
        fileSize = try file.regularSize()
        let start = try file.read(FrameDecompressor.headerLimit, at: 0)
        endsWell = try fileSize >= 11 && file.read(4, at: fileSize - 4) == [0, 0, 0, 0]
        var decompressor = try FrameDecompressor()
        contentSize = try decompressor.header(start).contentSize
    }
}
