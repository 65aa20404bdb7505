import Artifacts
import Foundation
import Pipelines
import Synchronization
import Testing

/// Earlier executions in memory, and a record of each question asked.
private final class FakeCache: ExecutionCache {
    private struct State {
        var executions: [Digest: CachedExecution] = [:]
        var nearest: [String: NearestExecution] = [:]
        var missing: Set<Digest> = []
        var damaged: Set<Digest> = []
        var losses: [Digest: String] = [:]
        var questions: [String] = []
    }

    private let state = Mutex(State())
    var questions: [String] { state.withLock { $0.questions } }

    func add(_ key: StageKey, stage: String, outputs: [String: Digest], objects: [Digest] = []) {
        state.withLock {
            $0.executions[key.digest] = CachedExecution(outputs: outputs, metrics: ["m": 1], objects: objects)
            $0.nearest[stage] = NearestExecution(stage: stage, document: key.document)
        }
    }

    func setNearest(of stage: String, to other: String) { state.withLock { $0.nearest[stage] = $0.nearest[other] } }

    func lose(_ object: Digest) { state.withLock { _ = $0.missing.insert(object) } }

    func damage(_ object: Digest) { state.withLock { _ = $0.damaged.insert(object) } }

    func execution(_ key: Digest, stage: String) throws -> CachedExecution? {
        state.withLock {
            $0.questions.append("execution of \(stage)")
            return $0.executions[key]
        }
    }

    func nearestExecution(stage: String, kind: String, document: JSONValue) throws -> NearestExecution? {
        state.withLock {
            $0.questions.append("nearest to \(stage)")
            return $0.nearest[stage]
        }
    }

    func hasExecution(ofKind kind: String, where holds: (JSONValue) -> Bool) throws -> Bool {
        state.withLock { $0.nearest.values.contains { holds($0.document) } }
    }

    func lose(_ execution: StageKey, why: String) {
        state.withLock {
            $0.executions[execution.digest] = nil
            $0.losses[execution.digest] = why
        }
    }

    func loss(of key: Digest) throws -> String? { state.withLock { $0.losses[key] } }

    func state(of object: Digest) -> ObjectState {
        state.withLock {
            $0.questions.append("state of \(object.short)")
            return $0.missing.contains(object) ? .missing : $0.damaged.contains(object) ? .damaged : .sound
        }
    }
}

private struct NoFiles: FileImporting {
    func artifacts(of references: [FileReference], below folder: String) throws -> [Digest] {
        guard case .file(let path)? = references.first else { return [] }
        throw StageFailure(.badInput, "no file \(path.split(separator: "/").last ?? "")")
    }
}

/// Counts what it is asked for.
private final class CountingFiles: FileImporting {
    let count = Mutex(0)

    func artifacts(of references: [FileReference], below folder: String) throws -> [Digest] {
        count.withLock { $0 += references.count }
        return references.map { Digest(of: Array("\($0)".utf8)) }
    }
}

@Suite("Planning") struct PlannerTests {
    private let cache = FakeCache()
    private let one = Digest(of: [1])

    private func plan(_ pipeline: ResolvedPipeline, forced: ForcedStages = .none) throws -> [PlannedStage] {
        try Planner(cache: cache, files: NoFiles(), forced: forced).plan(pipeline)
    }

    private func key(_ stage: ResolvedStage, _ inputs: [String: [BoundInput]] = [:]) -> StageKey {
        StageKey(kind: stage.kind, parameters: stage.parameters, inputs: inputs)
    }

    @Test("a folder that many stages name is looked at once in a plan, and again in the next")
    func sharedFolders() throws {
        let files = CountingFiles()
        let stages = (0..<5).map { number in
            stage(
                "c\(number)", CommandStage.self, with: ["argv": .array([.string("x")])],
                in: ["a": [.beside(.folder(path: "data"))], "b": [.beside(.glob(pattern: number < 3 ? "*.a" : "*.b"))]])
        }
        let planner = Planner(cache: cache, files: files)
        _ = try planner.plan(pipeline(stages[0], stages[1], stages[2], stages[3], stages[4]))
        #expect(files.count.withLock(\.self) == 3)
        _ = try planner.plan(pipeline(stages[0]))
        #expect(files.count.withLock(\.self) == 5)
    }

