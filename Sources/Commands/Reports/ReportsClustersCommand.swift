import ArgumentParser
import Artifacts
import Catalogue
import Reports

struct ReportsClustersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clusters",
        abstract: "Gather a run's failures by the shape of their messages, those of most tests first.",
        discussion: """
            A shape is the message's first line with quoted texts, paths, hexadecimal words, times and numbers masked: failures
            of one cause commonly have one shape.

            EXAMPLE
              calm reports clusters latest
            """)

    @Argument(help: "The run; the latest if left out.")
    var target: String?

    @OptionGroup var store: StoreOptions
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let catalogue = try store.openTestHistory()
        let run = try catalogue.testRun(target ?? "latest")
        let clusters = try catalogue.clusters(in: run)
        let failures = clusters.reduce(0) { $0 + $1.failures.count }
        try form.write(
            HistoryAnswer(
                title: "run \(run.run.name)",
                lines: ["\(counted(failures, "failure")) in \(counted(clusters.count, "cluster"))"],
                sections: clusters.isEmpty ? [] : [clusters.section(try catalogue.testNaming())]),
            .object(["run": run.json, "clusters": clusters.document]))
    }
}

extension [FailureCluster] {
    func section(_ names: TestNaming) -> HistoryAnswer.Section {
        HistoryAnswer.Section(
            "Clusters of failures: \(count)", [.init("tests", isNumber: true), .init("message"), .init("which")],
            map { cluster in
                let tests = cluster.tests.sorted().map { names($0) }
                let some = tests.prefix(3).joined(separator: ", ") + (tests.count > 3 ? ", …" : "")
                return ["\(cluster.tests.count)", "\(cluster.shape)", "\(some)"]
            })
    }

    var document: JSONValue {
        .array(
            map { cluster in
                .object([
                    "shape": .string(cluster.shape), "failures": .int(cluster.failures.count),
                    "example": .string(cluster.failures.first?.message ?? ""),
                    "tests": .array(cluster.tests.sorted().map(\.json)),
                ])
            })
    }
}
