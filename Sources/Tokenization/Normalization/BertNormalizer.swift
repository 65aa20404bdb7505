/// How BERT's tokenizers change text, each step if it is asked for.
struct BertNormalizer: Sendable, Hashable {
    /// Control characters are dropped, white space is a space.
    var cleansText: Bool
    /// Ideographs get spaces around them.
    var spacesIdeographs: Bool
    var stripsAccents: Bool
    var lowercases: Bool

    private static func members(_ table: StaticString) -> Set<UInt32> {
        var result: Set<UInt32> = []
        UnicodeDataReader.members(table) { result.insert($0) }
        return result
    }
    private static let controls = members(UnicodeData.bertControls)
    private static let marks = members(UnicodeData.nonspacingMarks)

    func normalize(_ text: inout AlignedText) {
        if cleansText {
            text.filter { !Self.controls.contains($0) }
            text.transform(
                text.scalars.map { scalar in
                    let isSpace = ScalarClass(rawValue: ScalarClasses.table[scalar]).contains(.space)
                    return AlignedText.Change(scalar: isSpace ? 0x20 : scalar, change: 0)
                })
        }
        if spacesIdeographs {
            text.transform(
                text.scalars.flatMap { scalar -> [AlignedText.Change] in
                    guard Self.isIdeograph(scalar) else { return [.init(scalar: scalar, change: 0)] }
                    return [
                        .init(scalar: 0x20, change: 0), .init(scalar: scalar, change: 1),
                        .init(scalar: 0x20, change: 1),
                    ]
                })
        }
        if stripsAccents {
            NormalizationForm.nfd.normalize(&text)
            text.filter { !Self.marks.contains($0) }
        }
        if lowercases { text.lowercase() }
    }

    private static func isIdeograph(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF,
            0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
