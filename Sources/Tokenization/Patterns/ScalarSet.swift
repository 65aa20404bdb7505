/// A set of characters in a regular expression.
struct ScalarSet: Sendable, Hashable {
    enum Item: Sendable, Hashable {
        case range(ClosedRange<UInt32>)
        /// General categories as bits, by their index in ``UnicodeData/categoryNames``.
        case categories(UInt32)
        case whiteSpace(Bool)
        case word(Bool)
        /// Within brackets, where `\w` is a little less.
        case wordInSet(Bool)
        case script(String, Bool)
        case set(ScalarSet)
        /// What belongs to all of several sets.
        case intersection([ScalarSet])
    }

    var items: [Item] = []
    var isNegated = false
    /// Which of ASCII belongs to the set, once it is complete.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ items: [Item] = [], isNegated: Bool = false) {
        self.items = items
        self.isNegated = isNegated
        prepare()
    }

    mutating func prepare() {
        low = 0
        high = 0
        for scalar in UInt32(0)..<64 where search(scalar) { low |= 1 << UInt64(scalar) }
        for scalar in UInt32(64)..<128 where search(scalar) { high |= 1 << UInt64(scalar - 64) }
    }

    @inline(__always) func contains(_ scalar: UInt32) -> Bool {
        if scalar < 64 { return low >> UInt64(scalar) & 1 != 0 }
        if scalar < 128 { return high >> UInt64(scalar - 64) & 1 != 0 }
        return search(scalar)
    }

    private func search(_ scalar: UInt32) -> Bool {
        for item in items {
            let matches =
                switch item {
                case .range(let range): range.contains(scalar)
                case .categories(let mask): mask >> UInt32(ScalarClasses.categories[scalar]) & 1 != 0
                case .whiteSpace(let wanted):
                    ScalarClass(rawValue: ScalarClasses.table[scalar]).contains(.space) == wanted
                case .word(let wanted): PatternTables.words.contains(scalar) == wanted
                case .wordInSet(let wanted):
                    (PatternTables.words.contains(scalar) && !PatternTables.loneWords.contains(scalar)) == wanted
                case .script(let name, let wanted): PatternTables.script(name)?.contains(scalar) == wanted
                case .set(let set): set.contains(scalar)
                case .intersection(let sets): sets.allSatisfy { $0.contains(scalar) }
                }
            if matches { return !isNegated }
        }
        return isNegated
    }

    /// The categories that a property's name stands for: `L`, `Lu`, `Letter` …
    static func categories(_ name: String) -> UInt32? {
        let long = [
            "letter": "L", "mark": "M", "number": "N", "punctuation": "P", "symbol": "S", "separator": "Z",
            "other": "C",
        ]
        // Not `Punct`, `Digit` and others of POSIX: they are something else in Oniguruma.
        let short = long[name.lowercased()] ?? name
        var mask: UInt32 = 0
        for (index, category) in UnicodeData.categoryNames.enumerated()
        where category.lowercased() == short.lowercased() || short.count == 1 && category.hasPrefix(short.uppercased())
        {
            mask |= 1 << UInt32(index)
        }
        return mask == 0 ? nil : mask
    }
}

/// Sets of characters that aren't made of general categories.
enum PatternTables {
    static let words = Ranges(UnicodeData.patternWordCharacters)
    static let loneWords = Ranges(UnicodeData.loneWordCharacters)

    private static let scripts: [String: Ranges] = [
        "han": Ranges(UnicodeData.hanScript), "hiragana": Ranges(UnicodeData.hiraganaScript),
        "katakana": Ranges(UnicodeData.katakanaScript), "hangul": Ranges(UnicodeData.hangulScript),
        "latin": Ranges(UnicodeData.latinScript), "greek": Ranges(UnicodeData.greekScript),
        "cyrillic": Ranges(UnicodeData.cyrillicScript), "arabic": Ranges(UnicodeData.arabicScript),
        "hebrew": Ranges(UnicodeData.hebrewScript), "thai": Ranges(UnicodeData.thaiScript),
        "devanagari": Ranges(UnicodeData.devanagariScript),
    ]

    static func script(_ name: String) -> Ranges? { scripts[name] }

    /// Ranges in order.
    struct Ranges: Sendable {
        private var starts: [UInt32] = []
        private var ends: [UInt32] = []

        init(_ table: StaticString) {
            UnicodeDataReader.words(table) { word in
                starts.append(word[0])
                ends.append(word[word.count - 1])
            }
        }

        func contains(_ scalar: UInt32) -> Bool {
            var low = 0
            var high = starts.count
            while low < high {
                let middle = (low + high) / 2
                if starts[middle] <= scalar { low = middle + 1 } else { high = middle }
            }
            return low > 0 && scalar <= ends[low - 1]
        }
    }
}
