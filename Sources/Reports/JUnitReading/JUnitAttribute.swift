import Foundation

/// The attributes of a case that say what became of it, or what it is called.
///
/// Their names are read like words: `className`, `class-name` and `classname` are one.
enum JUnitAttribute {
    /// Its value is a word of `JUnitWords`.
    case word
    /// Its value is true or false. Where it is `strict`, another value is unknown; elsewhere it is a reason, and true.
    case flag(whenTrue: JUnitOutcome, whenFalse: JUnitOutcome, strict: Bool)
    /// Says that it failed if its value is true; a number or a text says something else.
    case mark
    /// Says that it failed if its value is another number than 0, or no number.
    case exitCode
    /// How long it took, in units of so many seconds, where nothing of a name that comes first says so.
    case duration(unit: Double)
    /// Names the case's class, if none of a lower rank does.
    case className(rank: Int)
    /// Names the case's file, if none of a lower rank does.
    case file(rank: Int)
    /// Names what the case ran on or with.
    case configuration

    static let named: [String: JUnitAttribute] = counts.merging(durations) { $1 }.merging(configurations) { $1 }
        .merging(rows) { $1 }

    private static let configurations = Dictionary(
        uniqueKeysWithValues: JUnitMarks.configurations.map {
            (JUnitWords.normalized($0), JUnitAttribute.configuration)
        })

    /// A case may say, too, how much in it failed.
    private static let counts: [String: JUnitAttribute] = JUnitCount.named.compactMapValues { count in
        count.isOfFailures
            ? .flag(whenTrue: count == .errors ? .error : .failed, whenFalse: .silent, strict: false) : nil
    }

    private static let durations: [String: JUnitAttribute] = {
        var durations: [String: JUnitAttribute] = [
            "seconds": .duration(unit: 1), "milliseconds": .duration(unit: 1e-3),
        ]
        let units: [(Double, String)] = [
            (1, "sec secs second seconds insec insecs inseconds"),
            (1e-3, "ms msec msecs millis millisecond milliseconds inms inmillis inmilliseconds"),
            (1e-6, "us usec micros microseconds inus inmicroseconds"),
            (1e-9, "ns nsec nanos nanoseconds inns innanoseconds"),
        ]
        let names =
            "duration elapsed elapsedtime executiontime runtime testtime testduration timetaken totaltime realtime"
        for name in names.split(separator: " ").map(String.init) + ["time"] {
            if name != "time" { durations[name] = .duration(unit: 1) }
            for (unit, words) in units {
                for word in words.split(separator: " ") { durations[name + word] = .duration(unit: unit) }
            }
        }
        return durations
    }()

    private static let rows: [String: JUnitAttribute] = [
        "status": .word, "result": .word, "outcome": .word, "state": .word, "verdict": .word, "testresult": .word,
        "teststatus": .word, "conclusion": .word, "testoutcome": .word, "finalresult": .word, "finalstatus": .word,
        "overallresult": .word, "overallstatus": .word, "executionstatus": .word, "executionresult": .word,
        // NUnit 2, Visual Studio's converters, custom writers.
        "success": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "successful": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "passed": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "succeeded": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "pass": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "ok": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "issuccess": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "issuccessful": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "ispassed": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "haspassed": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "executed": .flag(whenTrue: .silent, whenFalse: .skipped, strict: true),
        "enabled": .flag(whenTrue: .silent, whenFalse: .skipped, strict: false),
        "completed": .flag(whenTrue: .silent, whenFalse: .error, strict: true),
        "complete": .flag(whenTrue: .silent, whenFalse: .error, strict: false),
        "finished": .flag(whenTrue: .silent, whenFalse: .error, strict: false),
        // Android's CTS, of a module.
        "done": .flag(whenTrue: .silent, whenFalse: .error, strict: false),
        "flaky": .flag(whenTrue: .flaky, whenFalse: .silent, strict: true),
        "isflaky": .flag(whenTrue: .flaky, whenFalse: .silent, strict: true),
        // Eclipse writes `ignored` and `incomplete`.
        "incomplete": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "ignored": .flag(whenTrue: .skipped, whenFalse: .silent, strict: false),
        "disabled": .flag(whenTrue: .skipped, whenFalse: .silent, strict: false),
        "skipped": .flag(whenTrue: .skipped, whenFalse: .silent, strict: false),
        "skip": .flag(whenTrue: .skipped, whenFalse: .silent, strict: false),
        "pending": .flag(whenTrue: .skipped, whenFalse: .silent, strict: false),
        "notrun": .flag(whenTrue: .skipped, whenFalse: .silent, strict: false),
        "todo": .flag(whenTrue: .known, whenFalse: .silent, strict: false),
        "xfail": .flag(whenTrue: .known, whenFalse: .silent, strict: false),
        "expectedfailure": .flag(whenTrue: .known, whenFalse: .silent, strict: false),
        "knownfailure": .flag(whenTrue: .known, whenFalse: .silent, strict: false),
        // Node writes the message as `failure`, others a number, a boolean or an exception's name.
        "isfailed": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "isfailure": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "hasfailed": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "hasfailures": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "failuremessage": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "failmessage": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "failuretype": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "failurereason": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "iserror": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "haserror": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "haserrors": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "errormessage": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "errortype": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "exceptiontype": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "exceptionmessage": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "stacktrace": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "errorreason": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "aborted": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "coredumped": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "signal": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "timeout": .mark, "istimeout": .mark, "hastimedout": .mark,
        "exitcode": .exitCode, "exitstatus": .exitCode, "exitvalue": .exitCode, "returncode": .exitCode,
        "retcode": .exitCode, "returnvalue": .exitCode, "rc": .exitCode, "errorcode": .exitCode,
        // `class`: PHPUnit up to 5, Codeception, cwltest.
        "classname": .className(rank: 1), "class": .className(rank: 2), "testclass": .className(rank: 3),
        "fixture": .className(rank: 4), "package": .className(rank: 5),
        "file": .file(rank: 1), "filepath": .file(rank: 2), "filename": .file(rank: 3), "sourcefile": .file(rank: 4),
    ]

