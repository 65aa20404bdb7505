import Catalogue
import Foundation

/// A test case between its beginning and its end, and what its attributes and elements have said of it so far.
struct JUnitOpenCase {
    var item: TestCase
    /// Whether it lies within another case.
    var isNested = false
    /// Whether it stands for its suite, and is no element of its own.
    var isOfSuite = false
    /// Elements of each kind; those of known failures and of failures alike.
    private(set) var failures = 0
    private(set) var errors = 0
    private(set) var skips = 0
    /// Attempts that failed before the last, or after the first.
    private(set) var attempts = 0
    /// Those of Surefire's kind that only a case has that failed in the end, too.
    private var reruns = 0
    /// How many elements in it said something, or are cases or suites.
    var tellingElements = 0
    /// What is no known outcome, such as `status='odd'` and `<odd>`.
    private(set) var unknown: [String] = []
    private var hearsay: [String] = []
    private(set) var isKnownFailure = false
    /// Whether nothing else said what became of it.
    private(set) var isUnknown = false

    private var classRank = Int.max
    private var fileRank = Int.max
    private(set) var file = ""
    /// What it ran on or with: its attributes of `JUnitMarks.configurations`.
    private(set) var configuration = ""
    /// Told by a merged report.
    private(set) var qualifier: String?
    /// The gravest of the words.
    private var said = JUnitOutcome.silent
    /// The gravest of the flags that only count where nothing else says more.
    private var hinted = JUnitOutcome.silent
    /// Whether it was expected to fail.
    private(set) var isKnown = false
    private var words = 0
    private var isRun = false
    /// CTest's word for a test that was skipped, and for one that could not be started.
    private var isNotRun = false
    /// As another attribute than `time` says it, and in which unit of seconds.
    private(set) var duration: (text: String, unit: Double)?
    /// Whether `status="run"` is all that its attributes say.
    var isRunAlone: Bool { isRun && words == 1 }

    init(_ item: TestCase) { self.item = item }

    mutating func say(_ outcome: JUnitOutcome) {
        if outcome == .known { isKnown = true }
        said = max(said, outcome)
    }

    mutating func hint(_ outcome: JUnitOutcome) { hinted = max(hinted, outcome) }

    mutating func note(unknown text: String) {
        if unknown.count < 10, !unknown.contains(text) { unknown.append(text) }
    }

    /// What a property or a stack trace says, which is unknown where nothing else says that the case passed.
    mutating func note(hearsay text: String) {
        if hearsay.count < 10, !hearsay.contains(text) { hearsay.append(text) }
    }

    /// A word of an attribute or element.
    mutating func take(word: UnsafePointer<CChar>, of name: @autoclosure () -> String) {
        if let outcome = JUnitWords.outcome(of: word) {
            say(outcome)
        } else {
            note(unknown: "\(name())='\(String(cString: word).prefix(40))'")
        }
    }

    /// Takes an attribute of this meaning; `bounded` makes a name of its value.
    mutating func take(
        _ attribute: UnsafePointer<CChar>, _ meaning: JUnitAttribute?, _ value: UnsafePointer<CChar>,
        bounded: (UnsafePointer<CChar>) -> String
    ) {
        switch meaning {
        case .word:
            words += 1
            if strcmp(attribute, "status") == 0 {
                if strcmp(value, "run") == 0 { isRun = true }
                if strcmp(value, "notrun") == 0 { isNotRun = true }
            }
            take(word: value, of: String(cString: attribute))
        case .flag(let whenTrue, let whenFalse, let isStrict):
            take(flag: value, whenTrue, whenFalse, strict: isStrict, of: String(cString: attribute))
        case .mark, .exitCode: if case .failing = meaning?.finding(value) { hint(.failed) }
        case .duration(let unit): if duration == nil { duration = (String(cString: value), unit) }
        case .className(let rank): take(className: bounded(value), rank: rank)
        case .file(let rank): take(file: bounded(value), rank: rank)
        case .configuration:
            if value.pointee != 0 { configuration += (configuration.isEmpty ? "" : ", ") + bounded(value) }
        case nil:
            if JUnitAttribute.isOfFailure(value), !JUnitAttribute.mayBeAnything(attribute) {
                note(hearsay: "\(String(cString: attribute))='\(String(cString: value))'")
            }
        }
    }

