import Catalogue
import Foundation

/// Reads results in TAP, a line at a time: each is a case, in suites named after the file and the subtests around it.
///
/// The result of a subtest that has cases is no case of its own, unless it alone failed. What was planned and didn't come, and
/// what was never planned, makes the report incomplete.
struct TAPReader {
    /// How many failed cases wait for the results of the subtests around them.
    private static let mostHeld = 10_000

    private let emit: (TestCase) throws -> Void
    private let transcript: JUnitTranscript?
    private let suite: [String]
    private var summary = TestSummary()
    private var notes = TAPNotes()
    private var levels = [TAPLevel(0)]
    /// The last result, whose diagnostics may follow.
    private var pending: TAPResult?
    /// The column of the block of YAML that is open.
    private var block: Int?
    /// The subtest that a comment says is next.
    private var announced: (indentation: Int, name: String)?
    /// How many cases have a name, by the hash of it and its suites.
    private var names: [Int: Int] = [:]
    private var isEmpty = true
    /// The suites that are open in the transcript.
    private var open: [String] = []

    /// - Parameter name: What records call the file.
    /// - Throws: `RefusedReport`, or what `emit` throws.
    static func read(
        _ file: URL, name: String, _ transcript: JUnitTranscript?, _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        func refused(_ reason: String) -> RefusedReport {
            RefusedReport(file: file.path, reason: reason, isForeign: false)
        }
        guard size > 0 else { throw refused("it is empty") }
        guard size <= JUnitReader.fileLimit else {
            throw refused("it has \(size) bytes, expected at most \(JUnitReader.fileLimit)")
        }
        let text: ReportText
        do { text = try ReportText(file) } catch let problem as JUnitProblem { throw refused(problem.reason) }
        var reader = TAPReader(suite: suite(name), transcript, emit)
        return try reader.read(text)
    }

    /// The suite of a file: its name without the ending that says its form.
    private static func suite(_ name: String) -> String {
        if name == "-" { return "" }
        let ending = [".tap.gz", ".tap", ".ktap", ".gz"].first(where: name.lowercased().hasSuffix) ?? ""
        return String(name.dropLast(ending.count))
    }

    private init(suite: String, _ transcript: JUnitTranscript?, _ emit: @escaping (TestCase) throws -> Void) {
        self.emit = emit
        self.transcript = transcript
        self.suite = suite.isEmpty ? [] : [suite]
        levels[0].path = self.suite
    }

    private mutating func read(_ text: ReportText) throws -> TestSummary {
        var lines = TAPLines(text.stream())
        while let line = lines.next() { try take(line) }
        try endDocument()
        for _ in open { transcript?.endSuite() }
        notes.hasOddBytes = notes.hasOddBytes && !text.odd.isEmpty
        notes.add(to: &summary, replaced: text.replaced, guesses: text.guesses)
        return summary
    }

    // MARK: Lines

    private mutating func take(_ text: String) throws {
        if let block {
            let line = TAPLine(text)
            if case .empty = line.content { return }
            if line.indentation >= block {
                if line.indentation == block, case .blockEnd = line.content {
                    self.block = nil
                } else {
                    pending?.take(block: text)
                }
                return
            }
            // It has no end.
            self.block = nil
        }
        let line = TAPLine(text)
        switch line.content {
        case .empty: break
        case .version: try begin(line.indentation)
        case .plan(let count, let skipped): try plan(count, skipped, line.indentation)
        case .point(let point): try take(point, line)
        case .bailOut(let reason): try bailOut(reason)
        case .comment(let comment): try take(comment: comment, line.indentation)
        case .blockStart:
            if let pending, line.indentation > pending.indentation { block = line.indentation } else { other(line) }
        case .braceStart:
            if let pending, line.indentation == pending.indentation { brace(pending) } else { other(line) }
        case .braceEnd: try endBrace(line)
        case .blockEnd, .other: other(line)
        }
    }

    private mutating func other(_ line: TAPLine) {
        notes.note(other: line.text)
        pending?.take(comment: line.text)
    }

    /// `TAP version 14`: another document, or a subtest.
    private mutating func begin(_ indentation: Int) throws {
        if indentation > 0 { return try goTo(indentation) }
        if !isEmpty { try endDocument() }
    }

