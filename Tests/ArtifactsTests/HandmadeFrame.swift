/// LZ4 frames written by hand, so that they can lie.
///
/// Frame format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
enum HandmadeFrame {
    /// A frame of one stored block, announcing `contentSize` if it isn't nil.
    static func stored(_ content: [UInt8], contentSize: UInt64?) -> [UInt8] {
        frame(contentSize: contentSize, blocks: littleEndian(UInt32(content.count) | 1 << 31) + content)
    }

    /// A frame of `count` blocks that each expand to 4 MiB of zeros, from 16 KiB.
    static func zeros(blocks count: Int, contentSize: UInt64?) -> [UInt8] {
        // One literal zero, then a match at offset 1 over all but the last five bytes, which must be literals.
        let length = (4 << 20) - 6
        var block: [UInt8] = [0x1F, 0, 1, 0]
        var rest = length - 4 - 15
        while rest >= 255 {
            block.append(255)
            rest -= 255
        }
        block.append(UInt8(rest))
        block += [0x50, 0, 0, 0, 0, 0]
        let one = littleEndian(UInt32(block.count)) + block
        return frame(contentSize: contentSize, blocks: Array(repeating: one, count: count).flatMap { $0 })
    }

    static func frame(contentSize: UInt64?, blocks: [UInt8]) -> [UInt8] {
        // Version 1, independent blocks of at most 4 MiB, no checksums.
        var descriptor: [UInt8] = [contentSize == nil ? 0x60 : 0x68, 0x70]
        if let contentSize { descriptor += littleEndian(contentSize) }
        let check = UInt8(truncatingIfNeeded: xxh32(descriptor) >> 8)
        return [0x04, 0x22, 0x4D, 0x18] + descriptor + [check] + blocks + [0, 0, 0, 0]
    }

    private static func littleEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }

    /// xxHash32 with seed 0, for fewer than 16 bytes.
    private static func xxh32(_ bytes: [UInt8]) -> UInt32 {
        precondition(bytes.count < 16, "\(bytes.count) bytes, expected fewer than 16")
        func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
        var hash: UInt32 = 374_761_393 &+ UInt32(bytes.count)
        var rest = bytes[...]
        while rest.count >= 4 {
            let word = rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            hash = rotate(hash &+ word &* 3_266_489_917, 17) &* 668_265_263
            rest = rest.dropFirst(4)
        }
        for byte in rest { hash = rotate(hash &+ UInt32(byte) &* 374_761_393, 11) &* 2_654_435_761 }
        hash = (hash ^ hash >> 15) &* 2_246_822_519
        hash = (hash ^ hash >> 13) &* 3_266_489_917
        return hash ^ hash >> 16
    }
}
