/// A number of bytes as people write it: `512`, `500MB`, `1.5 GiB`.
package struct ByteCount: Hashable, Sendable {
    package let bytes: Int

    private static let units: [(name: String, factor: Double)] = [
        ("KiB", 0x1p10), ("MiB", 0x1p20), ("GiB", 0x1p30), ("TiB", 0x1p40), ("kB", 1e3), ("KB", 1e3), ("MB", 1e6),
        ("GB", 1e9), ("TB", 1e12), ("B", 1),
    ]

    /// Nil if the text isn't a size from 0 to a million TB.
    package init?(_ text: String) {
        let unit = Self.units.first { text.hasSuffix($0.name) }
        let number = text.dropLast(unit?.name.count ?? 0)
        let digits = number.hasSuffix(" ") && unit != nil ? number.dropLast() : number
        guard let first = digits.utf8.first, (48...57).contains(first),
            digits.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }),
            let value = Double(digits), value * (unit?.factor ?? 1) <= 1e18
        else { return nil }
        bytes = Int((value * (unit?.factor ?? 1)).rounded())
    }
}
