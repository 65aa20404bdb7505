/// The Unicode normalization forms, as the crate `unicode-normalization-alignments` makes them: Unicode 9.
enum NormalizationForm: String, Sendable, Hashable {
    case nfc = "NFC"
    case nfd = "NFD"
    case nfkc = "NFKC"
    case nfkd = "NFKD"

    var composes: Bool { self == .nfc || self == .nfkc }
    var isCompatible: Bool { self == .nfkc || self == .nfkd }

    private static let canonical = UnicodeDataReader.mapping(UnicodeData.canonicalDecompositions)
    private static let compatible = UnicodeDataReader.mapping(UnicodeData.compatibilityDecompositions)
    private static let classes: [UInt32: UInt8] = {
        var result: [UInt32: UInt8] = [:]
        var last: (start: UInt32, value: UInt32) = (0, 0)
        UnicodeDataReader.words(UnicodeData.combiningClasses) { word in
            if last.value > 0 { for scalar in last.start..<word[0] { result[scalar] = UInt8(last.value) } }
            last = (word[0], word[1])
        }
        return result
    }()
    private static let compositions: [UInt64: UInt32] = {
        var result: [UInt64: UInt32] = [:]
        UnicodeDataReader.words(UnicodeData.compositions) { result[UInt64($0[0]) << 32 | UInt64($0[1])] = $0[2] }
        return result
    }()

    /// Whether a scalar may be changed, or change its neighbours, by each form: bits 1, 2, 4, 8.
    static let activity: ScalarTable = {
        var flat = [UInt16](repeating: 0, count: ScalarClasses.count)
        for form in [Self.nfc, .nfd, .nfkc, .nfkd] {
            func mark(_ scalar: UInt32) { flat[Int(scalar)] |= form.bit }
            for scalar in classes.keys { mark(scalar) }
            if form.composes {
                for pair in compositions.keys { mark(UInt32(truncatingIfNeeded: pair)) }
                for scalar in UInt32(0x1161)...0x11C2 { mark(scalar) }
            } else {
                for scalar in UInt32(0xAC00)...0xD7A3 { mark(scalar) }
            }
            for (scalar, text) in canonical where !form.composes || form.isChanged(scalar, text) { mark(scalar) }
            if form.isCompatible { for scalar in compatible.keys { mark(scalar) } }
        }
        return ScalarTable(flat)
    }()

    private func isChanged(_ scalar: UInt32, _ decomposition: [UInt32]) -> Bool {
        let changes = changes(of: [scalar][...])
        return changes.count != 1 || changes[0].scalar != scalar
    }

    var bit: UInt16 {
        switch self {
        case .nfc: 1
        case .nfd: 2
        case .nfkc: 4
        case .nfkd: 8
        }
    }

    /// Normalizes a text.
    ///
    /// Only the surroundings of active characters are worked on: a character that isn't active starts afresh.
    func normalize(_ text: inout AlignedText) {
        let activity = Self.activity
        let scalars = text.scalars
        guard scalars.contains(where: { activity[$0] & bit != 0 }) else { return }
        var changes: [AlignedText.Change] = []
        changes.reserveCapacity(scalars.count)
        var index = 0
        while index < scalars.count {
            var end = index + 1
            while end < scalars.count, activity[scalars[end]] & bit != 0 { end += 1 }
            if end == index + 1, activity[scalars[index]] & bit == 0 {
                changes.append(.init(scalar: scalars[index], change: 0))
            } else {
                changes += self.changes(of: scalars[index..<end])
            }
            index = end
        }
        text.transform(changes)
    }

    func isActive(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) -> Bool {
        let activity = Self.activity
        var index = range.lowerBound
        while index < range.upperBound {
            if base[index] < 0x80 {
                index += 1
                continue
            }
            let (scalar, length) = UTF8Scanning.scalar(base, index)
            if activity[scalar] & bit != 0 { return true }
            index += length
        }
        return false
    }

    private func changes(of scalars: ArraySlice<UInt32>) -> [AlignedText.Change] {
        let decomposed = decomposed(scalars)
        return composes ? Self.composed(decomposed) : decomposed
    }

    private func decomposed(_ scalars: ArraySlice<UInt32>) -> [AlignedText.Change] {
        var result: [AlignedText.Change] = []
        /// Where the characters begin that still may be reordered.
        var pending = 0
        func sort() {
            let sorted = result[pending...].enumerated().sorted {
                let (a, b) = (Self.classes[$0.element.scalar] ?? 0, Self.classes[$1.element.scalar] ?? 0)
                return a != b ? a < b : $0.offset < $1.offset
            }
            result.replaceSubrange(pending..., with: sorted.map(\.element))
            pending = result.count
        }
        for scalar in scalars {
            for (index, part) in decomposition(scalar).enumerated() {
                if Self.classes[part] == nil { sort() }
                result.append(.init(scalar: part, change: index == 0 ? 0 : 1))
            }
        }
        sort()
        return result
    }

    private func decomposition(_ scalar: UInt32) -> [UInt32] {
        if scalar < 0x80 { return [scalar] }
        if (0xAC00...0xD7A3).contains(scalar) {
            let index = scalar - 0xAC00
            let pair = [0x1100 + index / 588, 0x1161 + index % 588 / 28]
            return index % 28 == 0 ? pair : pair + [0x11A7 + index % 28]
        }
        if isCompatible, let text = Self.compatible[scalar] { return text }
        return Self.canonical[scalar] ?? [scalar]
    }

    private static func compose(_ a: UInt32, _ b: UInt32) -> UInt32? {
        if (0x1100...0x1112).contains(a), (0x1161...0x1175).contains(b) {
            return 0xAC00 + (a - 0x1100) * 588 + (b - 0x1161) * 28
        }
        if (0xAC00...0xD7A3).contains(a), (0x11A8...0x11C2).contains(b), (a - 0xAC00) % 28 == 0 {
            return a + b - 0x11A7
        }
        return compositions[UInt64(a) << 32 | UInt64(b)]
    }

    private static func composed(_ decomposed: [AlignedText.Change]) -> [AlignedText.Change] {
        var result: [AlignedText.Change] = []
        var waiting: [AlignedText.Change] = []
        var composee: AlignedText.Change?
        var lastClass: UInt8?
        for next in decomposed {
            let nextClass = classes[next.scalar] ?? 0
            guard let first = composee else {
                if nextClass != 0 { result.append(next) } else { composee = next }
                continue
            }
            let isBlocked = lastClass.map { $0 >= nextClass } ?? false
            if !isBlocked, let composite = compose(first.scalar, next.scalar) {
                composee = .init(scalar: composite, change: first.change + next.change - 1)
            } else if nextClass == 0, isBlocked || lastClass == nil {
                result.append(first)
                result += waiting
                waiting = []
                composee = next
                lastClass = nil
            } else {
                waiting.append(next)
                lastClass = nextClass
            }
        }
        if let composee { result.append(composee) }
        return result + waiting
    }
}
