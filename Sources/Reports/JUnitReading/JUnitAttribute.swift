/// The attributes of a case that say what became of it, or what it is called.
///
/// Their names are read like words: `className`, `class-name` and `classname` are one.
enum JUnitAttribute {
    /// Its value is a word of `JUnitWords`.
    case word
    /// Its value is true or false. Where it is `strict`, another value is unknown; elsewhere it is a reason, and true.
    case flag(whenTrue: JUnitOutcome, whenFalse: JUnitOutcome, strict: Bool)
    /// Names the case's class, if none of a lower rank does.
    case className(rank: Int)
    /// Names the case's file, if none of a lower rank does.
    case file(rank: Int)

    static let named: [String: JUnitAttribute] = [
        "status": .word, "result": .word, "outcome": .word, "state": .word, "verdict": .word, "testresult": .word,
        "teststatus": .word, "conclusion": .word,
        // NUnit 2, Visual Studio's converters, custom writers.
        "success": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "successful": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "passed": .flag(whenTrue: .passed, whenFalse: .failed, strict: true),
        "executed": .flag(whenTrue: .silent, whenFalse: .skipped, strict: true),
        "enabled": .flag(whenTrue: .silent, whenFalse: .skipped, strict: false),
        "completed": .flag(whenTrue: .silent, whenFalse: .error, strict: true),
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
        // Node writes the message as `failure`; others a number or a boolean.
        "failure": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "failures": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "failed": .flag(whenTrue: .failed, whenFalse: .silent, strict: false),
        "error": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "errors": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "errored": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "aborted": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "crashed": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        "timedout": .flag(whenTrue: .error, whenFalse: .silent, strict: false),
        // `class`: PHPUnit up to 5, Codeception, cwltest.
        "classname": .className(rank: 1), "class": .className(rank: 2), "testclass": .className(rank: 3),
        "fixture": .className(rank: 4), "package": .className(rank: 5),
        "file": .file(rank: 1), "filepath": .file(rank: 2), "filename": .file(rank: 3), "sourcefile": .file(rank: 4),
    ]

    /// Whether a flag's value is true; nil if it is neither.
    static func truth(_ value: String) -> Bool? {
        switch value {
        case "true", "yes", "y", "on", "t": return true
        case "", "false", "no", "n", "off", "f", "none", "null", "nil": return false
        default: return Double(value).map { $0 != 0 }
        }
    }
}
