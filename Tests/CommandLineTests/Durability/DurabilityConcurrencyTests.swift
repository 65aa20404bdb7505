import Foundation
import Synchronization
import Testing

@Suite("Eight runs at once on one store") struct DurabilityConcurrencyTests {
    /// Overlapping pipelines: the same data and base models, then by turns one of three compositions, and commands.
    private static func pipeline(_ number: Int) -> String {
        Disturbance.pipeline.replacingOccurrences(of: "steps: 150,", with: "steps: \(140 + number % 3),")
            .replacingOccurrences(of: "cat {in.i} {in.i} >", with: "sleep 0.2; cat {in.i} {in.i} >")
                + """
                  own:
                    uses: command
                    in: { i: more.x }
                    with: { shell: true, argv: ["echo \(number % 4) | cat - {in.i} > {out.x}"], out: { x: x } }

                """
    }

    private func start(in workspace: Workspace, journal: String = "wal") throws -> [CalmProcess] {
        for number in 0..<8 { try workspace.write(Self.pipeline(number), to: "\(number).yaml") }
        return try (0..<8).map { number in
            try CalmProcess(
                CalmProcess.binary(), ["run", "\(number).yaml", "--store", "s", "--json"], in: workspace.folder,
                environment: Disturbance.environment.merging(["CALM_CATALOGUE_JOURNAL": journal]) { $1 })
        }
    }

    @Test(
        "every stage executes once in all, nobody waits for ever or hears of locks, and readers aren't blocked",
        arguments: ["wal", "rollback"])
    func together(_ journal: String) async throws {
        try await blocking {
            let workspace = try Disturbance.workspace()
            // Readers find a run from the beginning.
            try workspace.write(
                "name: first\nstages: { one: { uses: command, with: { argv: [touch, '{out.x}'], out: { x: x } } } }",
                to: "first.yaml")
            let reading = Reading(journal: journal)
            #expect(try reading.calm(["run", "first.yaml"], workspace).exit == 0)
            let runs = try start(in: workspace, journal: journal)
            let isOver = Atomic(false)
            let reader = Thread {
                while !isOver.load(ordering: .acquiring) { reading.round(workspace) }
                reading.finished.signal()
            }
            reader.start()
            let endings = try runs.map { try $0.wait() }
            isOver.store(true, ordering: .releasing)
            reading.finished.wait()
            let documents = try endings.map { try RunDocument(of: $0) }

            #expect(documents.allSatisfy { $0.exit == 0 }, "\(endings.map(\.errors))")
            #expect(
                !endings.contains { $0.errors.contains("lock") || $0.errors.contains("error") },
                "\(endings.map(\.errors))")
            let executed = documents.flatMap { $0.stages.filter { $0.state == "executed" }.compactMap(\.key) }
            #expect(executed.count == Set(executed).count, "a stage was executed twice")
            #expect(Set(executed) == Set(documents.flatMap { $0.stages.compactMap(\.key) }))
            // Nine stages are common to all; three compositions with their answers; four commands of their own.
            #expect(executed.count == 9 + 3 * 2 + 4)
            try agree(documents)
            // The file's version of writing: 2 with a write-ahead log (SQLite's file format, 1.3.3).
            let header = try Data(contentsOf: workspace.file("s/catalogue.sqlite")).prefix(20)
            #expect(header.last == (journal == "wal" ? 2 : 1))
            try isSound(workspace)

            let (rounds, slowest, complaints) = reading.result
            #expect(complaints.isEmpty)
            #expect(rounds > 0)
            // A machine under load gives a process its turn late; a blocked reader would wait for the runs' end.
            #expect(slowest < 3, "a reader took \(slowest) s")
            print(
                "concurrency, \(journal): 8 runs, \(executed.count) stages executed once, \(rounds) rounds of readers, slowest \(slowest) s"
            )
        }
    }

    @Test("on a store that isn't there yet, those that are killed leave no lock behind: the others finish")
    func someKilled() async throws {
        try await blocking {
            var random = SplitMix(state: Extent.seed)
            for _ in Extent.places(0.01, stream: "killed among eight") {
                let workspace = try Disturbance.workspace()
                let runs = try start(in: workspace)
                let victims = (0..<8).shuffled(using: &random).prefix(3)
                for victim in victims {
                    usleep(.random(in: 50_000...400_000, using: &random))
                    runs[victim].send(SIGKILL)
                }
                let endings = try runs.map { try $0.wait() }
                let survivors = (0..<8).filter { !victims.contains($0) }
                let documents = try survivors.map { try RunDocument(of: endings[$0]) }
                #expect(documents.allSatisfy { $0.exit == 0 }, "\(survivors.map { endings[$0].errors })")
                let executed = documents.flatMap { $0.stages.filter { $0.state == "executed" }.compactMap(\.key) }
                #expect(executed.count == Set(executed).count, "a stage was executed twice")
                try agree(documents)
                for victim in victims {
                    let words = ["run", "\(victim).yaml", "--store", "s", "--json"]
                    let document = try RunDocument(of: try workspace.calm(words))
                    #expect(document.exit == 0)
                    try agree(documents + [document])
                }
                try isSound(workspace)
                let losses = executed.count - Set(executed).count + documents.count { $0.exit != 0 }
                Tally.add("three of eight killed", resumes: 0, losses: losses)
            }
        }
    }

    /// Same key, same outputs.
    private func agree(_ documents: [RunDocument]) throws {
        var outputs: [String: [String: String]] = [:]
        for stage in documents.flatMap(\.stages) {
            let key = try #require(stage.key)
            #expect(outputs.updateValue(stage.outputs, forKey: key).map { $0 == stage.outputs } != false, "\(stage)")
        }
    }

    private func isSound(_ workspace: Workspace) throws {
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        let left = try FileManager.default.contentsOfDirectory(
            atPath: workspace.store.appendingPathComponent("tmp").path)
        #expect(left.isEmpty)
    }
}

/// What somebody sees who keeps asking a store while others run on it.
private final class Reading: Sendable {
    let finished = DispatchSemaphore(value: 0)
    private let journal: String
    private let state = Mutex((rounds: 0, slowest: 0.0, complaints: [String]()))

    var result: (rounds: Int, slowest: Double, complaints: [String]) { state.withLock { $0 } }

    init(journal: String) { self.journal = journal }

    func calm(_ words: [String], _ workspace: Workspace) throws -> CalmProcess.Ending {
        try CalmProcess(
            CalmProcess.binary(), words + ["--store", "s"], in: workspace.folder,
            environment: ["CALM_CATALOGUE_JOURNAL": journal]
        ).wait()
    }

    func round(_ workspace: Workspace) {
        for words in [["runs"], ["show", "latest"], ["metrics", "--stage", "one"]] {
            let start = ContinuousClock.now
            let ending = Result { try calm(words, workspace) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            state.withLock { state in
                state.slowest = max(state.slowest, seconds)
                switch ending {
                case .success(let ending) where ending.exit == 0: break
                case .success(let ending): state.complaints.append("calm \(words): \(ending.errors)")
                case .failure(let error): state.complaints.append("calm \(words): \(error)")
                }
            }
        }
        state.withLock { $0.rounds += 1 }
    }
}
