/// What an element is to a report's structure.
///
/// Only these names are structure where text can be meant; of others the place and the end tag decide.
enum MarkupRole: Equatable {
    case suites, suite, testCase, properties, property
    /// Says what became of a case, or of a suite.
    case result
    /// A result that has elements in it: Surefire's reruns.
    case rerun
    case output
    /// Says what became of a case under one of many other names, which are words of other texts, too.
    case outcome
    case other

    init(_ name: String) {
        switch name {
        case "testcase": self = .testCase
        case "testsuite": self = .suite
        case "testsuites", "testrun": self = .suites
        case "failure", "error", "skipped": self = .result
        case "flakyFailure", "flakyError", "rerunFailure", "rerunError": self = .rerun
        case "system-out", "system-err": self = .output
        case "properties": self = .properties
        case "property": self = .property
        default:
            if case .result? = JUnitElement.named[JUnitWords.normalized(name)] {
                self = .outcome
            } else {
                self = .other
            }
        }
    }

    /// Whether only text is in it.
    var isText: Bool {
        switch self {
        case .result, .rerun, .output, .outcome, .property: true
        case .suites, .suite, .testCase, .properties, .other: false
        }
    }

    var isSuite: Bool { self == .suite || self == .suites }

    /// Whether a tag of it in a text without an end shows where the text ends.
    var isLandmark: Bool {
        switch self {
        case .suites, .suite, .testCase, .result, .rerun, .output: true
        case .properties, .property, .outcome, .other: false
        }
    }

    /// Attributes that can end the value before them. Those of other names only do if the rest of the tag is in order.
    func expects(_ attribute: String) -> Bool {
        switch self {
        case .testCase:
            [
                "name", "classname", "class", "time", "file", "line", "status", "result", "assertions", "id",
                "timestamp",
                "url", "package", "qualname", "tests",
            ].contains(attribute)
        case .suite, .suites:
            [
                "name", "tests", "failures", "errors", "skipped", "disabled", "time", "timestamp", "hostname", "id",
                "package", "file", "assertions", "ignored", "url", "version",
            ].contains(attribute)
        case .result, .rerun, .outcome: ["message", "type", "time"].contains(attribute)
        case .property: ["name", "value"].contains(attribute)
        case .output, .properties, .other: false
        }
    }
}
