import ArgumentParser

struct ReportsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reports",
        abstract: "Keep the test reports of any CI, and say what changed.",
        discussion: """
            EXAMPLES
              calm reports ingest build/test-results --commit 0123abc --branch main
              calm reports diff
            """,
        subcommands: [
            ReportsIngestCommand.self, ReportsListCommand.self, ReportsDiffCommand.self, ReportsHistoryCommand.self,
            ReportsGateCommand.self,
        ])
}
