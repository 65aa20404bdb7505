/// Reads a duration that isn't a plain number.
struct JUnitDuration {
    private let text: [Character]
    private let comma: DecimalComma
    /// Whether its meaning depends on an undecided comma.
    private(set) var isAmbiguous = false

    init(_ text: String, _ comma: DecimalComma) {
        var characters = Array(text.lowercased())
        while characters.last?.isWhitespace == true { characters.removeLast() }
        characters = Array(characters.drop { $0.isWhitespace })
        if characters.first == "+" { characters.removeFirst() }
        self.text = characters
        self.comma = comma
    }

    var isBlank: Bool { text.isEmpty }

    mutating func seconds() -> Double? {
        if text.first == "p" { return iso() }
        if text.contains(":") { return clock() }
        if let last = text.last, last.isLetter { return units() }
        return number(text[...])
    }

    // MARK: Forms

    /// `P1DT2H3M4.5S`.
    private mutating func iso() -> Double? {
        let factors: [[Character: Double]] = [["w": 604_800, "d": 86_400], ["h": 3600, "m": 60, "s": 1]]
        var part = 0
        var sum: Double?
        var start = 1
        for index in text.indices.dropFirst() where !Self.isNumeric(text[index]) {
            if text[index] == "t", part == 0, start == index {
                part = 1
            } else {
                guard let factor = factors[part][text[index]], let value = number(text[start..<index]) else {
                    return nil
                }
                sum = (sum ?? 0) + factor * value
            }
            start = index + 1
        }
        return start == text.count ? sum : nil
    }

