/// Where extended grapheme clusters end (https://www.unicode.org/reports/tr29/), as the crate `unicode-segmentation` says.
enum GraphemeBreak: UInt16 {
    case other, carriageReturn, lineFeed, control, extend, zeroWidthJoiner, regionalIndicator, prepend, spacingMark
    case leadingJamo, vowelJamo, trailingJamo, openSyllable, closedSyllable
    /// A picture, and the consonants, linkers and marks of Indic conjuncts.
    case pictographic, consonant, linker, conjunctExtend

    private static let table: ScalarTable = {
        var flat = [UInt16](repeating: 0, count: ScalarClasses.count)
        var last: (start: Int, value: UInt16) = (0, 0)
        func fill(to end: Int) { for scalar in last.start..<end where last.value > 0 { flat[scalar] = last.value } }
        UnicodeDataReader.words(UnicodeData.graphemeBreaks) { word in
            fill(to: Int(word[0]))
            last = (Int(word[0]), UInt16(word[1]))
        }
        fill(to: ScalarClasses.count)
        return ScalarTable(flat)
    }()

    /// Cuts scalars into clusters.
    static func forEachCluster(_ scalars: [UInt32], _ body: (Range<Int>) -> Void) {
        guard let first = scalars.first else { return }
        var state = State(GraphemeBreak(rawValue: table[first]) ?? .other)
        var start = 0
        for index in scalars.indices.dropFirst() {
            let next = GraphemeBreak(rawValue: table[scalars[index]]) ?? .other
            if state.ends(before: next) {
                body(start..<index)
                start = index
                state = State(next)
            } else {
                state.append(next)
            }
        }
        body(start..<scalars.count)
    }

    private var isExtending: Bool { self == .extend || self == .linker || self == .conjunctExtend }

    /// What the scalars of a cluster so far say about the next one.
    private struct State {
        private var last: GraphemeBreak
        /// A picture and marks, perhaps joiners: 1; the same with a joiner at its end: 2.
        private var picture = 0
        /// A consonant and marks: 1; with a linker among them: 2.
        private var conjunct = 0
        private var indicators = 0

        init(_ first: GraphemeBreak) {
            last = first
            start(first)
        }

        private mutating func start(_ next: GraphemeBreak) {
            picture = next == .pictographic ? 1 : 0
            conjunct = next == .consonant ? 1 : 0
            indicators = next == .regionalIndicator ? indicators + 1 : 0
        }

        mutating func append(_ next: GraphemeBreak) {
            last = next
            if next == .zeroWidthJoiner {
                picture = picture == 1 ? 2 : 0
            } else if next.isExtending {
                picture = picture == 1 ? 1 : 0
            }
            switch next {
            case .linker: conjunct = conjunct > 0 ? 2 : 0
            case .zeroWidthJoiner, .conjunctExtend: break
            case .extend: conjunct = 0
            default: start(next)
            }
            if next != .regionalIndicator { indicators = 0 }
        }

        func ends(before next: GraphemeBreak) -> Bool {
            switch (last, next) {
            case (.carriageReturn, .lineFeed): false
            case (.carriageReturn, _), (.lineFeed, _), (.control, _), (_, .carriageReturn), (_, .lineFeed),
                (_, .control):
                true
            case (.leadingJamo, .leadingJamo), (.leadingJamo, .vowelJamo), (.leadingJamo, .openSyllable),
                (.leadingJamo, .closedSyllable), (.openSyllable, .vowelJamo), (.openSyllable, .trailingJamo),
                (.vowelJamo, .vowelJamo), (.vowelJamo, .trailingJamo), (.closedSyllable, .trailingJamo),
                (.trailingJamo, .trailingJamo):
                false
            case (_, .extend), (_, .zeroWidthJoiner), (_, .spacingMark), (_, .linker), (_, .conjunctExtend),
                (.prepend, _):
                false
            case (_, .consonant): conjunct != 2
            case (_, .pictographic): picture != 2
            case (.regionalIndicator, .regionalIndicator): indicators % 2 == 0
            default: true
            }
        }
    }
}