    /// Properties of a suite that say what became of it.
    static let properties: [String: JUnitAttribute] = {
        var properties: [String: JUnitAttribute] = [
            // Ginkgo.
            "specialsuitefailurereason": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
            "specialsuitefailurereasons": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
            "exitcode": .exitCode, "exitstatus": .exitCode, "returncode": .exitCode,
        ]
        for subject in ["suite", "testsuite", "testrun", "build", "overall"] {
            for name in ["succeeded", "success", "passed", "failed", "status", "result", "outcome", "verdict"] {
                properties[subject + name] = rows[name] ?? counts[name]
            }
        }
        return properties
    }()

    /// Whether its value says what became of a case or suite, whichever it is.
    var isVerdict: Bool {
        switch self {
        case .word, .exitCode, .flag(whenTrue: .passed, whenFalse: .failed, strict: true): true
        default: false
        }
    }

    /// Properties that anybody may have given a suite or case, and that say what became of it where nothing else does.
    static let verdicts = rows.filter { $0.value.isVerdict }

    /// Whether a property that anybody may have given says that what it is of failed.
    static func isVerdictOfFailure(_ name: String, _ value: String) -> Bool {
        guard let meaning = verdicts[JUnitWords.normalized(name)] else { return false }
        return meaning.finding(value) == .failing
    }

    /// Whether the value is a word that hardly anything but an outcome has.
    static func isOfFailure(_ value: UnsafePointer<CChar>) -> Bool {
        guard value.pointee | 0x20 == CChar(UInt8(ascii: "f")), strnlen(value, 8) < 8 else { return false }
        return ["fail", "failed", "failing", "failure"].contains(JUnitWords.normalized(value))
    }

    /// Whether an attribute of this name isn't about an outcome, whatever its value is.
    static func mayBeAnything(_ name: UnsafePointer<CChar>) -> Bool {
        let word = JUnitWords.normalized(name)
        if ["name", "title", "description", "message"].contains(where: word.hasSuffix) { return true }
        return word.hasPrefix("expected") || names.contains(word)
    }

    private static let names: Set = [
        "id", "key", "label", "type", "value", "group", "groups", "tag", "tags", "category", "categories", "feature",
        "story", "suite",
    ]

    enum Finding {
        case nothing, failing, unknown
    }

    /// What it says of a suite: of flags only words count, since numbers may count anything.
    func finding(_ value: UnsafePointer<CChar>) -> Finding {
        let word = JUnitWords.normalized(value)
        switch self {
        case .word:
            guard let outcome = JUnitWords.outcome(of: value) else { return .unknown }
            return outcome.isFailing ? .failing : .nothing
        case .flag(let whenTrue, let whenFalse, let isStrict):
            if word.isEmpty || JUnitCount.number(word) != nil { return .nothing }
            if let truth = Self.truth(word) { return (truth ? whenTrue : whenFalse).isFailing ? .failing : .nothing }
            if let outcome = JUnitWords.outcomes[word] {
                return outcome.isFailing && (isStrict || whenTrue.isFailing) ? .failing : .nothing
            }
            return isStrict ? .unknown : whenTrue.isFailing ? .failing : .nothing
        case .mark: return Self.truth(word) == true && Double(word) == nil ? .failing : .nothing
        case .exitCode: return Self.isExitCodeOfFailure(value) ? .failing : .nothing
        case .className, .file, .duration, .configuration: return .nothing
        }
    }

    static func isExitCodeOfFailure(_ value: UnsafePointer<CChar>) -> Bool {
        let text = String(cString: value)
        if let number = Double(text.filter { !$0.isWhitespace }) { return number != 0 }
        let word = JUnitWords.normalized(value)
        if word.isEmpty || Self.truth(word) == false { return false }
        return JUnitWords.outcomes[word].map(\.isFailing) ?? true
    }

    /// Whether a flag's value is true; nil if it is neither.
    static func truth(_ value: String) -> Bool? {
        switch value {
        case "true", "yes", "y", "on", "t": return true
        case "", "false", "no", "n", "off", "f", "none", "null", "nil": return false
        default: return Double(value).flatMap { $0.isFinite ? $0 != 0 : nil }
        }
    }
}
