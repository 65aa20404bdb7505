import Foundation

/// The pipeline that is disturbed: commands, a file beside it, data, training, composition with kept activations, answers.
enum Disturbance {
    static let pipeline = """
        name: disturbed
        stages:
          pairs: { uses: kv.pairs, with: { count: 12, held-in-share: 0.5, seed: 1 } }
          expressions:
            uses: kv.expressions
            in: { pairs: pairs }
            with: { fewest-operands: 2, most-operands: 2, training: 40, composition: 20, evaluation: 8, seed: 1 }
          examples: { uses: kv.task, in: { expressions: expressions.training }, with: { task: num-math } }
          tokenizer:
            uses: tokenizer.symbols
            in: { pairs: pairs, expressions: expressions.training }
            with: { keys: tokens }
          corpus: { uses: corpus.tokenize, in: { datasets: examples, tokenizer: tokenizer } }
          augmenting:
            uses: model.train
            in: { corpus: corpus }
            with: { layers: 1, width: 16, heads: 2, steps: 200, batch: 8 }
          anchor:
            uses: model.train
            in: { corpus: corpus }
            with: { layers: 2, width: 16, heads: 2, steps: 200, batch: 8, average: 0.9 }
          composed:
            uses: model.compose
            in: { anchor: anchor, augmenting: augmenting, corpus: corpus }
            with:
              { connections: [[0, 0], [0, 1]], heads: 2, steps: 150, batch: 8, dropout: 0.1, frozen-activations: always }
          scores:
            uses: evaluate.exact-match
            in: { model: composed, dataset: examples }
            with: { limit: 4 }
            expect: { accuracy: ">= 0" }
          words:
            uses: command
            in: { i: { file: words.txt } }
            with:
              shell: true
              argv: ["sort {in.i} > {out.x}; echo '{\\"size\\": 3}' > m.json"]
              out: { x: x }
              metrics: m.json
          more:
            uses: command
            in: { i: words.x }
            with: { shell: true, argv: ["cat {in.i} {in.i} > {out.x}"], out: { x: x } }

        """

    /// Checkpoints at nearly every step.
    static let environment = ["CALM_CHECKPOINT_SECONDS": "0.002"]

    static func workspace() throws -> Workspace {
        let workspace = try Workspace(pipeline)
        try workspace.write((1...2_000).map { "\($0 * 7_919 % 2_003)\n" }.joined(), to: "words.txt")
        return workspace
    }

    /// An undisturbed run: what it gave, how long it took, and the calls that it made.
    struct Reference: Sendable {
        let outputs: [String: [String: String]]
        let seconds: Double
        let calls: [FaultLibrary.Action: Int]
        let storeBytes: Int
    }

    static let reference: Result<Reference, any Error> = Result {
        let workspace = try Self.workspace()
        let library = try FaultLibrary(
            .count, at: 0, below: workspace.store, file: workspace.file("faults"))
        let start = ContinuousClock.now
        let run = try workspace.start(environment: environment.merging(library.environment) { $1 })
        let document = try RunDocument(of: try run.wait())
        guard document.exit == 0, document.names("executed").count == document.stages.count else {
            throw CalmProcess.Problem(description: "\(document)")
        }
        let account = try library.account()
        let files = FileManager.default.enumerator(at: workspace.store, includingPropertiesForKeys: [.fileSizeKey])
        let bytes = try (files?.allObjects as? [URL] ?? []).reduce(0) {
            $0 + (try $1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0)
        }
        return Reference(
            outputs: document.outputs, seconds: (ContinuousClock.now - start) / .seconds(1),
            calls: FaultLibrary.Action.allCases.reduce(into: [:]) { $0[$1] = account.calls(for: $1) },
            storeBytes: bytes)
    }
}

extension RunDocument {
    /// Digests by stage and role.
    var outputs: [String: [String: String]] { Dictionary(uniqueKeysWithValues: stages.map { ($0.name, $0.outputs) }) }
}

/// Runs what blocks for long, two at a time, on a thread of its own: on one of Swift's few it would hold up every test
/// that is a task.
func blocking(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            turns.wait()
            let result = Result(catching: body)
            turns.signal()
            continuation.resume(with: result)
        }
    }
}

private let turns = DispatchSemaphore(value: 2)

/// How many disturbances there are: 25 or so, or what `CALM_FAULTS` says, drawn by the seed `CALM_FAULTS_SEED`.
enum Extent {
    private static let environment = ProcessInfo.processInfo.environment
    static let total = environment["CALM_FAULTS"].flatMap(Int.init) ?? 25
    static let seed = environment["CALM_FAULTS_SEED"].flatMap(UInt64.init) ?? 1

    /// A share of the total, at least one, as places from 0 to 1: one in each of as many equal parts, so that they lie
    /// everywhere.
    static func places(_ share: Double, stream: String) -> [Double] {
        let count = max(1, Int((share * Double(total)).rounded()))
        var random = SplitMix(state: stream.utf8.reduce(seed &* 0x9E37_79B9_7F4A_7C15) { $0 &* 31 &+ UInt64($1) })
        return (0..<count).map { (Double($0) + Double.random(in: 0..<1, using: &random)) / Double(count) }
    }
}

/// Vigna's SplitMix64: https://prng.di.unimi.it/splitmix64.c
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
