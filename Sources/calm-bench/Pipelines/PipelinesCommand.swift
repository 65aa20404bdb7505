import ArgumentParser
import Foundation

struct PipelinesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipelines",
        abstract: "Measure the pipeline engine beside ninja, Snakemake and DVC, in one run.",
        discussion: """
            Runs the `calm` beside this program, and the others, as processes, in turns. Times are medians; ± is half the
            distance from the least to the most. Processor time is user and system time of the process and all it started.

            EXAMPLES
              calm-bench pipelines --dvc venv/bin/dvc --snakemake venv/bin/snakemake
              calm-bench pipelines --only noop-chain-200,cold-200 --repeats 3 --json
            """)

    @Option(help: "The ninja to measure; by default the first one along PATH.")
    var ninja = "ninja"

    @Option(help: "The Snakemake to measure; by default the first one along PATH.")
    var snakemake = "snakemake"

    @Option(help: "The DVC to measure; by default the first one along PATH.")
    var dvc = "dvc"

    @Option(help: "How often each row is measured.")
    var repeats = 5

    @Option(help: "Only these rows, separated by commas.")
    var only: String?

    @Option(help: "A folder on the disk to measure on; by default the system's temporary folder.")
    var folder: String?

    @Flag(help: "List the rows and their goals.")
    var list = false

    @Flag(help: "Write one JSON document to standard output, everything else to standard error.")
    var json = false

    static let contests = noopContests + [planContest, coldContest] + fileContests + [smallBlobsContest]

    func validate() throws {
        guard repeats >= 1 else { throw ValidationError("repeats must be at least 1") }
        for name in only?.split(separator: ",") ?? [] where !Self.contests.contains(where: { $0.name == name }) {
            throw ValidationError(
                "no row is named \(name); there are \(Self.contests.map(\.name).joined(separator: ", "))")
        }
    }

    func run() throws {
        if list {
            for contest in Self.contests {
                print("\(contest.name.padded(to: 20)) \(contest.summary)")
                for goal in contest.goals { print("\("".padded(to: 20)) goal: \(goal)") }
            }
            return
        }
        let ground = try Ground(folder: folder, programs: [.ninja: ninja, .snakemake: snakemake, .dvc: dvc])
        let environment = ground.environment
        say(environment.map { "\($0.key): \($0.value)" }.sorted().joined(separator: "\n"))
        let wanted = only?.split(separator: ",").map(String.init)
        var outcomes: [Outcome] = []
        for contest in Self.contests where wanted?.contains(contest.name) ?? true {
            let outcome = try contest.hold(on: ground, repeats: repeats)
            say(outcome.text)
            outcomes.append(outcome)
        }
        say("\n" + Outcome.table(outcomes))
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            let document = PipelinesReport(environment: environment, rows: outcomes)
            print(String(decoding: try encoder.encode(document), as: UTF8.self))
        }
    }

    private func say(_ text: String) {
        let handle = json ? FileHandle.standardError : FileHandle.standardOutput
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }
}

/// All rows and where they were measured.
private struct PipelinesReport: Encodable {
    let environment: [String: String]
    let rows: [Outcome]
}
