import Catalogue

/// Looks at a whole report for what a single case can't say. Its report is read once for it, before the reading that counts.
///
/// Memory: a few bytes a test, for reports in which suites of one name differ by host or number.
final class JUnitSurvey {
    // MARK: Which comma

    private var decimals = 0
    private var thousands = 0
    /// Of the cases of the suites that are open, by either reading.
    private var sums: [(decimal: Double, thousands: Double, cases: Int)] = []

    /// A suite begins.
    func beginSuite() { sums.append((0, 0, 0)) }

    /// A suite ends, with its own time: the reading counts by which its cases add up to it.
    func endSuite(_ time: String?) {
        guard let sum = sums.popLast() else { return }
        if var outer = sums.popLast() {
            outer.decimal += sum.decimal
            outer.thousands += sum.thousands
            outer.cases += sum.cases
            sums.append(outer)
        }
        guard let time, sum.cases > 1, sum.decimal != sum.thousands else { return }
        // Of either reading, how far the suite's time is from the sum, in parts of it.
        func distance(_ comma: DecimalComma, _ sum: Double) -> Double {
            guard case .seconds(let own) = JUnitTime(time, comma), max(own, sum) > 0 else { return 1 }
            return abs(own - sum) / max(own, sum)
        }
        let (decimal, other) = (distance(.decimal, sum.decimal), distance(.thousands, sum.thousands))
        if decimal < 0.1, other > 0.2 { decimals += 10 }
        if other < 0.1, decimal > 0.2 { thousands += 10 }
    }

    /// A time of a case or suite.
    func note(time: String, isOfCase: Bool) {
        if isOfCase, !sums.isEmpty {
            func value(_ comma: DecimalComma) -> Double {
                if case .seconds(let value) = JUnitTime(time, comma) { value } else { 0 }
            }
            sums[sums.count - 1].decimal += value(.decimal)
            sums[sums.count - 1].thousands += value(.thousands)
            sums[sums.count - 1].cases += 1
        }
        let marks = time.filter { $0 == "." || $0 == "," }
        switch marks {
        case ".":
            // `0.5`: the dot is the decimal sign.
            thousands += 1
        case ",":
            if JUnitTime(time, .undecided) != .ambiguous { decimals += 1 }
        case "": break
        default:
            if JUnitTime(time, .decimal) == .unknown { break }
            if marks.hasSuffix(".") || marks.allSatisfy({ $0 == "," }) { thousands += 1 } else { decimals += 1 }
        }
    }

    /// Without any evidence the comma is the decimal one: three decimals are usual, whole seconds beyond a thousand aren't.
    var comma: DecimalComma { thousands > decimals ? .thousands : .decimal }

    // MARK: Which slashes

    /// Whether two lists of suites are one when they are joined by `/`.
    var hasAmbiguousPaths = false

    // MARK: Which of a suite's marks

    private struct Seen {
        var hostname: Int
        var configuration: Int
        var id: Int
    }

    private var tests: [Int: Seen] = [:]
    private(set) var distinction = JUnitMarks.Distinction.none

    /// A case with the marks of its suite.
    func note(_ item: TestCase, _ marks: JUnitMarks) {
        guard marks.mayDistinguish else { return }
        let identity = [item.suite, item.className, item.name, item.qualifier].hashValue
        let own = Seen(
            hostname: marks.hostname.hashValue, configuration: marks.configuration.hashValue, id: marks.id.hashValue)
        guard let other = tests[identity] else {
            tests[identity] = own
            return
        }
        if own.hostname != other.hostname {
            distinction.hostname = true
        } else if own.configuration != other.configuration {
            distinction.configuration = true
        } else if own.id != other.id {
            distinction.id = true
        }
    }
}

/// What a reading has to know of the whole report.
struct JUnitSettings {
    /// The checkout that paths of files are made relative to.
    var root: String?
    var comma = DecimalComma.undecided
    /// Nil if it hasn't been asked yet.
    var distinction: JUnitMarks.Distinction?
    /// Whether slashes in the names of suites are told from those between them.
    var escapesSlashes = false
    /// Where this reading is only to look.
    var survey: JUnitSurvey?
}

/// Ends a reading that can't go on without having seen the whole report.
struct JUnitQuestion: Error {}
