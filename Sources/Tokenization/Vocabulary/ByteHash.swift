/// A hash of bytes, seeded in each process so that a file can't be made to collide.
struct ByteHash: Sendable {
    static let seed = UInt64.random(in: .min ... .max) | 1

    @inline(__always) static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    @inline(__always) static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        let raw = UnsafeRawPointer(bytes)
        var hash = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        var index = 0
        while index + 8 <= count {
            hash = fold(hash ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self), 0xD6E8_FEB8_6659_FD93)
            index += 8
        }
        if index < count {
            var tail: UInt64 = 0
            while index < count {
                tail = tail << 8 | UInt64(bytes[index])
                index += 1
            }
            hash = fold(hash ^ tail, 0xA076_1D64_78BD_642F)
        }
        return fold(hash, seed)
    }
}
