/// What became of a test.
package enum TestStatus: String, Hashable, Sendable, CaseIterable {
    case passed, failed, error, skipped

    package var isFailing: Bool { self == .failed || self == .error }
}

/// One test case as a report tells of it.
package struct TestCase: Hashable, Sendable {
    package struct Failure: Hashable, Sendable {
        /// The element's name: `failure`, `error`, `skipped`, `flakyFailure`, `rerunError` and the like.
        package var kind: String
        package var type: String
        package var message: String
        /// The beginning and end of the text.
        package var details: String
        /// The message with all that varies masked, by which failures are clustered.
        package var shape: String

        package init(kind: String, type: String, message: String, details: String, shape: String) {
            self.kind = kind
            self.type = type
            self.message = message
            self.details = details
            self.shape = shape
        }
    }

    /// The names of the suites around it, outermost first, joined by `/`.
    package var suite: String
    package var className: String
    package var name: String
    /// What else tells it from a test with the same names: its file or, where a report has one suite for several browsers or
    /// hosts, that. Empty if nothing does.
    package var qualifier: String
    package var status: TestStatus
    /// Whether the report says that it failed first and then passed.
    package var isFlaky: Bool
    package var seconds: Double?
    package var failures: [Failure]

    package init(
        suite: String, className: String, name: String, qualifier: String = "", status: TestStatus = .passed,
        isFlaky: Bool = false, seconds: Double? = nil, failures: [Failure] = []
    ) {
        self.suite = suite
        self.className = className
        self.name = name
        self.qualifier = qualifier
        self.status = status
        self.isFlaky = isFlaky
        self.seconds = seconds
        self.failures = failures
    }
}

/// What the test cases of a report add up to.
package struct TestSummary: Hashable, Sendable {
    package var tests = 0
    package var failures = 0
    package var errors = 0
    package var skipped = 0
    package var seconds = 0.0
    /// What was lost or mended in reading.
    package var warnings: [String] = []
    /// Why the report can't be taken for the whole run of its tests, a sentence each: it was cut off, it declares more tests than it
    /// holds, it has none, or something in it could not be read. Such a report never counts as passed.
    package var incomplete: [String] = []
    /// The warnings that don't say why it is incomplete.
    package var otherWarnings: [String] { warnings.filter { !incomplete.contains($0) } }

    package init() {}

    package mutating func add(_ item: TestCase) {
        tests += 1
        switch item.status {
        case .passed: break
        case .failed: failures += 1
        case .error: errors += 1
        case .skipped: skipped += 1
        }
        seconds += item.seconds ?? 0
    }
}
