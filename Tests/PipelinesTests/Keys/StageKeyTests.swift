import Artifacts
import Pipelines
import Testing

@Suite("Stage keys") struct StageKeyTests {
    private let digest = Digest(of: Array("x".utf8))

    private func key(
        _ kind: any StageKind.Type = TextStage.self, _ parameters: [String: JSONValue] = ["text": .string("a")],
        _ inputs: [String: [BoundInput]] = [:], _ environment: [String: Digest?] = [:]
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

    @Test("a command's list is in its key with what its members are called; a single input's name isn't")
    func lists() {
        let cells = ["part[s=a,t=x.y]", "part[s=b,t=x.y]"].map { BoundInput(digest: digest, label: $0) }
        func key(_ kind: any StageKind.Type, _ inputs: [BoundInput], lists: Set<String>) -> StageKey {
            StageKey(kind: kind, parameters: [:], inputs: ["parts": inputs], lists: lists)
        }
        let list = key(CommandStage.self, cells, lists: ["parts"])
        #expect(
            list.document.canonical.contains(
                #""lists":{"parts":[{"matrix":{"s":"a","t":"x.y"},"stage":"part[s=a,t=x.y]"},"#))
        #expect(list.document.canonical.contains(#"{"matrix":{"s":"b","t":"x.y"},"stage":"part[s=b,t=x.y]"}]}"#))
        #expect(list != key(CommandStage.self, cells.reversed(), lists: ["parts"]), "the same bytes, other names")
        let (one, other) = (Array(cells.prefix(1)), Array(cells.suffix(1)))
        #expect(key(CommandStage.self, one, lists: ["parts"]) != key(CommandStage.self, one, lists: []))
        #expect(key(CommandStage.self, one, lists: []) == key(CommandStage.self, other, lists: []))
        #expect(key(JoinStage.self, cells, lists: ["parts"]) == key(JoinStage.self, cells, lists: []))
        let file = BoundInput(digest: digest, origin: .file, label: "x.csv")
        #expect(
            key(CommandStage.self, [file], lists: ["parts"]).document.canonical.contains(
                #""lists":{"parts":[{"file":"x.csv"}]}"#))
    }

    @Test("an unset variable and one that is set are different, and only kinds that read the environment have it keyed")
    func environment() {
        #expect(key(CommandStage.self, [:], [:], ["A": nil]) != key(CommandStage.self, [:], [:], ["A": digest]))
        #expect(key(TextStage.self, [:], [:], ["A": digest]) == key(TextStage.self, [:], [:], ["A": nil]))
    }

    @Test("the order of a role's inputs is in the key")
    func order() {
        let (a, b) = (BoundInput(digest: digest, label: "a"), BoundInput(digest: Digest(of: [1]), label: "b"))
        #expect(key(JoinStage.self, [:], ["parts": [a, b]]) != key(JoinStage.self, [:], ["parts": [b, a]]))
    }
}
