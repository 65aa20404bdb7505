import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsFlakyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flaky",
        abstract: "List the flaky tests, each with what shows it.",
        discussion: """
            A test is flaky if, in the latest runs of a job and branch (--runs), it has different results on one commit: passed
            and failed in several runs or attempts of one job, or several times in one run, or failed first and then passed by
            its own report. Or if its results switched between passed and failed often enough (--switches); tests that are one
            switch short are listed as near misses.

            EXAMPLES
              calm reports flaky
              calm reports flaky --runs 50 --switches 5 --json
            """)

    @OptionGroup var rules: FlakyOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let catalogue = try store.openTestHistory()
        let names = try catalogue.testNaming()
        let found = try catalogue.flakyTests(rules.rules)
        let near = try nearMisses(catalogue, besides: Set(found.map(\.test)))
        let tests = Set(found.map(\.test)).count
        func row(_ item: FlakyTest) -> [HistoryAnswer.Cell] {
            [
                "\(names(item.test))\(item.quarantinedUntil.map { " (quarantined until \($0))" } ?? "")",
                "\(item.rule.rawValue)", "\(item.job ?? "")", "\(item.summary)",
            ]
        }
        let titles = ["test", "rule", "job", "evidence"]
        try form.write(
            HistoryAnswer(
                title: tests == 0 ? "no test is flaky" : counted(tests, "flaky test"),
                lines: ["in the last \(counted(rules.runs, "run")) of each job and branch"] + words(near),
                sections: (found.isEmpty ? [] : [.init("Flaky tests", titles.map { .init($0) }, found.map(row))])
                    + (near.isEmpty ? [] : [.init("Near misses", titles.map { .init($0) }, near.map(row))])),
            .object([
                "runs": .int(rules.runs), "switches": .int(rules.switches), "flaky": .array(found.map(\.json)),
                "nearMisses": .array(near.map(\.json)),
            ]))
    }

    /// Tests that switched once less than is needed; one that was broken and mended is none.
    private func nearMisses(_ catalogue: Catalogue, besides found: Set<TestName>) throws -> [FlakyTest] {
        guard rules.switches > 2 else { return [] }
        var wider = rules.rules
        wider.switches -= 1
        return try catalogue.flakyTests(wider).filter { $0.rule == .switches && !found.contains($0.test) }
    }

    /// What is missing for them to be flaky.
    private func words(_ near: [FlakyTest]) -> [String] {
        if near.isEmpty { return [] }
        let isCommitKnown = near.contains { $0.results.contains { $0.commit != nil } }
        return [
            "\(counted(near.count, "test")) \(near.count == 1 ? "comes" : "come") close: \(rules.switches - 1) switches, "
                + "\(rules.switches) are needed (--switches)"
                + (isCommitKnown
                    ? ""
                    : "; no commit is known: `calm reports ingest --commit` lets results on one commit be compared")
        ]
    }
}

extension FlakyTest {
    var json: JSONValue {
        test.document([
            "rule": .string(rule.rawValue), "job": .optional(job), "branch": .optional(branch),
            "commit": .optional(commit), "switches": switches.map(JSONValue.int) ?? .null,
            "quarantinedUntil": .optional(quarantinedUntil),
            "evidence": .array(
                results.map { result in
                    .object([
                        "run": .string(result.run), "commit": .optional(result.commit), "passed": .int(result.passed),
                        "failed": .int(result.failed), "flaky": .bool(result.isFlaky),
                        "message": .string(result.message),
                    ])
                }),
        ])
    }
}
