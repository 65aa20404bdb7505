/// What kind of character a scalar is, as bits: a scalar may be of several kinds.
struct ScalarClass: OptionSet, Sendable {
    let rawValue: UInt16

    /// `\p{L}`, `\p{N}`, `\p{M}` and `\s`.
    static let letter = ScalarClass(rawValue: 1)
    static let number = ScalarClass(rawValue: 2)
    static let mark = ScalarClass(rawValue: 4)
    static let space = ScalarClass(rawValue: 8)
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` and `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
    static let headCase = ScalarClass(rawValue: 16)
    static let tailCase = ScalarClass(rawValue: 32)
    /// `\p{P}` and `\p{S}`.
    static let punctuation = ScalarClass(rawValue: 64)
    static let symbol = ScalarClass(rawValue: 128)
    /// Rust's `char::is_numeric`, its crate `unicode_categories`' punctuation, and `\w` of its regular expressions.
    static let rustNumeric = ScalarClass(rawValue: 256)
    static let rustPunctuation = ScalarClass(rawValue: 512)
    static let rustWord = ScalarClass(rawValue: 1024)
}

/// A value for each Unicode scalar in two stages: blocks of 256 scalars, of which a run of equal ones is kept once.
struct ScalarTable: @unchecked Sendable {
    // Never written after `init` and never freed: tables are static.
    let blocks: UnsafePointer<UInt16>
    let values: UnsafePointer<UInt16>

    init(_ flat: [UInt16]) {
        var blocks: [UInt16] = []
        var values: [UInt16] = []
        flat.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: 512) {
                let block = bytes[start..<start + 512]
                let isNew = values.isEmpty || values.withUnsafeBytes { !$0.suffix(512).elementsEqual(block) }
                if isNew { values += flat[start / 2..<start / 2 + 256] }
                blocks.append(UInt16(values.count / 256 - 1))
            }
        }
        self.blocks = Self.immortal(blocks)
        self.values = Self.immortal(values)
    }

    private static func immortal(_ array: [UInt16]) -> UnsafePointer<UInt16> {
        let pointer = UnsafeMutablePointer<UInt16>.allocate(capacity: array.count)
        pointer.initialize(from: array, count: array.count)
        return UnsafePointer(pointer)
    }

    @inline(__always) subscript(scalar: UInt32) -> UInt16 {
        values[Int(blocks[Int(scalar >> 8)]) << 8 | Int(scalar & 255)]
    }
}

enum ScalarClasses {
    static let count = 0x110000

    /// Index of the general category in ``UnicodeData/categoryNames``.
    static let categories = ScalarTable(flatCategories { UInt16($0) })

    static let table: ScalarTable = {
        let kinds = UnicodeData.categoryNames.map(kind)
        var flat = flatCategories { kinds[$0].rawValue }
        for (table, kind) in [
            (UnicodeData.whiteSpace, ScalarClass.space), (UnicodeData.numeric, .rustNumeric),
            (UnicodeData.punctuation, .rustPunctuation), (UnicodeData.wordCharacters, .rustWord),
        ] {
            UnicodeDataReader.members(table) { flat[Int($0)] |= kind.rawValue }
        }
        return ScalarTable(flat)
    }()

    private static func kind(_ category: String) -> ScalarClass {
        switch category {
        case "Lu", "Lt": [.letter, .headCase]
        case "Ll": [.letter, .tailCase]
        case "Lm", "Lo": [.letter, .headCase, .tailCase]
        case "Nd", "Nl", "No": .number
        case "Mn", "Mc", "Me": [.mark, .headCase, .tailCase]
        case "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po": .punctuation
        case "Sm", "Sc", "Sk", "So": .symbol
        default: []
        }
    }

    private static func flatCategories(_ value: (Int) -> UInt16) -> [UInt16] {
        var flat = [UInt16](repeating: 0, count: count)
        flat.withUnsafeMutableBufferPointer { flat in
            var last: (start: Int, value: UInt16) = (0, 0)
            func fill(to end: Int) {
                UnsafeMutableBufferPointer(rebasing: flat[last.start..<end]).update(repeating: last.value)
            }
            UnicodeDataReader.words(UnicodeData.categories) { word in
                fill(to: Int(word[0]))
                last = (Int(word[0]), value(Int(word[1])))
            }
            fill(to: count)
        }
        return flat
    }
}
