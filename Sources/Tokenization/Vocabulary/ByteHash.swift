/// A hash of bytes, seeded in each process so that a file can't be made to collide.
struct ByteHash: Sendable {
    static let seed = UInt64.random(in: .min ... .max) | 1

    @inline(__always) static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    @inline(__always) static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        let raw = UnsafeRawPointer(bytes)
        func word(_ index: Int) -> UInt64 { raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) }
        func half(_ index: Int) -> UInt64 { UInt64(raw.loadUnaligned(fromByteOffset: index, as: UInt32.self)) }
        var hash = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        var low: UInt64 = 0
        var high: UInt64 = 0
        if count >= 8 {
            var index = 0
            while index + 16 < count {
                hash = fold(hash ^ word(index), 0xD6E8_FEB8_6659_FD93 ^ word(index + 8))
                index += 16
            }
            // The rest overlaps what came before rather than leave a tail.
            low = word(min(index, count - 8))
            high = word(count - 8)
        } else if count >= 4 {
            low = half(0)
            high = half(count - 4)
        } else if count > 0 {
            low = UInt64(bytes[0]) | UInt64(bytes[count / 2]) << 8 | UInt64(bytes[count - 1]) << 16
        }
        return fold(fold(low ^ hash, high ^ 0xA076_1D64_78BD_642F), seed)
    }
}
