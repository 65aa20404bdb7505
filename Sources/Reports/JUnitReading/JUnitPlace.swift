/// What an element is where it stands.
enum JUnitPlace {
    /// A suite, or the root around suites.
    case suite
    /// A root of another name.
    case otherRoot
    case testCase
    /// Says what became of a case or suite.
    case result
    /// Within a result: what Surefire puts a rerun's stack trace and output into.
    case detail
    /// Says it in a word. `telling` is how many elements of the case had said something before.
    case word(String, isSaid: Bool, telling: Int)
    /// Says so of a suite; `tests` is how many cases had been read before.
    case wordOfSuite(String, tests: Int)
    /// Has a name that says that the case passed.
    case affirmation(String)
    /// Has a name that says of a suite that it failed; `elements` is how many of the report had begun with it.
    case failureOfSuite(String, elements: Int)
    /// Within a case, and not known: an outcome, unless something known is in it.
    case unknown(String, telling: Int)
    /// Within a case: an exception's stack trace, if it holds a text.
    case trace(String)
    case output(isKept: Bool)
    case properties, property
    /// Groups other elements.
    case group
    /// Stands where groups do, and has attributes of a case; `tests` is how many cases had been read before.
    case groupLikeCase(String, tests: Int)
    /// Within a case: says nothing of its outcome.
    case silent
    /// Elements in it are text.
    case opaque

    var holdsText: Bool {
        switch self {
        case .result, .detail, .word, .wordOfSuite, .failureOfSuite, .affirmation, .trace, .property,
            .output(isKept: true):
            true
        default: false
        }
    }

    /// Whether text here is neither a program's output nor of a result.
    var isOfSuites: Bool {
        switch self {
        case .suite, .otherRoot, .group, .groupLikeCase: true
        default: false
        }
    }

    /// Whether text here is in no element of text at all.
    var isBetweenElements: Bool {
        if case .testCase = self { return true }
        return isOfSuites
    }

    var isStructure: Bool {
        switch self {
        case .suite, .testCase: true
        default: false
        }
    }
}

/// The document's root: a report may be in any, but one in which no suite and no case comes soon is another document.
struct JUnitRoot {
    /// How many elements a root of another name may hold before the first suite or case.
    private static let patience = 1000

    private let name: String
    private var isReport: Bool
    private var others = 0

    init(_ name: String = "") {
        self.name = String(name.prefix(40))
        isReport = ["testsuites", "testsuite", "testrun", "testcase"].contains(name)
    }

    mutating func pass(_ place: JUnitPlace) throws(JUnitProblem) {
        guard !isReport else { return }
        // Its configuration holds suites, too, by their folders.
        if name == "phpunit" { try finish() }
        isReport = place.isStructure
        others += 1
        if others > Self.patience { try finish() }
    }

    func finish() throws(JUnitProblem) {
        guard isReport else { throw .foreign("it is no JUnit report: its root element is '\(name)'") }
    }
}
