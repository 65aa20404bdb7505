/// Changes text before it is cut into pieces.
indirect enum Normalizer: Sendable, Hashable {
    case form(NormalizationForm)
    case sequence([Normalizer])
    /// Puts text before every stretch of text that isn't empty.
    case prepend([UInt8])
    case replace(SplitPattern, with: [UInt8])
    case strip(left: Bool, right: Bool)
    case stripAccents
    case lowercase
    case nmt
    /// Writes bytes in ``ByteAlphabet``.
    case byteLevel
    case map(CharacterMap)
    case bert(BertNormalizer)

    func normalize(_ text: inout AlignedText) throws(TokenizerError) {
        switch self {
        case .form(let form): form.normalize(&text)
        case .sequence(let normalizers): for normalizer in normalizers { try normalizer.normalize(&text) }
        case .prepend(let prefix): text.prepend(UTF8Scanning.scalars(prefix))
        case .replace(let pattern, let content):
            text.replace(try pattern.matches(text.bytes), with: UTF8Scanning.scalars(content))
        case .strip(let left, let right): text.strip(left: left, right: right)
        case .stripAccents: text.filter { !Self.accents.contains($0) }
        case .lowercase: text.lowercase()
        case .nmt: Self.nmt(&text)
        case .byteLevel: text.writeInByteAlphabet()
        case .map(let map): map.normalize(&text)
        case .bert(let normalizer): normalizer.normalize(&text)
        }
    }

    /// Whether the text stays as it is, told without changing it; false is always right.
    func keeps(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) -> Bool {
        switch self {
        case .form(let form): !form.isActive(base, range)
        case .sequence(let normalizers): normalizers.allSatisfy { $0.keeps(base, range) }
        case .map(let map): map.keeps(base, range)
        default: false
        }
    }

    private static let accents: Set<UInt32> = {
        var result: Set<UInt32> = []
        UnicodeDataReader.members(UnicodeData.accents) { result.insert($0) }
        return result
    }()

    /// What `sentencepiece` calls nmt: control characters are dropped, odd white space is a space.
    private static func nmt(_ text: inout AlignedText) {
        text.filter { scalar in
            switch scalar {
            case 1...8, 0xB, 0xE...0x1F, 0x7F, 0x8F, 0x9F: false
            default: true
            }
        }
        text.transform(
            text.scalars.map { scalar in
                switch scalar {
                case 9, 0xA, 0xC, 0xD, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
                    AlignedText.Change(scalar: 0x20, change: 0)
                default: AlignedText.Change(scalar: scalar, change: 0)
                }
            })
    }
}

extension AlignedText {
    private static let lowercaseForms = UnicodeDataReader.mapping(UnicodeData.lowercase)

    mutating func lowercase() {
        transform(
            scalars.flatMap { scalar in
                (Self.lowercaseForms[scalar] ?? [scalar]).enumerated().map {
                    Change(scalar: $1, change: $0 == 0 ? 0 : 1)
                }
            })
    }

    mutating func strip(left: Bool, right: Bool) {
        let scalars = scalars
        func isSpace(_ scalar: UInt32) -> Bool {
            ScalarClass(rawValue: ScalarClasses.table[scalar]).contains(.space)
        }
        let leading = left ? scalars.prefix(while: isSpace).count : 0
        let trailing = right ? scalars.reversed().prefix(while: isSpace).count : 0
        guard leading > 0 || trailing > 0 else { return }
        // Of a text of white space alone nothing is left, whichever side is stripped.
        let kept = leading < scalars.count - trailing ? scalars[leading..<scalars.count - trailing] : []
        transform(kept.map { Change(scalar: $0, change: 0) }, removingFirst: leading)
    }

    mutating func writeInByteAlphabet() {
        var changes: [Change] = []
        for byte in bytes {
            changes.append(Change(scalar: ByteAlphabet.scalars[Int(byte)], change: byte & 0xC0 == 0x80 ? 1 : 0))
        }
        transform(changes)
    }
}
