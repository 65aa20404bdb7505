import Catalogue
import Foundation

/// The ways to read a file, one after the other until one succeeds: as it is; as UTF-8 without forbidden characters; mended.
struct ReportReading {
    let file: URL
    let settings: JUnitSettings
    let transcript: JUnitTranscript?
    /// What was given so far is to be forgotten.
    let again: () throws -> Void
    let emit: (TestCase) throws -> Void

    private var name: String { file.lastPathComponent }

    func read(isLarge: Bool) throws -> TestSummary {
        var first: JUnitProblem?
        if ReportEncoding.canBeReadAsItIs(try start(), scanned: isLarge) {
            do { return try asItIs(isLarge) } catch let problem as JUnitProblem where problem.hasOtherWays {
                first = problem
                try again()
            }
        }
        let text = try ReportText(file)
        if first?.isLimit != false || text.isChanged {
            do { return try asUTF8(text) } catch let problem as JUnitProblem where problem.hasOtherWays {
                first = problem
                try again()
            }
        }
        return try mended(text, first)
    }

    private func start() throws -> [UInt8] {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        return Array(try handle.read(upToCount: 1024) ?? Data())
    }

    private func reader(
        _ stream: any ByteStream, _ transcript: JUnitTranscript?, _ emit: @escaping (TestCase) throws -> Void
    ) throws -> JUnitReader {
        JUnitReader(try XMLReader(streaming: stream, name), transcript, settings, emit)
    }

    private func asItIs(_ isLarge: Bool) throws -> TestSummary {
        let source = try XMLSource(file)
        let splitter = isLarge ? LongTextSplitter(source) : nil
        var reader = try reader(splitter ?? source, transcript, emit)
        reader.hasOddBytes = { source.hasControls }
        var summary = try reader.run(replaced: 0, source)
        summary.note(cutValues: splitter?.cutValues ?? 0)
        return summary
    }

    private func asUTF8(_ text: ReportText) throws -> TestSummary {
        let splitter = LongTextSplitter(text.stream())
        var reader = try reader(splitter, transcript, emit)
        let hasOddBytes = !text.odd.isEmpty
        reader.hasOddBytes = { hasOddBytes }
        var summary = try reader.run(replaced: text.replaced, nil)
        summary.warnings.insert(contentsOf: text.guesses, at: 0)
        summary.note(cutValues: splitter.cutValues)
        return summary
    }

    // MARK: Mended

    /// Reads what isn't well-formed. Where tags in a text can be printed or meant, and being meant there are more failures, or
    /// as many and more cases, they are meant, unless the suites say otherwise.
    private func mended(_ text: ReportText, _ problem: JUnitProblem?) throws -> TestSummary {
        let mender = MarkupMender(text)
        var summary = try documents(of: mender, transcript, emit)
        var used = mender
        let isSwallowed = problem == .swallowed
        if mender.repairs.ambiguous > 0 || isSwallowed {
            let other = MarkupMender(text, preferring: .structure)
            let otherSummary = try documents(of: other, nil, { _ in })
            if otherSummary.isGraver(than: summary), !mender.declared.agree(with: summary) {
                try again()
                used = MarkupMender(text, preferring: .structure)
                summary = try documents(of: used, transcript, emit)
                summary.report(
                    incomplete: isSwallowed
                        ? JUnitProblem.swallowed.reason
                        : "tags in \(counted(mender.repairs.ambiguous, "text")) can be part of the report or of the text; read as part of the report, which has more failures or cases then"
                )
            }
        }
        let repairs = used.repairs
        for doubt in repairs.doubts { summary.report(incomplete: doubt) }
        if text.holdsOtherEncoding {
            summary.report(incomplete: "a part of the file is in another encoding than its beginning, and isn't read")
        }
        var notes = text.guesses
        // That characters were replaced is said below.
        if !repairs.description.isEmpty || repairs.forbidden == 0 {
            let reason = problem?.reason ?? "it isn't read as it is"
            let way = problem?.isLimit == true ? "read in another way" : "not well-formed XML, mended"
            let done = repairs.description.isEmpty ? "" : ": \(repairs.description)"
            notes.append("\(way) (\(reason))\(done)")
        }
        summary.warnings.insert(contentsOf: notes, at: 0)
        let replaced = text.replaced + repairs.forbidden
        if replaced > 0 {
            summary.warnings.append("\(counted(replaced, "forbidden control character")) replaced by '?'")
        }
        return summary
    }