    private mutating func plan(_ count: Int, _ skipped: String?, _ indentation: Int) throws {
        try goTo(indentation)
        if indentation == 0, levels[0].plan.planned != nil { try endDocument() }
        isEmpty = false
        let last = levels.count - 1
        levels[last].plan.plan(count)
        guard count == 0, let skipped, last == 0 else { return }
        var item = TestCase(suite: suite.joined(separator: "/"), className: "", name: TestCase.suiteName)
        item.makeKnown(skipped)
        try give(item, suite)
    }

    private mutating func take(_ point: TAPPoint, _ line: TAPLine) throws {
        // In the output of a program, a passed test without a number is hardly one.
        let innermost = levels[levels.count - 1]
        if line.indentation > innermost.indentation, point.isOK, point.number == nil, announced == nil,
            innermost.braced == nil
        {
            return other(line)
        }
        try goTo(line.indentation)
        // Behind a plan at the end, another document begins.
        if line.indentation == 0, levels[0].plan.isAtEnd { try endDocument() }
        isEmpty = false
        levels[levels.count - 1].plan.take(point.number)
        let result = TAPResult(point, line.indentation, isWhole: transcript != nil)
        if point.opensBrace { brace(result) } else { pending = result }
    }

    private mutating func bailOut(_ reason: String) throws {
        try conclude()
        isEmpty = false
        let message = reason.isEmpty ? "Bail out!" : "Bail out! \(reason)"
        notes.note(incomplete: "its tests were given up: \(message)")
        try give(error: message)
    }

    private mutating func take(comment: String, _ indentation: Int) throws {
        if comment.hasPrefix("Subtest: ") {
            try conclude()
            announce(comment.dropFirst(9).trimmingCharacters(in: .whitespaces), indentation)
            return
        }
        if indentation == 0 { notes.note(comment: comment) }
        pending?.take(comment: comment)
    }

    /// A comment names a subtest: that which it stands in front of, or, as its first line, that which it is in.
    private mutating func announce(_ name: String, _ indentation: Int) {
        let last = levels.count - 1
        if indentation > levels[last].indentation {
            let isNamed = announced.map { $0.indentation < indentation } ?? false
            open(indentation, isNamed ? announced?.name : name)
            announced = isNamed ? (indentation, name) : nil
        } else if indentation == levels[last].indentation, last > 0, levels[last].name == nil,
            levels[last].plan.count == 0
        {
            levels[last].name = name
            levels[last].path[levels[last].path.count - 1] = name
        } else {
            announced = (indentation, name)
        }
    }

    // MARK: Subtests

    /// Goes to the level of an indentation: ends the last result, and subtests that are further in.
    private mutating func goTo(_ indentation: Int) throws {
        try conclude()
        while let last = levels.last, last.indentation > indentation { try close() }
        if let last = levels.last, last.indentation < indentation {
            let named = announced.flatMap {
                $0.indentation < indentation && $0.indentation >= last.indentation ? $0.name : nil
            }
            open(indentation, named ?? last.braced?.point.description)
        } else if let last = levels.last, last.braced != nil {
            // Its subtest didn't come, or has no closing brace.
            try endBraced()
        }
        announced = nil
    }

    private mutating func open(_ indentation: Int, _ name: String?) {
        var level = TAPLevel(indentation)
        let outer = levels[levels.count - 1]
        level.name = name
        let number = outer.plan.count + (outer.braced == nil ? 1 : 0)
        level.path = outer.path + [name.flatMap { $0.isEmpty ? nil : $0 } ?? "subtest \(number)"]
        levels.append(level)
    }

    /// Ends the innermost subtest.
    private mutating func close() throws {
        if levels[levels.count - 1].braced != nil { try endBraced() }
        try lose()
        guard let level = levels.popLast() else { return }
        let name = level.path.last ?? ""
        if level.plan.planned != nil, let problem = level.plan.problem {
            notes.note(incomplete: "the plan of the subtest '\(name.prefix(200))' \(problem)")
        }
        let outer = levels.count - 1
        var sum = levels[outer].subtest ?? TAPSubtest(name: name, cases: 0, failing: 0, held: [])
        sum.cases += level.cases
        sum.failing += level.failing
        sum.held += level.held
        levels[outer].subtest = sum
    }

