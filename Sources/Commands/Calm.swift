import ArgumentParser
import Artifacts

/// The command line: one file a command.
package struct Calm: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "calm",
        abstract: "Run declarative pipelines that train, compose and evaluate language models.",
        discussion: """
            Composition is CALM (arXiv 2401.02412): a frozen anchor model and a frozen augmenting model, joined by
            learned projections and cross-attention.

            EXAMPLE
              calm run pipelines/kv-arithmetic.yaml

            EXIT CODES
              0 success, 1 a gate missed, 2 usage, 3 invalid pipeline, 4 a stage failed, 5 the store,
              129/130/143 ended by SIGHUP, SIGINT or SIGTERM
            """,
        version: "calm \(version), store format \(Store.format)",
        subcommands: [
            RunCommand.self, PlanCommand.self, ValidateCommand.self, VerifyCommand.self, SchemaCommand.self,
            KindsCommand.self,
            WhyCommand.self,
            RunsCommand.self, DiffCommand.self, ShowCommand.self, CatCommand.self, GetCommand.self, PinCommand.self,
            UnpinCommand.self, PinsCommand.self, ExportCommand.self, ImportCommand.self, LogCommand.self,
            MetricsCommand.self, ComposeCommand.self, GenerateCommand.self, ScoreCommand.self, PerplexityCommand.self,
            TokenizeCommand.self,
            DetokenizeCommand.self, TemplateCommand.self, MetricCommand.self, InspectCommand.self, ReportCommand.self,
            ReportsCommand.self,
            StoreCommand.self, WorkerCommand.self,
        ])

    private static let version = "0.6.0"

    package init() {}
}
