import Artifacts
import Catalogue
import Foundation
import Testing

@Suite("Which runs a collection keeps, by checkout") struct NeededRunsTests {
    private let temporary: TemporaryCatalogue
    private let present: URL
    private static let day = 86_400.0
    private static let now = 1_000_000_000.0
    private let machine = Checkout.Machine(name: "here")

    init() throws {
        temporary = try TemporaryCatalogue()
        present = FileManager.default.temporaryDirectory
    }

    private var gone: Checkout { Checkout(folder: temporary.store.root.path + "/no-such-checkout", host: "here") }
    private var here: Checkout { Checkout(folder: present.path, host: "here") }
    private func away(_ folder: String) -> Checkout { Checkout(folder: folder, host: "there") }

    /// Runs of one stage each, whose parameter is the run's name, so many days ago.
    private func run(
        _ id: String, _ checkout: Checkout?, daysAgo: Double, pipeline: String = "p", exit: Int32 = 0,
        isPartial: Bool = false
    ) throws {
        let record = try temporary.store.execute(with: ["run": .string(id)])
        try temporary.adopt(record, stage: "s")
        try temporary.catalogue.begin(
            run: RunRow(
                id: id, pipeline: pipeline, file: "p.yaml", startedAt: Self.now - daysAgo * Self.day,
                commandLine: "calm run", parameters: .object([:]), isPartial: isPartial, checkout: checkout))
        try temporary.catalogue.finish(
            run: id, exit: exit, seconds: 1,
            stages: [
                RunStageRow(
                    run: id, position: 0, name: "s", kind: record.kind, state: "executed", key: record.key, why: "",
                    location: "p.yaml:1:1")
            ])
    }

    /// The names of the runs whose results stay.
    private func kept(keepRuns: Int = 0) throws -> (kept: Set<String>, forgotten: [String: String]) {
        let roots = try temporary.catalogue.collectionRoots(keepRuns: keepRuns, on: machine, at: Self.now)
        let runs = try roots.executions.compactMap { key in
            try temporary.store.execution(key)?.keyDocument.members?["with"]?.members?["run"]?.text
        }
        return (Set(runs), roots.forgotten)
    }

    @Test("each checkout that is there has its latest run, however much older; one that is gone has none")
    func checkouts() throws {
        let inside = Checkout(folder: "..", host: nil)
        try run("inside-old", inside, daysAgo: 400)
        try run("inside", inside, daysAgo: 300)
        try run("here", here, daysAgo: 200)
        try run("gone", gone, daysAgo: 1)
        let (kept, forgotten) = try kept()
        #expect(kept == ["inside", "here"])
        #expect(forgotten == ["gone": "the latest run of p in \(gone.folder) (the folder is gone)"])
        #expect(try self.kept(keepRuns: 1).kept == ["inside", "here", "gone"])
    }

    @Test("a checkout whose disk may only be unmounted just now isn't gone")
    func unmounted() throws {
        let disk = temporary.store.root.appendingPathComponent("disk")
        func presence() -> Checkout.Presence {
            Checkout(folder: disk.path + "/work", host: "here").presence(for: machine)
        }
        #expect(presence() == .unknown)
        try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: false)
        #expect(presence() == .unknown)
        try Data().write(to: disk.appendingPathComponent("other"))
        #expect(presence() == .gone)
        try FileManager.default.removeItem(at: disk)
        try Data().write(to: disk)
        #expect(presence() == .unknown)
    }

    @Test("one on another machine, or of an earlier calm, counts for 30 days")
    func elsewhere() throws {
        try run("recent", away("/a"), daysAgo: 29)
        try run("old", away("/b"), daysAgo: 31)
        try run("unknown", nil, daysAgo: 5)
        try run("unknown-older", nil, daysAgo: 6)
        try run("here", here, daysAgo: 50)
        let (kept, forgotten) = try kept()
        #expect(kept == ["recent", "unknown", "here"])
        #expect(forgotten == ["old": "the latest run of p in /b (not run on there for 30 days)"])
    }

    @Test("if no checkout of a pipeline is left, the one that ran last keeps its results")
    func last() throws {
        try run("gone", gone, daysAgo: 1)
        try run("away", away("/a"), daysAgo: 90)
        try run("other", gone, daysAgo: 500, pipeline: "q")
        #expect(try kept().kept == ["gone", "other"])
    }

    @Test("within a checkout: the latest run, the latest complete one, and runs of a few stages since")
    func within() throws {
        try run("complete", here, daysAgo: 9, exit: 1)
        try run("part-before", here, daysAgo: 8, isPartial: true)
        try run("failed", here, daysAgo: 7, exit: 4)
        try run("part", here, daysAgo: 6, isPartial: true)
        #expect(try kept().kept == ["complete", "failed", "part"])
    }

    @Test("on a CI server, whose machines share a name, a folder that isn't there may be another machine's")
    func server() throws {
        try run("here", here, daysAgo: 1)
        try run("gone", gone, daysAgo: 2)
        let many = Checkout.Machine(name: "here", isOneOfMany: true)
        let roots = try temporary.catalogue.collectionRoots(keepRuns: 0, on: many, at: Self.now)
        #expect(roots.executions.count == 2 && roots.forgotten.isEmpty)
    }

    @Test("a checkout is named by the folder of its pipeline, relative to a store that lies in it")
    func naming() throws {
        let root = temporary.store.root
        func checkout(_ file: String) -> Checkout? {
            Checkout(ofPipeline: file, in: temporary.store, on: Checkout.Machine(name: "here"))
        }
        #expect(checkout(root.deletingLastPathComponent().appendingPathComponent("p.yaml").path)?.folder == "..")
        let pipelines = root.appendingPathComponent("w/pipelines")
        try FileManager.default.createDirectory(at: pipelines, withIntermediateDirectories: true)
        let found = try #require(checkout(pipelines.appendingPathComponent("p.yaml").path))
        #expect(found.folder.hasSuffix("/\(root.lastPathComponent)/w") && found.host == "here")
        #expect(checkout("/no/such/p.yaml") == nil)
    }

    @Test("a run's checkout is in its record and its row, and a rebuilt catalogue has it")
    func recorded() throws {
        try run("here", here, daysAgo: 1)
        let row = try #require(try temporary.catalogue.run("here"))
        #expect(row.checkout == here)
        let record = try temporary.catalogue.record(of: row)
        #expect(RunRecord(json: record.json)?.run.checkout == here)
        let folder = try temporary.store.makeFolder(ofRun: "here")
        try record.write(to: folder)
        _ = try Catalogue.rebuild(temporary.store)
        #expect(try Catalogue(store: temporary.store).run("here")?.checkout == here)
    }
}
