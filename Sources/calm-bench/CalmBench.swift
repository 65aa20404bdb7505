import ArgumentParser

@main
struct CalmBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calm-bench",
        abstract: "Measure calm beside others that do the same work, in turns, in one run.",
        discussion: """
            EXAMPLES
              calm-bench --python venv/bin/python
              calm-bench pipelines --dvc venv/bin/dvc --snakemake venv/bin/snakemake
              calm-bench reports --python venv/bin/python
              calm-bench models --python venv/bin/python SmolLM2-135M-Instruct.Q4_1.gguf
              calm-bench tuning --python venv/bin/python SmolLM2-135M-Instruct.Q4_1.gguf
              calm-bench compose-real --python venv/bin/python anchor.gguf augmenting.gguf
            """,
        subcommands: [
            LearningCommand.self, PipelinesCommand.self, ReportsBenchCommand.self, ModelsCommand.self,
            ArithmeticCommand.self,
            TuningCommand.self, ComposingCommand.self,
        ],
        defaultSubcommand: LearningCommand.self)
}
