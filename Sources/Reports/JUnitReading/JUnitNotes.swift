import Catalogue

/// What there is to be said of a report's reading.
struct JUnitNotes {
    /// How many sentences of one sort are written out.
    private static let limit = 3

    var unnamed = 0
    private var knownFailures = 0
    private var unreadableTimes = 0
    private var firstUnreadableTime = ""
    private var unreadableCounts: [String] = []
    private var unknownOutcomes: [(text: String, cases: Int)] = []
    private var casesOfUnknownOutcome = 0
    private var structureInText: [(name: String, elements: Int)] = []
    private var incomplete: [String] = []
    private var furtherIncomplete = 0

    mutating func note(unreadableTime text: String) {
        if unreadableTimes == 0 { firstUnreadableTime = String(text.prefix(40)) }
        unreadableTimes += 1
    }

    mutating func note(unreadableCounts texts: [String]) {
        for text in texts where !unreadableCounts.contains(text) && unreadableCounts.count < 10 {
            unreadableCounts.append(text)
        }
    }

    /// An element such as `testcase` in a text, where it means nothing.
    mutating func note(structureInText name: String) {
        if let index = structureInText.firstIndex(where: { $0.name == name }) {
            structureInText[index].elements += 1
        } else {
            structureInText.append((name, 1))
        }
    }

    mutating func note(incomplete sentence: String) {
        if incomplete.contains(sentence) { return }
        if incomplete.count < 10 { incomplete.append(sentence) } else { furtherIncomplete += 1 }
    }

    /// A case that has ended.
    mutating func note(_ told: JUnitOpenCase) {
        if told.isKnownFailure { knownFailures += 1 }
        guard !told.unknown.isEmpty else { return }
        casesOfUnknownOutcome += 1
        for text in told.unknown {
            if let index = unknownOutcomes.firstIndex(where: { $0.text == text }) {
                unknownOutcomes[index].cases += 1
            } else if unknownOutcomes.count < 20 {
                unknownOutcomes.append((text, 1))
            }
        }
    }

    func add(to summary: inout TestSummary) {
        if unnamed > 0 { summary.warnings.append("\(counted(unnamed, "test case")) without a name") }
        if unreadableTimes > 0 {
            summary.warnings.append(
                "\(counted(unreadableTimes, "duration")) can't be understood, such as '\(firstUnreadableTime)'")
        }
        if !unreadableCounts.isEmpty {
            summary.warnings.append(
                "counts of a suite that are not numbers: \(unreadableCounts.prefix(Self.limit).joined(separator: ", "))"
            )
        }
        if knownFailures > 0 {
            let verb = knownFailures == 1 ? "counts" : "count"
            summary.warnings.append("\(counted(knownFailures, "known failure")) \(verb) as skipped")
        }
        if !unknownOutcomes.isEmpty {
            let texts = unknownOutcomes.map { $0.cases > 1 ? "\($0.text) (\($0.cases))" : $0.text }
            summary.warnings.append(
                "\(counted(casesOfUnknownOutcome, "test case")) with an unknown outcome, never taken for passed: "
                    + texts.joined(separator: ", "))
        }
        if !structureInText.isEmpty {
            let texts = structureInText.map { $0.elements > 1 ? "<\($0.name)> (\($0.elements))" : "<\($0.name)>" }
            summary.warnings.append(
                "elements in an output or property are text and don't count: \(texts.joined(separator: ", "))")
        }
        for sentence in incomplete { summary.report(incomplete: sentence) }
        if furtherIncomplete > 0 {
            summary.report(incomplete: "\(counted(furtherIncomplete, "other suite")) likewise")
        }
        if summary.tests == 0 { summary.report(incomplete: "the report holds no test case") }
    }
}

extension TestSummary {
    static let oddBytes =
        "bytes outside of any text can't be read in the file's encoding: results may be missing"
    static let leftovers = "a text between elements looks like what is left of a damaged tag: results may be missing"

    /// Adds a reason why the report is incomplete, which is a warning, too.
    mutating func report(incomplete sentence: String) {
        incomplete.append(sentence)
        warnings.append(sentence)
    }

    /// Takes back a case.
    mutating func remove(_ item: TestCase) {
        tests -= 1
        switch item.status {
        case .passed: break
        case .failed: failures -= 1
        case .error: errors -= 1
        case .skipped: skipped -= 1
        }
        seconds -= item.seconds ?? 0
    }
}
