import Artifacts
import Foundation
import Pipelines
import Testing

@Suite("Variables in stage keys") struct VariableSealTests {
    private func command(_ given: [String: JSONValue]) -> ResolvedStage {
        var all: [String: JSONValue] = ["argv": .array([.string("true")]), "out": .object(["o": .string("o")])]
        all.merge(given) { $1 }
        return stage("c", CommandStage.self, with: all)
    }

    private func key(_ workshop: Workshop, _ stage: ResolvedStage, _ environment: [String: String]) throws -> StageKey {
        let runner = workshop.runner { $0.environment = environment }
        return try #require(try runner.plan(pipeline(stage)).first?.key)
    }

    @Test("a key holds digests of values under the store's secret, and null for what isn't set")
    func sealed() throws {
        let workshop = try Workshop()
        let stage = command(["env": .array([.string("TOKEN"), .string("UNSET")])])
        let key = try key(workshop, stage, ["TOKEN": "tok-1", "OTHER": "tok-1"])
        let digest = try workshop.store.secret().digest(ofVariable: "TOKEN", value: "tok-1")
        #expect(
            key.document.members?["environment"]
                == .object(["TOKEN": .string("hmac-sha256:\(digest.hex)"), "UNSET": .null]))
        #expect(try self.key(workshop, stage, ["TOKEN": "tok-1"]) == key)
        #expect(try self.key(workshop, stage, ["TOKEN": "tok-2"]) != key)
        #expect(try self.key(workshop, stage, ["TOKEN": "tok-1", "UNSET": ""]) != key)
        #expect(try self.key(Workshop(), stage, ["TOKEN": "tok-1"]) != key)
    }

    @Test("a store whose stages are given no variable has no secret")
    func unneeded() throws {
        let workshop = try Workshop()
        _ = try key(workshop, command([:]), ["TOKEN": "tok-1"])
        _ = try key(workshop, command(["env": .array([.string("UNSET")])]), [:])
        _ = try key(workshop, command(["pass-through": .array([.string("TOKEN")])]), ["TOKEN": "tok-1"])
        #expect(!FileManager.default.fileExists(atPath: workshop.store.root.appendingPathComponent("secret").path))
    }

    @Test("what is passed through makes no difference to the key, neither its value nor its name")
    func passedThrough() throws {
        let workshop = try Workshop()
        let plain = try key(workshop, command([:]), [:])
        let passing = command(["pass-through": .array([.string("PROXY")])])
        #expect(try key(workshop, passing, ["PROXY": "one"]) == plain)
        #expect(try key(workshop, passing, ["PROXY": "two"]) == plain)
        #expect(!plain.document.canonical.contains("pass-through"))
    }
}
