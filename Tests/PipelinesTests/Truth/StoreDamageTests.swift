import Artifacts
import Catalogue
import Foundation
import GRDB
import Pipelines
import Testing

/// Damage of every kind to every file of a store that a real run made: found, named, never used, and made good.
@Suite("Damage to a store", .serialized) struct StoreDamageTests {
    private static let pipeline = PipelinesTests.pipeline(
        text("a", "one one one one one one one"), text("b", "two"), join("c", ["a", "b"]),
        join("d", ["c"], count: true))

    /// What happens to a file.
    enum Damage: CaseIterable, Sendable {
        case deleted, emptied, cut, halved, lengthened, doubled, replaced, firstBit, middleBit, lastBit

        /// The file's bytes afterwards; nil if it is gone.
        func bytes(_ sound: [UInt8], other: [UInt8]) -> [UInt8]? {
            func flipped(_ index: Int) -> [UInt8] {
                var bytes = sound
                bytes[index] ^= 1 << (index % 8)
                return bytes
            }
            return switch self {
            case .deleted: nil
            case .emptied: []
            case .cut: Array(sound.dropLast())
            case .halved: Array(sound[..<(sound.count / 2)])
            case .lengthened: sound + [0]
            case .doubled: sound + sound
            case .replaced: other
            case .firstBit: flipped(0)
            case .middleBit: flipped(sound.count / 2)
            case .lastBit: flipped(sound.count - 1)
            }
        }
    }

    private struct Shop {
        let workshop: Workshop
        let first: RunResult
        var store: Store { workshop.store }

        init() async throws {
            workshop = try Workshop(inMemory: true)
            first = await workshop.run(StoreDamageTests.pipeline)
            #expect(first.exit == 0)
        }

        /// Damages a file, hands over to `body`, and sees that a run makes all good again.
        func strike(_ file: URL, _ damage: Damage, other: URL, _ body: () async throws -> Void) async throws {
            let sound = try Array(Data(contentsOf: file))
            let bytes = damage.bytes(sound, other: try Array(Data(contentsOf: other)))
            try FileManager.default.removeItem(at: file)
            if let bytes { try Data(bytes).write(to: file) }
            try await body()
            let last = await workshop.run(StoreDamageTests.pipeline)
            #expect(last.stages.map(\.outputs) == first.stages.map(\.outputs))
            #expect(last.stages.allSatisfy { $0.state == .cached })
            // What nobody has read is still damaged.
            if try !verify().isSound { _ = await workshop.run(StoreDamageTests.pipeline) }
            #expect(try verify().isSound)
        }

        func verify() throws -> VerificationReport {
            var report = try store.verify()
            Catalogue.verify(store, &report)
            return report
        }

        /// Runs, and returns what was executed with its reason.
        func rerun() async -> [String: String] {
            let result = await workshop.run(StoreDamageTests.pipeline)
            #expect(result.exit == 0 && result.stages.map(\.outputs) == first.stages.map(\.outputs))
            #expect(result.stages.map { $0.metrics["characters"] } == first.stages.map { $0.metrics["characters"] })
            let executed = result.stages.filter { $0.state == .executed }
            return Dictionary(uniqueKeysWithValues: executed.map { ($0.name, $0.why) })
        }

        /// Changes the catalogue behind calm's back.
        func alter(_ sql: String) throws {
            let queue = try DatabaseQueue(path: store.catalogue.path)
            try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
        }

        /// The stages that made an object.
        func makers(of object: Digest) throws -> Set<String> {
            Set(
                try first.stages.filter { stage in
                    try stage.outputs.values.contains { output in
                        try output == object || store.manifest(output).members.values.contains { $0.digest == object }
                    }
                }.map(\.name))
        }
    }

