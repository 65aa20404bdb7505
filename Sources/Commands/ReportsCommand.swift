import ArgumentParser

struct ReportsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reports",
        abstract: "Keep the test reports of any CI, and say what changed.",
        discussion: """
            EXAMPLES
              calm reports ingest build/test-results --commit 0123abc --branch main
              calm reports diff
              calm reports gate
            """,
        subcommands: [
            ReportsIngestCommand.self, ReportsListCommand.self, ReportsShowCommand.self, ReportsDiffCommand.self,
            ReportsHistoryCommand.self, ReportsFlakyCommand.self, ReportsSlowestCommand.self,
            ReportsRegressionsCommand.self, ReportsClustersCommand.self, ReportsGateCommand.self,
            ReportsQuarantineCommand.self, ReportsUnquarantineCommand.self, ReportsQuarantinedCommand.self,
            ReportsAliasCommand.self, ReportsUnaliasCommand.self, ReportsAliasesCommand.self,
            ReportsPruneCommand.self, ReportsMergeCommand.self,
        ])
}
