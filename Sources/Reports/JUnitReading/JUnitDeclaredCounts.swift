import Catalogue
import Foundation

/// How many tests, failures and errors a suite or the root says it has, and how many were found in it.
///
/// Writers count in different ways, and none of these is a shortage:
/// - errors among the failures (`failures="2" errors="1"` for one of each), or one kind as the other;
/// - failed assertions instead of failed cases, where each has an element of its own;
/// - each attempt of a test as a test and a failure (Gradle), where each has a `flakyFailure` or `rerunFailure`;
/// - known failures, which this reader takes for skipped;
/// - tests that were skipped, disabled or aborted and have no case;
/// - everything twice, where a root adds up suites of several levels.
///
/// What is still missing becomes a case of the suite in error if nothing of its kind was found at all. If some was found, but
/// less than declared, the report is incomplete. A number that doesn't say enough is attributed to the innermost suite.
struct JUnitDeclaredCounts {
    struct Counts {
        var tests = 0
        var failures = 0
        var errors = 0
        var skipped = 0

        mutating func add(_ other: Counts) {
            tests += other.tests
            failures += other.failures
            errors += other.errors
            skipped += other.skipped
        }
    }

    /// What is missing, in words that continue "the suite 'x' ".
    struct Shortage {
        /// Of a case in error that stands for what is missing.
        var failing: String?
        /// Of the report, which is incomplete.
        var incomplete: [String] = []
    }

    /// What its attributes say.
    private(set) var declared = Counts()
    /// Tests that were aborted: Ant counts them twice.
    private var aborted = 0
    /// An attribute that says that it failed, such as `status="failed"`.
    private var verdict: String?
    /// Attributes that should be numbers and aren't.
    private(set) var unreadable: [String] = []

    /// Its cases and those of the suites in it.
    private(set) var found = Counts()
    /// Elements, of which a case may have several.
    private var elements = Counts()
    private var attempts = 0
    /// What suites in it were found to lack.
    private var lacking = Counts()
    /// Cases that stand for what is missing.
    private var substitutes = 0
    /// What suites in it declare, of all levels.
    private var below = Counts()

    /// What the counts mean.
    var habits = JUnitCountHabits()

    // MARK: Attributes

    /// Takes an attribute of the suite; false if it is of no concern here.
    mutating func take(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) {
        habits.take(name, value)
        guard let meaning = Self.attributes[JUnitWords.normalized(name)] else { return }
        switch meaning {
        case .verdict:
            if JUnitWords.outcome(of: value)?.isFailing == true, verdict == nil {
                verdict = "\(String(cString: name))='\(String(cString: value))'"
            }
        case .count(let kind, let adds):
            let path = kind.path
            let text = String(cString: value)
            guard let number = Self.number(text) else {
                let said = "\(String(cString: name))='\(text.prefix(40))'"
                if text.contains(where: { !$0.isWhitespace }) { unreadable.append(said) }
                let isFailing = kind == .failures || kind == .errors
                if isFailing, !Self.nothings.contains(JUnitWords.normalized(value)), text.contains(where: \.isLetter) {
                    verdict = verdict ?? said
                }
                return
            }
            declared[keyPath: path] = adds ? declared[keyPath: path] + number : max(declared[keyPath: path], number)
            if strncasecmp(name, "abort", 5) == 0 { aborted = number }
        }
    }

    /// What programs write for a number that they don't have; other words, such as `errors="yes"`, tell of a failure.
    private static let nothings: Set = ["nan", "undefined", "null", "nil", "none", "na", "false", "no", "unknown"]

    private enum Kind {
        case tests, failures, errors, skipped

        var path: WritableKeyPath<Counts, Int> {
            switch self {
            case .tests: \.tests
            case .failures: \.failures
            case .errors: \.errors
            case .skipped: \.skipped
            }
        }
    }

    private enum Meaning {
        case count(Kind, adds: Bool)
        case verdict
    }

    private static let attributes: [String: Meaning] = [
        "tests": .count(.tests, adds: false),
        "failures": .count(.failures, adds: false), "failed": .count(.failures, adds: false),
        "failure": .count(.failures, adds: false),
        "errors": .count(.errors, adds: false), "errored": .count(.errors, adds: false),
        "error": .count(.errors, adds: false),
        "skipped": .count(.skipped, adds: true), "skip": .count(.skipped, adds: true),
        "skips": .count(.skipped, adds: true), "disabled": .count(.skipped, adds: true),
        "ignored": .count(.skipped, adds: true), "notrun": .count(.skipped, adds: true),
        "pending": .count(.skipped, adds: true), "todo": .count(.skipped, adds: true),
        "inconclusive": .count(.skipped, adds: true), "aborted": .count(.skipped, adds: true),
        "status": .verdict, "result": .verdict, "outcome": .verdict, "success": .verdict, "verdict": .verdict,
    ]

