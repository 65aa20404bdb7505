/// Bytes that are read piece by piece.
protocol ByteStream: AnyObject {
    /// How many bytes were read, 0 at the end, -1 if reading failed.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int
}
