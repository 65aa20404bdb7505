import Catalogue
import Foundation

/// How many tests, failures and errors a suite or the root says it has, and how many were found in it.
///
/// Writers count in different ways, and none of these is a shortage:
/// - errors among the failures (`failures="2" errors="1"` for one of each), or one kind as the other;
/// - failed assertions instead of failed cases, where each has an element of its own;
/// - each attempt of a test as a test and a failure (Gradle, Surefire before 3.5), where each has a `flakyFailure` or `rerunFailure`;
/// - known failures, which this reader takes for skipped;
/// - tests that were skipped, disabled or aborted and have no case;
/// - everything twice, where a root adds up suites of several levels.
///
/// An attribute that says so in a word, such as `status="failed"`, is a failure, too. What should be a number or an outcome and
/// isn't understood makes the report incomplete.
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
    private var declaredTotal = 0
    private var declaredPassed: Int?
    /// Whether it says how many were skipped, be it none.
    private var declaresSkipped = false
    /// Whether it says how many failed, be it none.
    private(set) var declaresFailures = false
    /// Whether something says that it passed.
    private var isAffirmed = false
    /// What a property that anybody may have given says of a failure.
    private var hearsay: String?
    /// Says that it wasn't executed.
    private var idleness: String?
    /// Tests that were aborted: Ant counts them twice.
    private var aborted = 0
    /// What says that it failed, such as `status='failed'`.
    private var verdict: String?
    /// Attributes that only count what was skipped, that should be numbers and aren't.
    private(set) var unreadable: [String] = []
    /// What could be a verdict or a count of failures, and isn't understood.
    private var doubts: [String] = []

    /// Its cases and those of the suites in it.
    private(set) var found = Counts()
    private var passed = 0
    /// Of those that were skipped: failures that nothing but a skip beside them makes known.
    private var known = 0
    private var flaky = 0
    /// Elements, of which a case may have several.
    private var elements = Counts()
    private var attempts = 0
    /// What suites in it were found to lack.
    private var lacking = Counts()
    /// Cases that stand for what is missing.
    private var substitutes = 0
    private var holdsSuites = false
    /// What suites in it declare, of all levels.
    private var below = Counts()

    /// What the counts mean.
    var habits = JUnitCountHabits()

    // MARK: Attributes

    /// Takes an attribute of the suite.
    mutating func take(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) {
        habits.take(name, value)
        let word = JUnitWords.normalized(name)
        if let count = JUnitCount.named[word] {
            take(count, name, value)
        } else if let attribute = JUnitAttribute.named[word] {
            take(attribute, value, as: "\(String(cString: name))='\(Self.start(value))'")
        }
    }

    /// Takes what an element that is no case, or a property, says of the suite that it is in; `said` is how it says so.
    mutating func take(
        _ attribute: JUnitAttribute, _ value: UnsafePointer<CChar>, as said: @autoclosure () -> String
    ) {
        switch attribute.finding(value) {
        case .failing: note(verdict: said())
        case .unknown: note(doubt: "says \(said()), which is no known outcome")
        case .nothing: if value.pointee != 0, attribute.isVerdict { isAffirmed = true }
        }
    }

    mutating func note(hearsay said: String) { hearsay = hearsay ?? said }

    mutating func note(verdict said: String) { verdict = verdict ?? said }

    mutating func note(doubt sentence: String) {
        if doubts.count < 10, !doubts.contains(sentence) { doubts.append(sentence) }
    }

    private mutating func take(_ count: JUnitCount, _ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) {
        let text = String(cString: value)
        guard let number = JUnitCount.number(text) else {
            if text.contains(where: { !$0.isWhitespace }) { take(count, name, word: value) }
            return
        }
        if case .skipped = count { declaresSkipped = true }
        if count.isOfFailures { declaresFailures = true }
        switch count {
        case .tests: declared.tests = max(declared.tests, number)
        case .total: declaredTotal = max(declaredTotal, number)
        case .failures: declared.failures = max(declared.failures, number)
        case .errors: declared.errors = max(declared.errors, number)
        case .passed: declaredPassed = min(declaredPassed ?? number, number)
        case .skipped(adds: true): declared.skipped += number
        case .skipped(adds: false): declared.skipped = max(declared.skipped, number)
        case .aborted:
            declared.skipped += number
            aborted = max(aborted, number)
        }
    }

    /// A count that is no number.
    private mutating func take(_ count: JUnitCount, _ name: UnsafePointer<CChar>, word: UnsafePointer<CChar>) {
        let said = "\(String(cString: name))='\(Self.start(word))'"
        switch count {
        case .passed: take(JUnitAttribute.flag(whenTrue: .passed, whenFalse: .failed, strict: true), word, as: said)
        case .total:
            // `executed="False"`.
            if JUnitAttribute.truth(JUnitWords.normalized(word)) == false { idleness = said }
        case .skipped:
            if JUnitAttribute.truth(JUnitWords.normalized(word)) == nil { unreadable.append(said) }
        case .failures, .errors, .aborted, .tests:
            let text = JUnitWords.normalized(word)
            if ["false", "no", "off", "none"].contains(text) { return }
            let isWord = text.contains { $0.isLetter } && !JUnitCount.unknowns.contains(text)
            if isWord, count != .tests {
                note(verdict: said)
            } else {
                note(doubt: "says \(said), which is not a number of tests")
            }
        }
    }

    private static func start(_ text: UnsafePointer<CChar>) -> Substring { String(cString: text).prefix(40) }

    // MARK: Cases

    mutating func add(_ told: JUnitOpenCase) {
        found.tests += 1
        switch told.item.status {
        case .passed: passed += 1
        case .failed: found.failures += 1
        case .error: found.errors += 1
        case .skipped:
            found.skipped += 1
            if told.isKnownFailure, !told.isExpectedFailure, !habits.isOfQt { known += 1 }
            if told.isKnownFailure || habits.isOfQt && told.isKnown { found.failures += 1 }
        }
        if told.item.isFlaky { flaky += 1 }
        habits.add(told)
        elements.failures += told.failures
        elements.errors += told.errors
        attempts += told.attempts
    }

    /// Takes over what a suite in it has, whose shortage has been told.
    mutating func add(_ inner: JUnitDeclaredCounts) {
        found.add(inner.found)
        passed += inner.passed
        known += inner.known
        flaky += inner.flaky
        holdsSuites = true
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
        var shortage = Shortage(incomplete: doubts)
        if let hearsay, !isAffirmed, failures + errors == 0 {
            shortage.incomplete.append("says \(hearsay), but holds no case that failed")
        }
        if declared.tests == 0 { declared.tests = declaredTotal }
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
        if shortage.failing == nil { shortage.failing = dispute() }
        if let declaredPassed, declared.tests == 0, !holdsSuites, lacking.failures + lacking.errors == 0,
            shortage.failing == nil, declaredPassed > found.tests + substitutes, !habits.countsAssertions
        {
            shortage.incomplete.append("declares \(counted(declaredPassed, "passed test")), but holds \(passed)")
        }
        if let idleness, passed > 0 {
            shortage.incomplete.append("says \(idleness), but holds \(counted(passed, "passed test"))")
        }
        let elsewhere = max(0, declared.skipped - found.skipped) + aborted + attempts
        let absent = declared.tests - found.tests - substitutes - lacking.tests - elsewhere
        if absent > 0, declared.tests != below.tests || lacking.tests > 0 {
            shortage.incomplete.append("declares \(counted(declared.tests, "test")), but holds \(found.tests)")
            lacking.tests += absent
        }
        if aborted > found.skipped + failures + errors {
            shortage.incomplete.append("declares \(counted(aborted, "aborted test")), but holds \(found.skipped)")
        }
        if let declaredPassed, shortage.failing == nil, lacking.failures + lacking.errors == 0,
            countsCases || declaredPassed == 0 && declared.tests == 0,
            passed > declaredPassed + flaky + attempts
        {
            shortage.incomplete.append("declares \(counted(declaredPassed, "passed test")), but holds \(passed)")
        }
        return shortage
    }

    /// Failures beside a skip that its counts say are failures: `failures="1" skipped="0"`.
    private mutating func dispute() -> String? {
        let unfounded = declared.failures + declared.errors - (failures - known) - errors
        let disputed = min(known, found.skipped - declared.skipped, unfounded)
        guard declaresSkipped, disputed > 0 else { return nil }
        known -= disputed
        found.skipped -= disputed
        return
            "declares \(counted(declared.failures + declared.errors, "failure")) and \(declared.skipped) skipped, so that "
            + "\(counted(disputed, "known failure")) in it \(disputed == 1 ? "is none" : "are none")"
    }

    /// Whether its counts seem to be of the cases that are in it.
    private var countsCases: Bool { declared.tests == found.tests || (declared.tests == 0 && !holdsSuites) }

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
