import Artifacts
import Foundation
import Pipelines
import Testing

@Suite("Reading ahead") struct ReadAheadTests: Sendable {
    private let workshop: Workshop
    private let chain = pipeline(text("a", "one"), join("b", ["a"]), join("c", ["b"]))

    init() throws { workshop = try Workshop() }

    private func ahead() -> ReadAhead? { ReadAhead(store: workshop.store.root, pipelineFile: "p.yaml") }

    private func plan(_ pipeline: ResolvedPipeline, _ ahead: ReadAhead?) throws -> [String] {
        try Runner(store: workshop.store, catalogue: workshop.catalogue, ahead: ahead).plan(pipeline).map(\.spelled)
    }

    @Test("nothing is read where there is no store, and none is made")
    func absent() {
        let folder = workshop.folder.url.appendingPathComponent("nowhere")
        #expect(ReadAhead(store: folder, pipelineFile: "p.yaml") == nil)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test("a plan with what was read ahead is the plan without it: as it was, changed, renamed and with an output gone")
    func samePlan() async throws {
        let run = await workshop.run(chain) { $0.file = "p.yaml" }
        #expect(run.exit == 0)
        let early = try #require(ahead())
        #expect(try plan(chain, early) == plan(chain, nil))
        #expect(try plan(chain, ahead()).allSatisfy { $0.hasPrefix("text ") })
        let changed = pipeline(text("a", "two"), join("b", ["a"]), join("c", ["b"]))
        #expect(try plan(changed, ahead()) == plan(changed, nil))
        let renamed = ResolvedPipeline(name: "other", description: "", parameters: [:], stages: chain.stages)
        #expect(try plan(renamed, ahead()) == plan(renamed, nil))
        // After it was read: what a plan takes for cached is seen to be there as it is decided.
        let late = try #require(ahead())
        let output = try #require(run.stages.first { $0.name == "b" }?.outputs.values.first)
        try workshop.store.remove(object: output)
        #expect(try plan(chain, late) == plan(chain, nil))
        #expect(try plan(chain, nil).contains { $0.contains("missing") })
    }

    @Test("nothing is collected as long as what was read is in use, and nothing read during a collection")
    func collection() throws {
        let gc = workshop.store.locks.appendingPathComponent("gc")
        var held = ahead()
        #expect(held != nil)
        #expect(throws: StoreError.self) { try FileLock.exclusive(gc, wait: false) }
        withExtendedLifetime(held) {}
        held = nil
        // A process that another test starts holds the lock from fork to exec.
        let lock = try FileLock.exclusive(gc, wait: true)
        #expect(ahead() == nil)
        withExtendedLifetime(lock) {}
    }
}