    /// `1:02`, `00:01:02.5`, `1:02:03:04`, and .NET's `1.02:03:04.5` with days.
    private mutating func clock() -> Double? {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...4).contains(parts.count) else { return nil }
        var days = 0.0
        if parts.count == 3, let dot = parts[0].firstIndex(of: ".") {
            guard let value = Self.whole(parts[0][..<dot]) else { return nil }
            days = value
            parts[0] = parts[0][(dot + 1)...]
        }
        var sum = 0.0
        let factors: [Double] = [1, 60, 3600, 86_400]
        for (index, part) in parts.reversed().enumerated() {
            let isFirst = index == parts.count - 1
            let value = index == 0 ? Self.decimal(part) : Self.whole(part)
            guard let value, isFirst || value < (index == 2 ? 24 : 60) else { return nil }
            sum += value * factors[index]
        }
        return days * 86_400 + sum
    }

    private static let units: [String: Double] = {
        var units: [String: Double] = [:]
        let names: [(Double, String)] = [
            (1e-9, "ns nsec nsecs nano nanos nanosecond nanoseconds"),
            (1e-6, "us µs μs usec usecs micro micros microsecond microseconds"),
            (1e-3, "ms msec msecs milli millis millisecond milliseconds"),
            (1, "s sec secs second seconds sek sekunde sekunden"), (60, "m min mins minute minutes minuten"),
            (3600, "h hr hrs hour hours std stunde stunden"), (86_400, "d day days"),
        ]
        for (factor, words) in names { for word in words.split(separator: " ") { units[String(word)] = factor } }
        return units
    }()

    /// `2m 3s`, `1.5 s`, `3 min`, `1h2m`: each unit smaller than the one before it.
    private mutating func units() -> Double? {
        // With an exponent, whose letter isn't a unit's.
        if text.last == "s", let value = Double(String(text.dropLast())) { return value }
        var sum = 0.0
        var last = Double.infinity
        var rest = text[...]
        while !rest.isEmpty {
            let digits = rest.prefix { !$0.isLetter }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(letters.count).drop { $0.isWhitespace || $0 == "," || $0 == "." }
            guard let factor = Self.units[String(letters)], factor < last else { return nil }
            let trimmed = digits.reversed().drop { $0.isWhitespace }.reversed()
            guard let value = number(ArraySlice(Array(trimmed).drop { $0.isWhitespace })) else { return nil }
            sum += value * factor
            last = factor
        }
        return sum
    }

    // MARK: Numbers

    private static func isNumeric(_ character: Character) -> Bool {
        isDigit(character) || character == "." || character == ","
    }

    private static func isDigit(_ character: Character) -> Bool {
        character >= "0" && character <= "9" && character.isASCII
    }

    private static func whole(_ digits: ArraySlice<Character>) -> Double? {
        digits.allSatisfy(isDigit) ? Double(String(digits)) : nil
    }

    /// With one dot or comma, which is the decimal one.
    private static func decimal(_ digits: ArraySlice<Character>) -> Double? {
        guard let first = digits.first, isDigit(first), digits.allSatisfy(isNumeric) else { return nil }
        return Double(String(digits.map { $0 == "," ? "." : $0 }))
    }

    /// A number with separators of thousands, and a decimal dot or comma.
    private mutating func number(_ digits: ArraySlice<Character>) -> Double? {
        guard let first = digits.first, Self.isDigit(first) || first == "." || first == "," else { return nil }
        var mantissa = digits
        var exponent = ""
        if let mark = digits.firstIndex(of: "e") {
            exponent = String(digits[mark...])
            mantissa = digits[..<mark]
        }
        let marks = mantissa.filter { !Self.isDigit($0) }
        guard marks.allSatisfy({ $0 == "." || $0 == "," || Self.isSpacing($0) }) else { return nil }
        guard mantissa.contains(where: Self.isDigit) else { return nil }
        let spacings = Set(marks.filter(Self.isSpacing))
        guard spacings.count <= 1 else { return nil }
        guard let decimal = decimalMark(mantissa) else { return nil }
        let parts = decimal.mark.map { mantissa.split(separator: $0, omittingEmptySubsequences: false) } ?? [mantissa]
        guard parts.count <= 2, let whole = Self.joined(parts[0]) else { return nil }
        let fraction = parts.count == 2 ? parts[1] : []
        guard fraction.allSatisfy(Self.isDigit) else { return nil }
        return Double("\(whole.isEmpty ? "0" : whole).\(fraction.isEmpty ? "0" : String(fraction))\(exponent)")
    }

    private static func isSpacing(_ character: Character) -> Bool {
        character.isWhitespace || character == "'" || character == "’" || character == "_"
    }

    /// Digits whose groups behind a separator have three each; nil if they don't.
    private static func joined(_ digits: ArraySlice<Character>) -> String? {
        let groups = digits.split(omittingEmptySubsequences: false) { !isDigit($0) }
        if groups.count > 1 {
            guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 }) else {
                return nil
            }
        }
        return String(groups.joined())
    }

    /// Which sign begins the decimals; nil if the signs make no number.
    private mutating func decimalMark(_ digits: ArraySlice<Character>) -> (mark: Character?, Void)? {
        let dots = digits.filter { $0 == "." }.count
        let commas = digits.filter { $0 == "," }.count
        switch (dots, commas) {
        case (0, 0): return (nil, ())
        case (1, 0): return (".", ())
        case (2..., 0), (0, 2...): return (nil, ())
        case (0, 1):
            let comma = digits.firstIndex(of: ",") ?? digits.startIndex
            let whole = digits[..<comma]
            let isThousands = digits.endIndex - comma - 1 == 3 && (1...3).contains(whole.count) && whole.first != "0"
            guard isThousands else { return (",", ()) }
            switch self.comma {
            case .decimal: return (",", ())
            case .thousands: return (nil, ())
            case .undecided:
                isAmbiguous = true
                return (nil, ())
            }
        default:
            let last = digits.lastIndex { $0 == "." || $0 == "," } ?? digits.startIndex
            let mark = digits[last]
            return digits.filter { $0 == mark }.count == 1 ? (mark, ()) : nil
        }
    }
}