    @Test("an object: verify names who made it and who read it, and its producer reruns", arguments: Damage.allCases)
    func object(_ damage: Damage) async throws {
        let shop = try await Shop()
        let objects = try shop.store.objectDigests()
        for (index, object) in objects.enumerated() {
            let makers = try shop.makers(of: object)
            #expect(!makers.isEmpty)
            let other = shop.store.objectURL(objects[(index + 1) % objects.count])
            try await shop.strike(shop.store.objectURL(object), damage, other: other) {
                let report = try shop.verify()
                #expect(report.damage.map(\.subject) == [.object(object)])
                #expect(report.damage.first?.problem == (damage == .deleted ? .missing : .damaged))
                let named = report.damage.first?.needs.filter { $0.relation == .output }.compactMap(\.stage) ?? []
                #expect(Set(named) == makers)
                let executed = await shop.rerun()
                #expect(Set(executed.keys) == makers)
                for why in executed.values {
                    #expect(why == "output blob \(object.short)… missing; gave the same outputs as before")
                }
            }
        }
    }

    @Test(
        "a record: its stage reruns and says why, with verify and without", arguments: Damage.allCases, [true, false])
    func record(_ damage: Damage, verifies: Bool) async throws {
        let shop = try await Shop()
        let keys = try shop.store.executionKeys()
        for (index, key) in keys.enumerated() {
            let stage = try #require(shop.first.stages.first { $0.key == key })
            let other = shop.store.executionURL(keys[(index + 1) % keys.count])
            try await shop.strike(shop.store.executionURL(key), damage, other: other) {
                if verifies {
                    let report = try shop.verify()
                    #expect(report.damage.map(\.subject) == [.execution(key)])
                    #expect(report.damage.first?.needs.contains { $0.stage == stage.name } == true)
                }
                let isGone = verifies || damage == .deleted
                let executed = await shop.rerun()
                #expect(executed == [stage.name: "its execution record is \(isGone ? "missing" : "damaged")"])
            }
        }
    }

    @Test(
        "a damaged input is never used: the stage that reads it fails or has it made anew", arguments: Damage.allCases)
    func reading(_ damage: Damage) async throws {
        let shop = try await Shop()
        let blob = Digest(of: Array("two".utf8))
        let other = shop.store.objectURL(try #require(shop.first.stages[0].outputs["text"]))
        try await shop.strike(shop.store.objectURL(blob), damage, other: other) {
            let reader = PipelinesTests.pipeline(text("b", "two"), join("e", ["b", "b"]))
            var result = await shop.workshop.run(reader)
            if result.exit != 0 {
                #expect(result.exit == 5)
                #expect(result.why("e").contains("blob \(blob) is damaged"))
                result = await shop.workshop.run(reader)
            }
            #expect(result.exit == 0)
            let content = try shop.workshop.content(of: "e", in: result)
            #expect(content == "twotwo")
        }
    }

    @Test(
        "altered rows of the catalogue give no result",
        arguments: [
            "UPDATE metrics SET value = 99", "DELETE FROM metrics", "DELETE FROM artifacts", "DELETE FROM executions",
            "UPDATE execution_outputs SET artifact = (SELECT max(artifact) FROM execution_outputs)",
            "UPDATE artifact_members SET digest = (SELECT max(digest) FROM artifact_members)",
            "UPDATE executions SET document = replace(document, 'one', 'two')",
        ])
    func rows(_ sql: String) async throws {
        let shop = try await Shop()
        try shop.alter(sql)
        let executed = await shop.rerun()
        #expect(executed.isEmpty)
        // Rows that no decision needs stay as they are, and verify finds them.
        let isRepaired = !sql.contains("metrics") && !sql.contains("document")
        #expect(try shop.verify().isSound == isRepaired)
    }

    @Test("a lost member is noticed though the catalogue's row names another")
    func alteredMember() async throws {
        let shop = try await Shop()
        let blob = Digest(of: Array("two".utf8))
        try shop.store.remove(object: blob)
        try shop.alter("DELETE FROM artifact_members WHERE digest = '\(blob.hex)'")
        let executed = await shop.rerun()
        #expect(executed.keys.sorted() == ["b"])
    }
}
