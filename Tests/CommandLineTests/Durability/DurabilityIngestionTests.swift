import Foundation
import Testing

@Suite("kill -9 while a report is ingested") struct DurabilityIngestionTests {
    @Test("at each call of the write path: all of the report is there or nothing, and ingesting again completes it")
    func atEachCall() async throws {
        try await blocking {
            var (fired, whole) = (0, 0)
            for call in stride(from: 1, to: 200, by: 3) {
                let runs = try TestRuns()
                try runs.ingest("n1", "a:p b:p", day: 1)
                let cases = (1...50).map { "<testcase name='t\($0)'><failure message='m'/></testcase>" }.joined()
                try runs.workspace.write("<testsuite name='s'>\(cases)</testsuite>", to: "n2.xml")
                let words = ["reports", "ingest", "n2.xml", "--run", "n2", "--store", "s"]
                let library = try FaultLibrary(
                    .kill, at: call, below: runs.workspace.store, file: runs.workspace.file("faults"))
                let process = try CalmProcess(
                    CalmProcess.binary(), words, in: runs.workspace.folder, environment: library.environment)
                let ending = try process.wait()
                #expect([0, -SIGKILL].contains(ending.exit), "\(ending)")
                let found = try runs.workspace.calm("reports", "show", "n2", "--store", "s", "--json")
                let place = "at call \(call), \(try library.account().place)"
                if found.exit == 0 {
                    whole += 1
                    let document = try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any]
                    #expect(document?["tests"] as? Int == 50 && list(document?["failing"]).count == 50, "\(place)")
                } else {
                    #expect(
                        found.exit == 2 && found.errors.contains("no run of tests is called 'n2'"),
                        "\(place): \(found)")
                }
                #expect(try runs.calm("store", "verify").exit == 0, "\(place)")
                #expect(try runs.workspace.calm(words).exit == 0)
                #expect(try runs.ask("show", "n2")["tests"] as? Int == 50, "\(place)")
                guard ending.exit != 0 else { break }
                fired += 1
            }
            #expect(fired > 3 && whole > 0, "\(fired) kills, \(whole) of them after the report was there")
        }
    }
}