    /// A subtest of the innermost level has no result.
    private mutating func lose() throws {
        guard let lost = levels[levels.count - 1].subtest.take() else { return }
        notes.note(incomplete: "the subtest '\(lost.name.prefix(200))' has no result")
        let last = levels.count - 1
        levels[last].cases += lost.cases
        levels[last].failing += lost.failing
        try hold(lost.held)
    }

    private mutating func brace(_ result: TAPResult) {
        pending = nil
        levels[levels.count - 1].braced = result
    }

    private mutating func endBrace(_ line: TAPLine) throws {
        guard levels.contains(where: { $0.indentation == line.indentation && $0.braced != nil }) else {
            return other(line)
        }
        try conclude()
        while let last = levels.last, last.indentation > line.indentation { try close() }
        try endBraced()
    }

    /// The subtest of a result that came before it has ended.
    private mutating func endBraced() throws {
        pending = levels[levels.count - 1].braced.take()
        try conclude()
    }

    // MARK: Results

    /// Ends the last result: all that is said of it has been read.
    private mutating func conclude() throws {
        guard let result = pending.take() else { return }
        while let last = levels.last, last.indentation > result.indentation { try close() }
        let last = levels.count - 1
        let point = result.point
        let subtest = levels[last].subtest.take() ?? TAPSubtest(name: "", cases: 0, failing: 0, held: [])
        var held = subtest.held
        if case .todo(let reason)? = point.directive, !point.isOK {
            for index in held.indices { held[index].item.makeKnown(reason) }
            notes.knownFailures += held.count
        }
        levels[last].cases += subtest.cases
        levels[last].failing += subtest.failing
        try hold(held)
        let isFailing = !point.isOK && point.directive == nil
        guard subtest.cases == 0 || isFailing && (subtest.failing == 0 || result.hasOwnFailure) else { return }
        let path = levels[last].path
        let name = point.description.isEmpty ? "test \(point.number ?? levels[last].plan.count)" : point.description
        let item = result.testCase(named: distinct(name, path), in: path.joined(separator: "/"))
        levels[last].cases += 1
        if isFailing { levels[last].failing += 1 }
        if item.status == .skipped, !point.isOK, case .todo? = point.directive { notes.knownFailures += 1 }
        try isFailing ? hold([HeldCase(item: item, path: path)]) : give(item, path)
    }

    /// Cases that failed wait for the result of the subtest that they are in.
    private mutating func hold(_ cases: [HeldCase]) throws {
        let last = levels.count - 1
        guard last > 0, levels[last].held.count + cases.count < Self.mostHeld else {
            for held in cases { try give(held.item, held.path) }
            return
        }
        levels[last].held += cases
    }

    /// A name that no other case of the file has: a second `works` is `works (2)`.
    private mutating func distinct(_ name: String, _ path: [String]) -> String {
        let count = names[(path + [name]).hashValue, default: 0] + 1
        names[(path + [name]).hashValue] = count
        return count == 1 ? name : "\(name) (\(count))"
    }

    private mutating func give(error message: String) throws {
        var item = TestCase(
            suite: suite.joined(separator: "/"), className: "", name: TestCase.suiteName, status: .error)
        item.failures = [.init(kind: "error", type: "", message: message, details: "", shape: messageShape(message))]
        try give(item, suite)
    }

    private mutating func give(_ item: TestCase, _ path: [String]) throws {
        summary.add(item)
        try emit(item)
        guard let transcript else { return }
        if path != open {
            for _ in open { transcript.endSuite() }
            for name in path { transcript.beginSuite(name) }
            open = path
        }
        transcript.add(item, isOfSuite: true, qualifier: nil)
    }

    // MARK: Documents

    /// Ends a document; another may follow, as where several files were put together.
    private mutating func endDocument() throws {
        try conclude()
        while levels.count > 1 { try close() }
        if levels[0].braced != nil { try endBraced() }
        try lose()
        let plan = levels[0].plan
        if plan.planned != nil, let problem = plan.problem {
            notes.note(incomplete: "its plan \(problem)")
        } else if plan.planned == nil, plan.count > 0 {
            notes.note(
                incomplete: "it has no plan such as 1..\(plan.count): it may have been cut off")
        }
        if let message = notes.endDocument(failing: summary.failures) { try give(error: message) }
        levels = [TAPLevel(0)]
        levels[0].path = suite
        announced = nil
        block = nil
        isEmpty = true
    }
}
