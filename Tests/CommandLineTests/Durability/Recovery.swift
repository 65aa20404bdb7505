import Foundation
import Synchronization
import Testing

/// What a store holds after a disturbance, and whether the next run makes everything of it.
struct Recovery {
    /// Stage keys with an execution record, which must not be executed again.
    let recorded: Set<String>
    /// Stage keys with a checkpoint, from which they must be resumed if they run.
    private let checkpointed: Set<String>
    private let workspace: Workspace

    init(of workspace: Workspace) {
        self.workspace = workspace
        recorded = Set(
            Self.entries(workspace.store, "executions", depth: 2).compactMap { parts in
                parts.last?.hasSuffix(".json") == true
                    ? parts.joined().replacingOccurrences(of: ".json", with: "") : nil
            })
        checkpointed = Set(
            Self.entries(workspace.store, "checkpoints", depth: 2).compactMap { parts in
                parts.last == "training.safetensors" ? parts.first : nil
            })
    }

    /// Runs again, undisturbed, and looks at everything; each complaint is an issue that starts with `situation`.
    ///
    /// - Returns: How many trainings were resumed, and how much was lost.
    func verify(_ situation: String) throws -> (resumes: Int, losses: Int) {
        let reference = try Disturbance.reference.get()
        let document = try workspace.run()
        #expect(document.exit == 0, "\(situation): the next run: \(document.stages.map(\.why))")
        #expect(document.outputs == reference.outputs, "\(situation): other outputs")
        var losses = document.outputs == reference.outputs ? 0 : 1
        var resumes = 0
        for stage in document.stages where stage.state == "executed" {
            guard let key = stage.key else { continue }
            if recorded.contains(key) {
                Issue.record("\(situation): \(stage.name) was executed again")
                losses += 1
            }
            let log = try log(of: stage.name, run: document.run ?? "")
            if log.contains(/resumed from step [1-9][0-9]* of/) {
                resumes += 1
            } else if checkpointed.contains(key) {
                Issue.record("\(situation): \(stage.name) had a checkpoint and wasn't resumed: \(log)")
                losses += 1
            }
        }
        for words in [["store", "verify"], ["runs"], ["show", "latest"]] {
            let ending = try workspace.calm(words + ["--store", "s"])
            #expect(ending.exit == 0, "\(situation): calm \(words): \(ending.output) \(ending.errors)")
        }
        for folder in ["tmp", "checkpoints"] {
            #expect(
                Self.entries(workspace.store, folder, depth: 1).isEmpty, "\(situation): something is left in \(folder)/"
            )
        }
        let hidden = Self.entries(workspace.store, "", depth: 1).joined()
            .filter { $0.hasPrefix(".") && $0 != ".gitignore" }
        #expect(hidden.isEmpty, "\(situation): \(hidden) is left in the store")
        return (resumes, losses)
    }

    private func log(of stage: String, run: String) throws -> String {
        let folder = workspace.store.appendingPathComponent("runs/\(run)")
        let logs = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let name = logs.first { $0.wholeMatch(of: /\d+-(.*)\.log/)?.1 == Substring(stage) }
        return try name.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) } ?? ""
    }

    /// Paths of `depth` parts below a folder of the store.
    private static func entries(_ store: URL, _ folder: String, depth: Int) -> [[String]] {
        let url = store.appendingPathComponent(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        if depth == 1 { return names.map { [$0] } }
        return names.flatMap { name in entries(url, name, depth: depth - 1).map { [name] + $0 } }
    }
}

/// What the disturbances of a process of tests came to, said when it ends.
enum Tally {
    private static let counts = Mutex<[String: (points: Int, resumes: Int, losses: Int)]>([:])
    private static let sayIt: Void = { atexit { Tally.say() } }()

    static func add(_ kind: String, resumes: Int, losses: Int) {
        _ = sayIt
        counts.withLock { counts in
            let old = counts[kind] ?? (0, 0, 0)
            counts[kind] = (old.points + 1, old.resumes + resumes, old.losses + losses)
        }
    }

    private static func say() {
        let counts = counts.withLock { $0 }
        func line(_ name: String, _ values: [(points: Int, resumes: Int, losses: Int)]) -> String {
            func sum(_ part: KeyPath<(points: Int, resumes: Int, losses: Int), Int>) -> Int {
                values.reduce(0) { $0 + $1[keyPath: part] }
            }
            return
                "\(name): \(sum(\.points)) disturbances, \(sum(\.resumes)) trainings resumed, \(sum(\.losses)) losses"
        }
        for (kind, value) in counts.sorted(by: { $0.key < $1.key }) { print(line(kind, [value])) }
        print(line("durability, seed \(Extent.seed)", Array(counts.values)))
    }
}
