import Catalogue

/// The tests of one indentation: those of a file, or of a subtest.
struct TAPLevel {
    let indentation: Int
    /// Of the subtest, by a comment or by its result in front of it.
    var name: String?
    /// The names around its tests, its own last.
    var path: [String] = []
    var plan = TAPPlan()
    /// Cases in it and in its subtests, and how many of them failed.
    var cases = 0
    var failing = 0
    /// Those that failed, until the result of the subtest that this is says whether it was known to fail.
    var held: [HeldCase] = []
    /// What a subtest of it came to, which its result comes after.
    var subtest: TAPSubtest?
    /// The result of a subtest that comes before it, ending in `{`.
    var braced: TAPResult?

    init(_ indentation: Int) { self.indentation = indentation }
}

/// What the tests of a subtest came to.
struct TAPSubtest {
    let name: String
    var cases: Int
    var failing: Int
    var held: [HeldCase]
}

/// A case that failed, with the names of the suites around it.
struct HeldCase {
    var item: TestCase
    let path: [String]
}

/// A result, and what is said of it behind it.
struct TAPResult {
    let point: TAPPoint
    let indentation: Int
    private var text: BoundedText
    private var message = ""
    private var isMessageNext = false
    private var failureType = ""
    private var duration: Double?

    init(_ point: TAPPoint, _ indentation: Int, isWhole: Bool) {
        self.point = point
        self.indentation = indentation
        text = BoundedText(isWhole: isWhole)
        duration = point.seconds
    }

    /// A line of a comment, or of what the program has printed.
    mutating func take(comment line: some StringProtocol) {
        if point.isOK { return }
        if message.isEmpty, !line.trimmingCharacters(in: .whitespaces).isEmpty {
            message = line.trimmingCharacters(in: .whitespaces)
        }
        add(line)
    }

    /// A line of its block of YAML.
    mutating func take(block line: some StringProtocol) {
        let entry = line.trimmingCharacters(in: .whitespaces)
        let parts = entry.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        let value = parts.count == 2 ? parts[1].trimmingCharacters(in: ["'", "\""]) : ""
        switch parts.first {
        case "duration_ms": duration = Double(value).map { $0 / 1000 } ?? duration
        case "failureType": failureType = value
        default: break
        }
        if point.isOK { return }
        if isMessageNext, !entry.isEmpty {
            (message, isMessageNext) = (entry, false)
        } else if message.isEmpty, let key = parts.first, ["message", "error"].contains(key) {
            // `error: |-` and the like: the text is on the next line.
            isMessageNext = ["", "|", "|-", "|+", ">", ">-", ">+"].contains(value)
            if !isMessageNext { message = value }
        }
        add(line)
    }

    private mutating func add(_ line: some StringProtocol) {
        text.separate()
        text.append(String(line) + "\n")
    }

    /// Whether it says that something else than its subtests failed.
    var hasOwnFailure: Bool { !failureType.isEmpty && failureType != "subtestsFailed" }

    /// The case that it is.
    func testCase(named name: String, in suite: String) -> TestCase {
        var item = TestCase(suite: suite, className: "", name: name, seconds: duration)
        if !point.isOK { item.failures = [failure("failure", message, text.text)] }
        switch point.directive {
        case .skip(let reason):
            item.status = .skipped
            item.failures = [failure("skipped", reason, "")]
        case .todo(let reason) where !point.isOK: item.makeKnown(reason)
        case .todo, nil: item.status = point.isOK ? .passed : .failed
        }
        return item
    }

    private func failure(_ kind: String, _ message: String, _ details: String) -> TestCase.Failure {
        TestCase.Failure(
            kind: kind, type: failureType, message: message, details: details,
            shape: messageShape(message.isEmpty ? details : message))
    }
}

extension TestCase {
    /// Takes a failure for one that was expected.
    mutating func makeKnown(_ reason: String) {
        status = .skipped
        failures.append(Failure(kind: "skipped", type: "", message: reason, details: "", shape: messageShape(reason)))
    }
}
