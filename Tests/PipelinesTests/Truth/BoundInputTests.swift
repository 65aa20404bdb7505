import Artifacts
import Foundation
import Pipelines
import Testing

/// Inputs are bound before the stage runs: whatever happens to the file then, the result is recorded for what was read.
@Suite("Inputs are bound before the stage runs") struct BoundInputTests {
    /// Does something to the world when a stage has been bound, before its worker starts.
    private struct Meddler: WorkerLauncher {
        let stage: String
        let meddle: @Sendable () -> Void
        let launcher = InProcessLauncher(registry: toyRegistry)

        func launch(
            _ request: WorkerRequest, limits: StageLimits, onEvent: @escaping @Sendable (WorkerEvent) -> Void
        ) async -> WorkerOutcome {
            if request.stage == stage { meddle() }
            return await launcher.launch(request, limits: limits, onEvent: onEvent)
        }
    }

    /// `first` and `second` read one file; `second` also reads `slow`, so that it is bound later.
    private func pipeline(in workshop: Workshop) -> ResolvedPipeline {
        let file = workshop.folder.url.appendingPathComponent("p.yaml").path
        return PipelinesTests.pipeline(
            stage("first", JoinStage.self, in: ["parts": [.file(path: "notes.txt")]], file: file), text("slow", "+"),
            stage(
                "second", JoinStage.self,
                in: ["parts": [.file(path: "notes.txt"), .output(stage: "slow", role: "text")]], file: file))
    }

    enum Change: CaseIterable, Sendable {
        case edited, replaced, deleted, folder, pipe, loop

        func apply(to file: URL) {
            let files = FileManager.default
            if self != .edited { try? files.removeItem(at: file) }
            switch self {
            case .edited, .replaced: try? Data("two".utf8).write(to: file)
            case .deleted: break
            case .folder: try? files.createDirectory(at: file, withIntermediateDirectories: false)
            case .pipe: mkfifo(file.path, 0o644)
            case .loop: symlink(file.lastPathComponent, file.path)
            }
        }
    }

    @Test("what happens to the file between import and start doesn't matter", arguments: Change.allCases)
    func meddling(_ change: Change) async throws {
        let workshop = try Workshop()
        let file = try workshop.folder.write("one", to: "notes.txt")
        let pipeline = pipeline(in: workshop)
        let meddler = Meddler(stage: "first") { change.apply(to: file) }
        let result = await workshop.runner({ $0.keepGoing = true }, launcher: meddler).run(pipeline)
        #expect(try workshop.content(of: "first", in: result) == "one")
        let isReadable = change == .edited || change == .replaced
        if !isReadable {
            // A stage that is bound after the change says what it found.
            let bound = result.stages.first { $0.name == "second" }
            #expect(bound?.state == .executed || bound?.failure?.category == .badInput)
            try? FileManager.default.removeItem(at: file)
        }
        // The result stands under the bytes that were read, and under no others.
        _ = try workshop.folder.write("two", to: "notes.txt")
        let second = await workshop.run(pipeline)
        #expect(second.states["first"] == .executed)
        #expect(try workshop.content(of: "first", in: second) == "two")
        #expect(try workshop.content(of: "second", in: second) == "two+")
        _ = try workshop.folder.write("one", to: "notes.txt")
        let third = await workshop.run(pipeline)
        #expect(third.states["first"] == .cached)
        #expect(try workshop.content(of: "first", in: third) == "one")
        #expect(try workshop.content(of: "second", in: third) == "one+")
    }
}