    /// `3`, ` 3 `, `3.0` and `1,234`. Nil for words and negative numbers; no report has more than 2⁴⁰ tests.
    private static func number(_ text: String) -> Int? {
        let digits = text.filter { !$0.isWhitespace && $0 != "," }
        guard let number = Double(digits), number >= 0, number == number.rounded() else { return nil }
        return Int(min(number, 0x1p40))
    }

    // MARK: Cases

    mutating func add(_ told: JUnitOpenCase) {
        found.tests += 1
        switch told.item.status {
        case .passed: break
        case .failed: found.failures += 1
        case .error: found.errors += 1
        case .skipped:
            found.skipped += 1
            if told.isKnownFailure || habits.isOfQt && told.isKnown { found.failures += 1 }
        }
        habits.add(told)
        elements.failures += told.failures
        elements.errors += told.errors
        attempts += told.attempts
    }

    /// Takes over what a suite in it has, whose shortage has been told.
    mutating func add(_ inner: JUnitDeclaredCounts) {
        found.add(inner.found)
        elements.add(inner.elements)
        attempts += inner.attempts
        lacking.add(inner.lacking)
        substitutes += inner.substitutes
        below.add(inner.below)
        below.add(inner.declared)
    }

    // MARK: Shortages

    /// Whether a failure is declared, and no failing case has been found so far.
    var awaitsFailure: Bool {
        (declared.failures + declared.errors > 0 || verdict != nil) && failures + errors == 0
    }

    private var failures: Int { found.failures + lacking.failures }
    private var errors: Int { found.errors + lacking.errors }

    /// What is missing at the suite's end; it isn't missing for a suite around it again.
    mutating func shortage() -> Shortage {
        var shortage = Shortage()
        if habits.isOfQt { declared.errors = min(declared.errors, errors) }
        if habits.countsAssertions { declared.tests = min(declared.tests, found.tests) }
        let missing = declared.failures + declared.errors - failures - errors
        if missing > 0, !failingFits {
            let noErrors = declared.errors > 0 && errors + elements.errors == 0 && failures <= declared.failures
            let noFailures = declared.failures > 0 && failures + elements.failures == 0 && errors <= declared.errors
            if noErrors || noFailures {
                var counts: [String] = []
                if noErrors { counts.append(counted(declared.errors, "error")) }
                if noFailures { counts.append(counted(declared.failures, "failure")) }
                shortage.failing = "declares \(counts.joined(separator: " and ")), but holds no such case"
                substitutes += 1
            }
            if !noErrors, declared.errors > max(errors, elements.errors) {
                shortage.incomplete.append("declares \(counted(declared.errors, "error")), but holds \(errors)")
            }
            if !noFailures, declared.failures > max(failures, elements.failures) {
                shortage.incomplete.append("declares \(counted(declared.failures, "failure")), but holds \(failures)")
            }
            lacking.errors += max(0, min(missing, declared.errors - errors))
            lacking.failures += max(0, min(missing, declared.failures - failures))
        } else if let verdict, failures + errors + elements.failures + elements.errors + attempts == 0 {
            shortage.failing = "says \(verdict), but holds no case that failed"
            substitutes += 1
            lacking.errors += 1
        }
        let elsewhere = max(0, declared.skipped - found.skipped) + aborted + attempts
        let absent = declared.tests - found.tests - substitutes - lacking.tests - elsewhere
        if absent > 0, declared.tests != below.tests || lacking.tests > 0 {
            shortage.incomplete.append("declares \(counted(declared.tests, "test")), but holds \(found.tests)")
            lacking.tests += absent
        }
        return shortage
    }

    private var failingFits: Bool {
        let sum = declared.failures + declared.errors
        if declared.errors <= max(errors, elements.errors), declared.failures <= max(failures, elements.failures) {
            return true
        }
        if declared.failures >= declared.errors, declared.errors <= errors, declared.failures <= failures + errors {
            return true
        }
        if sum == below.failures + below.errors, lacking.failures + lacking.errors == 0 { return true }
        let missing = sum - failures - errors
        return missing <= attempts && declared.tests >= found.tests + missing
    }
}
