import Artifacts
import Catalogue
import Foundation
import Testing

/// Whatever happens to a run's record, no other run is read from it.
@Suite struct RunRecordTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-run-\(UUID().uuidString)")
    let record: RunRecord
    let sound: Data

    init() throws {
        let run = RunRow(
            id: "r", pipeline: "p", file: "p.yaml", startedAt: 1, commandLine: "calm run p.yaml",
            parameters: .object([:]), exit: 1, seconds: 2)
        let stage = RunStageRow(
            run: "r", position: 0, name: "s", kind: "command", state: "executed", key: Digest(of: Data("key".utf8)),
            why: "no earlier execution", location: "p.yaml:3:1")
        let gate = GateRow(run: "r", stage: "s", metric: "m", expected: ">= 1", value: 0.5, passed: false)
        record = RunRecord(run: run, stages: [stage], gates: [gate])
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try record.write(to: folder)
        sound = try Data(contentsOf: folder.appendingPathComponent("run.json"))
    }

    private func read(_ bytes: Data) throws -> RunRecord? {
        try bytes.write(to: folder.appendingPathComponent("run.json"))
        return RunRecord.read(from: folder)
    }

    @Test("a flipped bit or a truncation is found")
    func damage() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try read(sound) == record)
        for index in sound.indices {
            var bytes = sound
            bytes[index] ^= 1
            // Without its checksum's name it is a record of an earlier calm, and as whole as before.
            let found = try read(bytes)
            #expect(found == nil || found == record, "byte \(index)")
            #expect(try read(sound[..<index]) == nil, "\(index) bytes")
        }
    }
}
