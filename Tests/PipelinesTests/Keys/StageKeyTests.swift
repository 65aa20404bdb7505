import Artifacts
import Pipelines
import Testing

@Suite("Stage keys") struct StageKeyTests {
    private let digest = Digest(of: Array("x".utf8))

    private func key(
        _ kind: any StageKind.Type = TextStage.self, _ parameters: [String: JSONValue] = ["text": .string("a")],
        _ inputs: [String: [BoundInput]] = [:], _ environment: [String: String?] = [:]
    ) -> StageKey {
        StageKey(kind: kind, parameters: parameters, inputs: inputs, environment: environment)
    }

    @Test("the key document is domain-tagged and holds kind, version, parameters and inputs, and nothing else")
    func document() {
        let key = key(TextStage.self, ["text": .string("a")], ["parts": [BoundInput(digest: digest, label: "s")]])
        #expect(
            key.document.canonical == """
                {"calm":"stage-key","format":1,"in":{"parts":["\(digest.hex)"]},"kind":"toy.text",\
                "version":1,"with":{"text":"a"}}
                """)
        #expect(key.digest == Digest(of: Array(key.document.canonical.utf8)))
    }

    @Test("adding or removing a parameter changes the key, even at its default")
    func parameters() {
        let plain = key()
        #expect(plain != key(TextStage.self, ["text": .string("a"), "scale": .double(1)]))
        #expect(plain != key(TextStage.self, [:]))
    }

    @Test("1 and 1.0 are different values")
    func numbers() {
        #expect(key(TextStage.self, ["x": .int(1)]).digest != key(TextStage.self, ["x": .double(1)]).digest)
    }

    @Test("the name of the stage that made an input is in the key of a kind that names its inputs, and of no other")
    func labels() {
        let one = ["parts": [BoundInput(digest: digest, label: "one")]]
        let two = ["parts": [BoundInput(digest: digest, label: "two")]]
        #expect(key(JoinStage.self, [:], one) == key(JoinStage.self, [:], two))
        #expect(key(NamingStage.self, [:], one) != key(NamingStage.self, [:], two))
    }

    @Test("an unset variable and an empty one are different, and only kinds that read the environment have it keyed")
    func environment() {
        #expect(key(CommandStage.self, [:], [:], ["A": nil]) != key(CommandStage.self, [:], [:], ["A": ""]))
        #expect(key(TextStage.self, [:], [:], ["A": "1"]) == key(TextStage.self, [:], [:], ["A": "2"]))
    }

    @Test("the order of a role's inputs is in the key")
    func order() {
        let (a, b) = (BoundInput(digest: digest, label: "a"), BoundInput(digest: Digest(of: [1]), label: "b"))
        #expect(key(JoinStage.self, [:], ["parts": [a, b]]) != key(JoinStage.self, [:], ["parts": [b, a]]))
    }
}
