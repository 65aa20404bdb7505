import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

extension StoreOptions {
    /// The store's test reports, with every report's rows.
    func openReports() throws -> (store: Store, catalogue: Catalogue, archive: ReportArchive) {
        let store = try open()
        let catalogue = try Catalogue(store: store)
        let archive = try ReportArchive(store, catalogue)
        if !archive.problems.isEmpty { complain("warning: " + archive.problems.wordsWithWayOut) }
        return (store, catalogue, archive)
    }

    /// Changes what is said of tests, takes it into the catalogue, and prints the line that `change` returns.
    func changeNotes(_ change: (Store, Catalogue) throws -> String) throws {
        let (store, catalogue, archive) = try openReports()
        let line = try change(store, catalogue)
        try archive.adoptNotes()
        try output(line)
    }

    /// The catalogue with every report's rows.
    func openTestHistory() throws -> Catalogue { try openReports().catalogue }
}

extension [UnreadableRecord] {
    var wordsWithWayOut: String {
        map(\.message).joined(separator: "\n") + "\n`calm store verify` sets aside what is damaged, or says what to do"
    }
}

extension Catalogue {
    /// The run that a person means: `latest`, a name, or the beginning of a name or commit that only one run has.
    func testRun(_ text: String) throws -> TestRunRow {
        let runs = text == "latest" ? try testRuns(limit: 1) : text.isEmpty ? [] : try testRuns(matching: text)
        if runs.count == 1 { return runs[0] }
        if runs.isEmpty {
            throw CommandFailure.notFound(
                try testRuns(limit: 1).isEmpty
                    ? "no test report has been ingested yet: `calm reports ingest FILE…` takes JUnit XML of any CI"
                    : "no run of tests is called '\(text)'; `calm reports list` has them")
        }
        let names = runs.prefix(5).map(\.run.name).joined(separator: ", ")
        throw CommandFailure.notFound("'\(text)' may be any of \(runs.count) runs: \(names)")
    }

    /// A run and what it is compared with: the run named, or else the one of the same job and branch before it.
    func testRuns(_ baseline: String?, _ target: String?) throws -> (baseline: TestRunRow?, run: TestRunRow) {
        let run = try testRun(target ?? "latest")
        return (try baseline.map { try testRun($0) } ?? testRun(before: run), run)
    }

    /// The test that a person means.
    func test(_ text: String) throws -> (id: Int64, name: TestName) {
        let tests = text.isEmpty ? [] : try tests(matching: text)
        guard let found = tests.first else { throw CommandFailure.notFound("no test is called '\(text)'") }
        guard tests.count == 1 else {
            let naming = try testNaming()
            let names = tests.prefix(5).map { "  \(naming($0.name))" }.joined(separator: "\n")
            let more = tests.count > 5 ? ", and more" : ""
            throw CommandFailure.notFound("'\(text)' may be any of these tests\(more):\n\(names)")
        }
        return found
    }

    /// The test that a person means, also one that was in no run yet, given in full as `suite::class::name`.
    func possibleTest(_ text: String) throws -> TestName {
        if try tests(matching: text).isEmpty, let printed = PrintedTestName(parsing: text), printed.parts.count == 3,
            let name = printed.names.first, !name.name.isEmpty
        {
            return name
        }
        return try test(text).name
    }
}

extension TestName {
    /// Merged with what else is said of the test.
    func document(_ fields: [String: JSONValue]) -> JSONValue {
        .object((json.members ?? [:]).merging(fields) { $1 })
    }
}
