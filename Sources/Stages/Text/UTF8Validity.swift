extension UTF8 {
    /// How many bytes come before the first that is not UTF-8; all, if there is none.
    static func validCount(of bytes: some Sequence<UInt8>) -> Int {
        var codec = UTF8()
        var iterator = bytes.makeIterator()
        var count = 0
        while case .scalarValue(let scalar) = codec.decode(&iterator) { count += width(scalar) }
        return count
    }
}
