import Catalogue
import Foundation
import Reports
import Testing

/// One mistake at a random place of a random report: no other case may be lost, change its suite or its result.
struct MistakeInjectionTests {
    /// A small generator, so that a seed always gives the same report.
    private struct Dice {
        private var state: UInt64

        init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

        mutating func roll(_ count: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(count))
        }

        mutating func pick<T>(_ choices: [T]) -> T { choices[roll(choices.count)] }
    }

    private enum Place: CaseIterable { case text, message, endTag, missingEnd, emptyEnd, between, suiteText }

    private struct Report {
        var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>"
        var cases: [String] = []
        /// Whether the case with the mistake may be one whose result is in doubt.
        var mistake = ""

        init(_ dice: inout Dice) {
            let suites = 1 + dice.roll(3)
            let counts = (0..<suites).map { _ in 1 + dice.roll(5) }
            var left = dice.roll(counts.reduce(0, +))
            let place = dice.pick(Place.allCases)
            for (suite, count) in counts.enumerated() {
                xml += "\n<testsuite name=\"s\(suite)\" tests=\"\(count)\">"
                if dice.roll(3) == 0 { xml += "<properties><property name=\"p\" value=\"v\"/></properties>" }
                for number in 0..<count {
                    add("s\(suite)", "c\(number)", left == 0 ? place : nil, &dice)
                    left -= 1
                }
                if dice.roll(3) == 0 { xml += "<system-out><![CDATA[<done>]]></system-out>" }
                xml += "</testsuite>"
            }
            xml += "\n</testsuites>\n"
        }

        private mutating func add(_ suite: String, _ name: String, _ place: Place?, _ dice: inout Dice) {
            let kinds = [("", "passed"), ("failure", "failed"), ("error", "error"), ("skipped", "skipped")]
            let (kind, status) = place == .message || place == .endTag ? kinds[1 + dice.roll(3)] : dice.pick(kinds)
            cases.append("\(suite)|\(name) \(status)")
            let printed = dice.pick(MarkupInTextTests.printed)
            var output = dice.pick([
                "", "<system-out>1 &lt; 2</system-out>", "<system-err><![CDATA[a<b]]></system-err>",
            ])
            var result = kind.isEmpty ? "" : "<\(kind) message=\"m\">trace\nline 2</\(kind)>"
            switch place {
            case .text?:
                mistake = printed
                output = "<system-out>\(printed)</system-out>"
            case .message?:
                mistake = dice.pick(MarkupMenderTests.attributes)
                result = "<\(kind) \(mistake)>t</\(kind)>"
            case .endTag?:
                mistake = "</\(kind)> twice"
                result += "</\(kind)>"
            case .missingEnd? where !kind.isEmpty:
                mistake = "no </\(kind)>"
                result = "<\(kind) message=\"m\">trace"
            case .emptyEnd?:
                mistake = "<\(kind)/></\(kind)>"
                if !kind.isEmpty { result = "<\(kind)/></\(kind)>" }
            case .between?:
                mistake = "text between"
                output += "in <module> & more"
            case .suiteText?:
                mistake = "text in the suite"
                xml += "Map<String, List<Integer>> ]]> && "
            default: break
            }
            let both = dice.roll(2) == 0 && place != .missingEnd ? result + output : output + result
            xml += "\n  <testcase classname=\"k\" name=\"\(name)\" time=\"0.\(dice.roll(1000))\">\(both)</testcase>"
        }
    }

    @Test("no case is lost, moved or changed by a mistake in one", arguments: 0..<12)
    func injected(block: Int) throws {
        for seed in block * 50..<(block + 1) * 50 {
            var dice = Dice(seed + 1)
            let report = Report(&dice)
            let read = try MendedReport(report.xml)
            #expect(
                read.cases == report.cases, "seed \(seed), \(report.mistake): \(read.summary.warnings)\n\(report.xml)")
        }
    }

    @Test(
        "a mark more anywhere leaves a report readable, and nothing is lost without a word",
        arguments: 0..<6)
    func damaged(block: Int) throws {
        // Marks that no name can hold: others may leave a report well-formed, with a suite of another name.
        let pieces: [String] = ["<", "\"", "&", "<![CDATA[", "<!--", "</testcase>", "<?", "\u{0}"]
        for seed in block * 50..<(block + 1) * 50 {
            var dice = Dice(seed + 7000)
            let report = Report(&dice)
            var bytes = Array(report.xml.utf8)
            let piece = Array(dice.pick(pieces).utf8)
            bytes.insert(contentsOf: piece, at: dice.roll(bytes.count))
            do {
                let read = try MendedReport(Data(bytes))
                let unread = report.cases.filter { !read.cases.contains($0) }
                // What isn't there any more, or is in another suite, isn't without a word.
                #expect(unread.isEmpty || !read.summary.warnings.isEmpty, "seed \(seed)")
            } catch let refusal as RefusedReport {
                #expect(!refusal.reason.isEmpty)
            }
        }
    }
}
