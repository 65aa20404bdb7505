import ArgumentParser
import Foundation
import Glibc
import Tensors

struct LearningCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learning",
        abstract: "Measure training, composition and decoding beside PyTorch, in one run.",
        discussion: """
            Each row is done in turns by us and by PyTorch (eager, and compiled where that works; the faster counts), with
            the same model, weights, sequences and threads. Times are medians; ± is half the distance from the least to the
            most. The ceiling is the row's matrix products alone, attention's included; the peak is what large products
            reach.

            EXAMPLES
              calm-bench learning --python venv/bin/python
              calm-bench learning --only train-d128,decode-d64 --repeats 9 --json
            """)

    @Option(help: "A Python interpreter that has PyTorch.")
    var python = "python3"

    @Option(help: "Threads of both sides.")
    var threads = 2

    @Option(help: "How often each row is measured.")
    var repeats = 7

    @Option(help: "Only these rows, separated by commas.")
    var only: String?

    @Flag(help: "List the rows and their goals.")
    var list = false

    @Flag(help: "Leave out torch.compile, which takes a while to start.")
    var eager = false

    @Flag(help: "Write one JSON document to standard output, everything else to standard error.")
    var json = false

    @Option(help: .hidden)
    var memoryProbe: String?

    func validate() throws {
        guard threads >= 1, repeats >= 1 else { throw ValidationError("threads and repeats must be at least 1") }
        for name in only?.split(separator: ",") ?? [] where !Self.rows.contains(where: { $0.name == name }) {
            throw ValidationError("no row is named \(name); there are \(Self.rows.map(\.name).joined(separator: ", "))")
        }
    }

    static var rows: [Row] { trainingRows + compositionRows + decodingRows + memoryRows + [pipelineRow] }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        if let memoryProbe { return try MemoryProbe.run(memoryProbe, threads: threads) }
        if list {
            for row in Self.rows { print("\(row.name.padded(to: 20)) \(row.summary)") }
            return
        }
        let bench = try Bench(python: python, threads: threads, usesCompiler: !eager)
        let environment = try bench.environment()
        say(environment.map { "\($0.key): \($0.value)" }.sorted().joined(separator: "\n"))
        let wanted = only?.split(separator: ",").map(String.init)
        var results: [RowResult] = []
        for row in Self.rows where wanted?.contains(row.name) ?? true {
            let result = try bench.measure(row, repeats: repeats)
            say(Report.text(result))
            results.append(result)
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            let document = Report(environment: environment, rows: results)
            print(String(decoding: try encoder.encode(document), as: UTF8.self))
        }
    }

    private func say(_ text: String) {
        let handle = json ? FileHandle.standardError : FileHandle.standardOutput
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }
}

/// What the rows share: the threads, the peer if there is one, and a folder for weights.
final class Bench {
    let threads: Int
    let folder: URL
    let peer: PeerProcess?
    let usesCompiler: Bool
    let python: String
    /// Operations a second in large products on all threads.
    let peak: Double
    private let peerProblem: String?
    private var notes: [String] = []

    init(python: String, threads: Int, usesCompiler: Bool) throws {
        self.threads = threads
        self.python = python
        self.usesCompiler = usesCompiler
        peak = ProductCeiling.peak(threads: threads)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        do {
            peer = try PeerProcess(python: python, threads: threads)
            peerProblem = nil
        } catch let error as PeerError {
            peer = nil
            peerProblem = error.description
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Says something beside the row that is being prepared.
    func note(_ text: String) { notes.append(text) }

    func write(_ data: Data, _ name: String) throws -> String {
        let file = folder.appendingPathComponent(name)
        try data.write(to: file)
        return file.path
    }

    /// All contenders in turns, `repeats` times, each for about half a second.
    func measure(_ row: Row, repeats: Int) throws -> RowResult {
        notes = []
        var samples: [(Contender.Role, Samples)] = []
        do {
            let contenders = try row.prepare(self)
            samples = try times(row, contenders, repeats)
        } catch let error as PeerError {
            note(error.description)
        }
        _ = try? peer?.ask(["do": "forget"])
        return RowResult(row, samples, peak: peak, notes: notes)
    }

    private func times(_ row: Row, _ contenders: [Contender], _ repeats: Int) throws -> [(Contender.Role, Samples)] {
        var samples = contenders.map { ($0.role, Samples($0.name, row.unit)) }
        // What runs as a process of its own is neither warmed up nor repeated within a measurement.
        let isProcess = row.unit == .bytes || row.limit != nil
        // The first steps take the memory that later ones reuse.
        for contender in contenders where !isProcess { _ = try contender.measure(2) }
        let counts = try contenders.map { isProcess ? 1 : max(1, min(500, Int(0.5 / max(try $0.measure(1), 1e-6)))) }
        for _ in 0..<(isProcess ? min(repeats, 3) : repeats) {
            for index in contenders.indices { samples[index].1.add(try contenders[index].measure(counts[index])) }
        }
        return samples
    }

    func environment() throws -> [String: String] {
        var facts = ["numeric profile": try NumericProfile.current().description, "threads": String(threads)]
        facts["peak"] = "\(decimals(peak / 1e9, 0)) GFLOP/s in large products on all threads"
        facts["PyTorch"] = peer?.version ?? peerProblem
        let processors = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = processors.split(separator: "\n").first { $0.hasPrefix("model name") }
        facts["processor"] = model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        return facts
    }
}

/// Seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let elapsed = try ContinuousClock().measure(body)
    return elapsed / .seconds(1)
}