    @Test("a first run: what has no inputs runs, what follows waits, and nothing is asked of it")
    func firstRun() throws {
        let plan = try plan(pipeline(text("a", "x"), join("b", ["a"]), join("c", ["b"])))
        #expect(
            plan.map(\.decision) == [
                .runs(why: "no earlier execution"), .waits(on: ["a"]), .waits(on: ["b"]),
            ])
        #expect(plan.map { $0.key == nil } == [false, true, true])
        #expect(cache.questions == ["execution of a", "nearest to a"])
    }

    @Test("a cached stage costs one look-up and one stat an object, and lets the next be decided")
    func cached() throws {
        let (a, b) = (text("a", "x"), join("b", ["a"]))
        let out = Digest(of: [2])
        cache.add(key(a), stage: "a", outputs: ["text": one], objects: [one])
        cache.add(key(b, ["parts": [BoundInput(digest: one, label: "a")]]), stage: "b", outputs: ["text": out])
        let plan = try plan(pipeline(a, b))
        #expect(
            plan.map(\.decision) == [
                .cached(outputs: ["text": one], metrics: ["m": 1]), .cached(outputs: ["text": out], metrics: ["m": 1]),
            ])
        #expect(cache.questions == ["execution of a", "state of \(one.short)", "execution of b"])
    }

    @Test("a missing or damaged object makes its producer run and is named")
    func missingObject() throws {
        let a = text("a", "x")
        cache.add(key(a), stage: "a", outputs: ["text": one], objects: [one])
        cache.damage(one)
        #expect(try plan(pipeline(a))[0].decision == .runs(why: "output blob \(one.short)… damaged"))
        cache.lose(one)
        #expect(try plan(pipeline(a))[0].decision == .runs(why: "output blob \(one.short)… missing"))
    }

    @Test("a lost record is the reason, and not what differs from some other execution")
    func lostRecord() throws {
        cache.add(key(text("a", "x")), stage: "a", outputs: ["text": one])
        cache.lose(key(text("a", "y")), why: "its execution record is damaged")
        #expect(try plan(pipeline(text("a", "y")))[0].decision == .runs(why: "its execution record is damaged"))
    }

    @Test("a changed parameter is the reason")
    func changed() throws {
        cache.add(key(text("a", "x")), stage: "a", outputs: ["text": one])
        #expect(try plan(pipeline(text("a", "y")))[0].decision == .runs(why: "with.text: x → y"))
    }

    @Test("a new stage is compared with another of its kind, which is named")
    func otherStage() throws {
        cache.add(key(text("a", "x")), stage: "a", outputs: ["text": one])
        cache.setNearest(of: "b", to: "a")
        #expect(
            try plan(pipeline(text("b", "y")))[0].decision
                == .runs(why: "no earlier execution; the nearest, a, differs: with.text: x → y"))
    }

    @Test("a stage that waits tells its own edit, and whether it runs in any case")
    func waiting() throws {
        let b = join("b", ["a"])
        cache.add(key(text("a", "x")), stage: "a", outputs: ["text": one])
        cache.add(key(b, ["parts": [BoundInput(digest: one, label: "a")]]), stage: "b", outputs: ["text": one])
        func planned(_ stage: ResolvedStage) throws -> PlannedStage {
            try Planner(cache: cache, files: NoFiles()).plan(
                pipeline(text("a", "y"), text("c", "c"), stage), explains: true)[2]
        }
        cache.add(key(text("c", "c")), stage: "c", outputs: ["text": one])
        let unchanged = try planned(b)
        #expect(unchanged.decision == .waits(on: ["a"]) && unchanged.differences.isEmpty && !unchanged.isCertain)
        let edited = try planned(join("b", ["a", "c"]))
        #expect(edited.differences.map(\.text) == ["in.parts: 1 inputs → 2 inputs"])
        #expect(edited.decision == .waits(on: ["a"]) && edited.isCertain)
    }

    @Test("--force of a stage, of a matrix by its name, and of all")
    func forced() throws {
        let (a, b) = (text("a[n=1]", "x"), text("b", "y"))
        for stage in [a, b] { cache.add(key(stage), stage: stage.name, outputs: ["text": one]) }
        let kept = PlannedStage.Decision.cached(outputs: ["text": one], metrics: ["m": 1])
        let rerun = PlannedStage.Decision.runs(why: "--force")
        #expect(try plan(pipeline(a, b), forced: .all).map(\.decision) == [rerun, rerun])
        #expect(try plan(pipeline(a, b), forced: .named(StageNames(["a"]))).map(\.decision) == [rerun, kept])
        #expect(try plan(pipeline(a, b), forced: .named(StageNames(["b"]))).map(\.decision) == [kept, rerun])
        #expect(ForcedStages.named(StageNames(["a", "c"])).unknownNames(in: pipeline(a, b)) == ["c"])
    }

    @Test("an unreadable file is an error of planning")
    func missingFile() {
        let stage = stage("a", JoinStage.self, in: ["parts": [.file(path: "gone.txt")]])
        #expect(throws: StageFailure(.badInput, "no file gone.txt")) { try plan(pipeline(stage)) }
    }
}
