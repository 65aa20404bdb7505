import Foundation
import Testing

@Suite("kill -9 while many reports are ingested") struct DurabilityBatchTests {
    private static let files = 300

    @Test("what was said to be ingested is there, all else as a whole or not at all, and ingesting again completes it")
    func killed() async throws {
        try await blocking {
            var fired = 0
            for call in [1, 8, 40, 150, 400, 800, 1200, 1600, 2000, 2500, 3000, 4000, 5000] {
                let runs = try TestRuns()
                try runs.ingest("n1", "a:p b:p", day: 1)
                let folder = runs.workspace.file("d")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                for number in 1...Self.files {
                    try runs.workspace.write(
                        "<testsuite name='s\(number)'><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>",
                        to: "d/r\(number).xml")
                }
                let words = ["reports", "ingest", "d", "--run", "n2", "--store", "s"]
                let library = try FaultLibrary(
                    .kill, at: call, below: runs.workspace.store, file: runs.workspace.file("faults"))
                let process = try CalmProcess(
                    CalmProcess.binary(), words, in: runs.workspace.folder, environment: library.environment)
                let ending = try process.wait()
                #expect([0, -SIGKILL].contains(ending.exit), "\(ending)")
                let place = "at call \(call), \(try library.account().place)"
                let said = ending.output.split(separator: "\n").filter { $0.hasSuffix(", run n2") }.count
                let list = try runs.workspace.query("reports", "list") as? [[String: Any]] ?? []
                let found = list.first { $0["run"] as? String == "n2" }
                let reports = found?["reports"] as? Int ?? 0
                #expect(reports >= said, "\(place): \(said) reports were said to be ingested, found \(reports)")
                #expect(
                    found?["tests"] as? Int ?? 0 == 2 * reports && found?["failures"] as? Int ?? 0 == reports,
                    "\(place)")
                #expect(try runs.calm("store", "verify").exit == 0, "\(place)")
                #expect(try runs.workspace.calm(words).exit == 0, "\(place)")
                let document = try runs.ask("show", "n2")
                #expect(document["tests"] as? Int == 2 * Self.files, "\(place)")
                #expect(list.contains { $0["run"] as? String == "n1" }, "\(place)")
                if ending.exit == 0 { break }
                fired += 1
            }
            #expect(fired > 4, "\(fired) kills")
        }
    }
}
