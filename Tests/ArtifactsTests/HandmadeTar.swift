import Foundation

/// A tar file written by hand, so that it can lie.
struct HandmadeTar {
    struct Member {
        var name: String
        var content: [UInt8]
        var type: Character = "0"
        var link = ""
        /// The size that the header claims.
        var claimed: Int?
    }

    var members: [Member]
    /// What follows the last member.
    var end = [UInt8](repeating: 0, count: 1024)

    init(_ members: [Member]) { self.members = members }

    /// Takes a sound file apart.
    init(reading file: URL) throws {
        let bytes = try Array(Data(contentsOf: file))
        var found: [Member] = []
        var offset = 0
        while bytes[offset] != 0 {
            let name = String(decoding: bytes[offset..<offset + 100].prefix { $0 != 0 }, as: UTF8.self)
            let digits = String(decoding: bytes[offset + 124..<offset + 135], as: UTF8.self)
            let size = Int(digits, radix: 8) ?? 0
            found.append(Member(name: name, content: Array(bytes[offset + 512..<offset + 512 + size])))
            offset += 512 + (size + 511) / 512 * 512
        }
        members = found
    }

    var bytes: [UInt8] { members.flatMap(Self.bytes) + end }

    func write(to file: URL) throws { try Data(bytes).write(to: file) }

    func index(_ name: String) -> Int? { members.firstIndex { $0.name.hasPrefix(name) } }

    private static func bytes(_ member: Member) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, limit: Int) {
            for (index, byte) in text.utf8.prefix(limit).enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(member.name, at: 0, limit: 100)
        put("0000644", at: 100, limit: 7)
        put(octal(member.claimed ?? member.content.count, 11), at: 124, limit: 12)
        put(String(member.type), at: 156, limit: 1)
        put(member.link, at: 157, limit: 100)
        put("ustar\0" + "00", at: 257, limit: 8)
        for index in 148..<156 { block[index] = 32 }
        put(octal(block.reduce(0) { $0 + Int($1) }, 6), at: 148, limit: 6)
        block[154] = 0
        return block + member.content + [UInt8](repeating: 0, count: (512 - member.content.count % 512) % 512)
    }
}
