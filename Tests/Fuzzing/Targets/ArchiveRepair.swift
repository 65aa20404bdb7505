import Artifacts
import Foundation

/// Makes the checksums right of a tar file and of the index in it, which no mutation would hit.
enum ArchiveRepair {
    static func repaired(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var offset = 0
        while offset + 512 <= bytes.count, bytes[offset] != 0 {
            let digits = String(decoding: bytes[offset + 124..<offset + 135], as: UTF8.self)
            let size = Int(digits, radix: 8) ?? 0
            guard size >= 0, size <= bytes.count - offset - 512 else { break }
            if offset == 0 { repairIndex(&bytes, 512..<512 + size) }
            for index in offset + 148..<offset + 156 { bytes[index] = 32 }
            let sum = String(bytes[offset..<offset + 512].reduce(0) { $0 + Int($1) }, radix: 8)
            let text = String(repeating: "0", count: max(0, 6 - sum.count)) + sum + "\0 "
            bytes.replaceSubrange(offset + 148..<offset + 156, with: text.utf8)
            offset += 512 + (size + 511) / 512 * 512
        }
        return bytes
    }

    private static func repairIndex(_ bytes: inout [UInt8], _ range: Range<Int>) {
        guard case .object(var members)? = try? JSONValue(parsing: bytes[range]),
            case .string(let stated)? = members.removeValue(forKey: "checksum"), stated.utf8.count == 64
        else { return }
        let sum = Digest(of: Data(JSONValue.object(members).canonical.utf8))
        let text = JSONValue.object(members.merging(["checksum": .string(sum.hex)]) { _, new in new }).canonical
        if text.utf8.count == range.count { bytes.replaceSubrange(range, with: text.utf8) }
    }
}