    private mutating func take(
        flag value: UnsafePointer<CChar>, _ whenTrue: JUnitOutcome, _ whenFalse: JUnitOutcome, strict: Bool,
        of name: @autoclosure () -> String
    ) {
        let word = JUnitWords.normalized(value)
        if word.isEmpty { return }
        if let truth = JUnitAttribute.truth(word) {
            let outcome = truth ? whenTrue : whenFalse
            if outcome.isFailing { hint(outcome) } else { say(outcome) }
        } else if strict {
            take(word: value, of: name())
        } else if whenTrue.isFailing {
            // A reason, unless it says that there is none.
            if JUnitWords.outcomes[word].map(\.isFailing) ?? true { hint(whenTrue) }
        } else {
            say(whenTrue)
        }
    }

    mutating func take(className: @autoclosure () -> String, rank: Int) {
        guard rank < classRank else { return }
        let name = className()
        if name.isEmpty { return }
        (item.className, classRank) = (name, rank)
    }

    private mutating func take(file: @autoclosure () -> String, rank: Int) {
        guard rank < fileRank else { return }
        let path = file()
        if path.isEmpty { return }
        (self.file, fileRank) = (path, rank)
    }

    /// Takes what a merged report says of the case in the first lines of its output.
    mutating func take(properties output: UnsafePointer<CChar>) {
        let head = UnsafeRawBufferPointer(start: output, count: min(strlen(output), 16_384))
        var isValue = false
        for line in String(decoding: head, as: UTF8.self).split(separator: "\n") {
            if isValue {
                isValue = line != "[[/PROPERTY]]"
                continue
            }
            guard line.hasPrefix("[[PROPERTY|"), line.hasSuffix("]]") else { return }
            let parts = line.dropFirst(11).dropLast(2).split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                isValue = !line.contains("=")
                continue
            }
            let (name, value) = (String(parts[0]), String(parts[1]))
            if name == MergedReport.qualifier { qualifier = value }
            if case .file(let rank) = JUnitAttribute.named[JUnitWords.normalized(name)] {
                take(file: value, rank: rank)
            }
        }
    }

    /// - Parameter isRerun: it is a `rerunFailure` or `rerunError`.
    mutating func count(_ kind: String, isRerun: Bool) {
        tellingElements += 1
        if isRerun { reruns += 1 }
        switch kind {
        case "error": errors += 1
        case "failure": failures += 1
        case "skipped": skips += 1
        case "flakyFailure", "flakyError":
            attempts += 1
            item.isFlaky = true
        default: attempts += 1
        }
    }

    private var couldNotStart: Bool {
        guard isNotRun, skips > 0 else { return false }
        return item.failures.contains { $0.kind == "skipped" && JUnitWords.isObstacle($0.message) }
    }

    /// Whether a word says that the failure was expected, such as `<skipped type="todo"/>`, and not only a skip beside it.
    var isExpectedFailure: Bool {
        isKnown || item.failures.contains { $0.kind == "skipped" && JUnitWords.outcome(of: $0.type) == .known }
    }

    /// Decides what became of the case: an error counts most; a failure beside a skip is a known one; what is unknown is
    /// an error where nothing else says more.
    mutating func conclude() {
        if errors > 0 || said == .error || couldNotStart {
            item.status = .error
        } else if failures > 0, skips > 0 || isKnown, said != .failed {
            item.status = .skipped
            isKnownFailure = true
        } else if failures > 0 || said == .failed || reruns > 0 && skips == 0 && !item.isFlaky && said < .flaky {
            item.status = .failed
        } else if skips > 0 || said >= .skipped {
            item.status = .skipped
        } else if hinted.isFailing {
            item.status = hinted == .error ? .error : .failed
        } else if !unknown.isEmpty || !hearsay.isEmpty && said < .passed {
            if said < .passed { unknown += hearsay }
            item.status = .error
            isUnknown = true
            let message = "unknown outcome: \(unknown.joined(separator: ", "))"
            item.failures.append(
                TestCase.Failure(kind: "error", type: "", message: message, details: "", shape: messageShape(message)))
        } else if said == .flaky || attempts > 0 {
            // It passed in the end: `<retry/>`.
            item.isFlaky = true
        }
    }
}

extension TestCase {
    /// What a failure of a suite itself is called.
    static let suiteName = "(suite)"
    var isOfSuite: Bool { name == Self.suiteName }
}