    /// Reads all documents of a file; the case that the file ends in is left out, unless it had failed already.
    private func documents(
        of mender: MarkupMender, _ transcript: JUnitTranscript?, _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        var summary = TestSummary()
        // The last case, and what stands for suites behind it.
        var held: [TestCase] = []
        var isUnknown = false
        var foreign: (problem: JUnitProblem, name: String)?
        var hasReport = false
        while mender.beginDocument() {
            let splitter = LongTextSplitter(mender)
            var reader = try reader(splitter, transcript) { item in
                if !item.isOfSuite {
                    for earlier in held { try emit(earlier) }
                    held = []
                }
                held.append(item)
            }
            // It minds those itself.
            reader.isSuspicious = false
            do {
                summary.add(try reader.run(replaced: 0, nil))
                hasReport = true
            } catch let problem as JUnitProblem {
                guard mender.problem == nil, case .foreign(let reason) = problem else {
                    throw mender.problem ?? problem
                }
                // A report may follow it.
                foreign = foreign ?? (problem, reason)
                held = []
                transcript?.reset()
                mender.passDocument()
                continue
            }
            isUnknown = reader.isLastCaseUnknown
        }
        if let problem = mender.problem { throw problem }
        if let foreign {
            guard hasReport else { throw foreign.problem }
            summary.note(documentInFront: foreign.name)
        }
        guard mender.repairs.documents > 0 || mender.isCut else {
            throw JUnitProblem.refused("it is no JUnit report: it has no element")
        }
        if mender.endsWithinTestCase, let last = held.first, !last.isOfSuite, last.status == .passed || isUnknown {
            held.removeFirst()
            summary.remove(last)
            transcript?.removeLastCase()
            summary.report(incomplete: "the file ends within the test case '\(last.name)', which is left out")
        } else if mender.isCut {
            summary.report(incomplete: "the file ends before the report does: it was cut off")
        }
        for item in held { try emit(item) }
        return summary
    }
}

extension JUnitProblem {
    fileprivate var isLimit: Bool { if case .limit = self { true } else { false } }
}

extension DeclaredTotals {
    fileprivate func agree(with summary: TestSummary) -> Bool {
        isWhole && tests > 0 && tests == summary.tests && failing == summary.failures + summary.errors
    }
}

extension TestSummary {
    private static let noCase = "the report holds no test case"

    fileprivate func isGraver(than other: TestSummary) -> Bool {
        (failures + errors, tests) > (other.failures + other.errors, other.tests)
    }

    /// Another document that the file begins with; `reason` says which.
    fileprivate mutating func note(documentInFront reason: String) {
        let root = ForeignDocument.root(RefusedReport(file: "", reason: reason, isForeign: true)) ?? ""
        let format = ForeignFormat.named[root]
        let sentence = "the file begins with another document, which isn't read: \(format?.name ?? "<\(root)>")"
        if format?.isOfTests == true { report(incomplete: sentence) } else { warnings.append(sentence) }
    }

    fileprivate mutating func note(cutValues: Int) {
        guard cutValues > 0 else { return }
        warnings.append("\(counted(cutValues, "value")) of more than 1 MiB cut")
    }

    /// Adds another document of the same file.
    fileprivate mutating func add(_ other: TestSummary) {
        tests += other.tests
        failures += other.failures
        errors += other.errors
        skipped += other.skipped
        seconds += other.seconds
        for warning in other.warnings where !warnings.contains(warning) { warnings.append(warning) }
        for sentence in other.incomplete where !incomplete.contains(sentence) { incomplete.append(sentence) }
        guard tests > 0 else { return }
        warnings.removeAll { $0 == Self.noCase }
        incomplete.removeAll { $0 == Self.noCase }
    }
}
