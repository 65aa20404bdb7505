import Artifacts
import Foundation
import Pipelines
import ProcessorTime
import Testing

struct DocumentLoadingTests {
    static let document = """
        name: kv
        description: All that a document can say
        params: { seed: 7, keys: 512, base: words }
        stages:
          scores:
            uses: toy.evaluate
            description: Who knows it
            matrix: { model: [small, "large.model"], task: [words, more] }
            in: { model: "${matrix.model}", dataset: "${matrix.task}" }
            expect: { accuracy: ">= 0.8" }
            timeout: 90
            retries: { count: 2, backoff: 0.5 }
          small:
            uses: toy.train
            in: { corpus: words }
            with: { steps: 5 }
          large:
            uses: toy.train
            in: { corpus: words.pairs, initial: small }
            with: { steps: "10", batch: 512 }
            resources: { cores: 3, memory: 1.5GiB }
          words:
            uses: toy.corpus
            with: { count: "${params.keys}", seed: "${params.seed}", label: "${params.base}-$${x}-${params.seed}" }
          more:
            uses: toy.corpus
        """

    @Test("stages come in topological order, file order among the ready")
    func order() throws {
        let pipeline = try Toy.load(Self.document)
        #expect(
            pipeline.stages.map(\.name) == [
                "words", "small", "scores[model=small,task=words]", "large", "scores[model=large.model,task=words]",
                "more", "scores[model=small,task=more]", "scores[model=large.model,task=more]",
            ])
        #expect(pipeline.name == "kv")
        #expect(pipeline.description == "All that a document can say")
        #expect(pipeline.parameters == ["seed": .string("7"), "keys": .string("512"), "base": .string("words")])
    }

    @Test("inputs, gates, timeouts, descriptions and places are resolved")
    func stages() throws {
        let stages = try Toy.load(Self.document).stages
        let large = try #require(stages.first { $0.name == "large" })
        #expect(
            large.inputs == [
                "corpus": [.output(stage: "words", role: "pairs")], "initial": [.output(stage: "small", role: "model")],
            ])
        #expect(large.location.description == "p.yaml:17:3")
        #expect(large.limits.cores == 3 && large.limits.memory == 3 << 29 && large.limits.timeout == nil)
        let cell = try #require(stages.last)
        #expect(cell.inputs["model"] == [.output(stage: "large", role: "model")])
        #expect(cell.gates == [Gate(metric: "accuracy", comparison: .atLeast, bound: 0.8)])
        #expect(cell.limits.timeout == 90 && cell.limits.retries == 2 && cell.limits.backoff == 0.5)
        #expect(cell.description == "Who knows it")
        #expect(cell.outputs.map(\.name) == ["scores"])
        #expect(cell.kind.name == "toy.evaluate")
    }

    @Test("parameters take the declared type, substitution included, and defaults are filled in")
    func parameters() throws {
        let words = try #require(try Toy.load(Self.document).stages.first)
        #expect(words.parameters["count"] == .int(512))
        #expect(words.parameters["label"] == .string("words-${x}-7"))
        #expect(words.parameters["ratio"] == .double(0.5))
        #expect(words.parameters["limit"] == .null)
        #expect(words.parameters.count == 9)
    }

    @Test(
        "a scalar is read as its parameter's type, never by YAML's guess",
        arguments: [
            ("label: no", "label", JSONValue.string("no")), ("label: 1e3", "label", .string("1e3")),
            ("label: null", "label", .string("null")), ("label: \"\"", "label", .string("")),
            ("label: 0o17", "label", .string("0o17")), ("label: 2001-01-01", "label", .string("2001-01-01")),
            ("count: \"12\"", "count", .int(12)), ("seed: -5", "seed", .int(-5)), ("seed: 0", "seed", .int(0)),
            ("ratio: 1", "ratio", .double(1)), ("ratio: 1e-3", "ratio", .double(0.001)),
            ("ratio: -0", "ratio", .double(0)),
            ("ratio: .5", "ratio", .double(0.5)), ("shuffle: true", "shuffle", .bool(true)),
            ("mode: thorough", "mode", .string("thorough")), ("limit: ~", "limit", .null), ("limit:", "limit", .null),
            ("limit: 3", "limit", .int(3)), ("tags: [yes, 1]", "tags", .array([.string("yes"), .string("1")])),
            ("layers: none", "layers", .string("none")), ("layers: [1, 2]", "layers", .array([.int(1), .int(2)])),
        ])
    func scalars(with: String, name: String, expected: JSONValue) throws {
        let stage = try #require(
            try Toy.load("name: a\nstages:\n  s:\n    uses: toy.corpus\n    with:\n      \(with)\n").stages.first)
        #expect(stage.parameters[name] == expected)
    }

    @Test("--set replaces a parameter's value: text as it stands, or a flow list")
    func overrides() throws {
        let text = """
            name: a
            params: { label: x, tags: [a], count: 1 }
            stages:
              s:
                uses: toy.corpus
                with: { label: "${params.label}", tags: "${params.tags}", count: "${params.count}" }
            """
        let pipeline = try Toy.load(
            text, overrides: ["params.label": "a: *b", "params.tags": "[x, y]", "params.count": "\"3\""])
        let stage = try #require(pipeline.stages.first)
        #expect(stage.parameters["label"] == .string("a: *b"))
        #expect(stage.parameters["tags"] == .array([.string("x"), .string("y")]))
        #expect(stage.parameters["count"] == .int(3))
        #expect(pipeline.parameters["label"] == .string("a: *b"))
    }

    @Test("a matrix stage's bare name means all its cells in order where many are taken")
    func cells() throws {
        let text = """
            name: a
            params: { sizes: [1, 2, 3] }
            stages:
              words: { uses: toy.corpus }
              train:
                uses: toy.train
                matrix: { size: "${params.sizes}", seed: [x, y] }
                in: { corpus: words }
                with: { steps: "${matrix.size}" }
              all: { uses: toy.evaluate, in: { model: train, dataset: words, excluding: [] } }
              some:
                uses: toy.evaluate
                in: { model: ["train[seed=x,size=1]", "train[size=2].model", "train[size=3,seed=y]"], dataset: words }
              each:
                uses: toy.evaluate
                matrix: { model: ["train[size=1,seed=x]"] }
                in: { model: "${matrix.model}", dataset: words }
            """
        let stages = try Toy.load(text).stages
        func models(_ name: String) -> [String] {
            (stages.first { $0.name == name }?.inputs["model"] ?? []).map {
                if case .output(let stage, _) = $0 { stage } else { "file" }
            }
        }
        #expect(
            models("all") == [
                "train[size=1,seed=x]", "train[size=1,seed=y]", "train[size=2,seed=x]", "train[size=2,seed=y]",
                "train[size=3,seed=x]", "train[size=3,seed=y]",
            ])
        #expect(
            models("some") == [
                "train[size=1,seed=x]", "train[size=2,seed=x]", "train[size=2,seed=y]", "train[size=3,seed=y]",
            ])
        #expect(models("each[model=train[size=1,seed=x]]") == ["train[size=1,seed=x]"])
        #expect(stages.first { $0.name == "train[size=3,seed=x]" }?.parameters["steps"] == .int(3))
    }

    @Test("the list form of expect picks cells")
    func gates() throws {
        let text = """
            name: a
            stages:
              words: { uses: toy.corpus }
              t:
                uses: toy.train
                matrix: { size: [1, 2], seed: [x, y] }
                in: { corpus: words }
                with: { steps: "${matrix.size}" }
                expect:
                  - { loss: "<3" }
                  - { when: { size: 2 }, "exact match": ["> 0.5", "<= 1e0"] }
                  - { when: { size: [1], seed: y }, accuracy: "== ${matrix.size}" }
            """
        let gates = try Toy.load(text).stages.dropFirst().map { $0.gates.map { "\($0.metric) \($0.expected)" } }
        #expect(
            gates == [
                ["loss < 3"], ["loss < 3", "accuracy == 1"],
                ["loss < 3", "exact match > 0.5", "exact match <= 1"],
                ["loss < 3", "exact match > 0.5", "exact match <= 1"],
            ])
    }

    @Test("a kind that accepts other inputs takes any role of any type, and files")
    func otherInputs() throws {
        let text = """
            name: a
            stages:
              words: { uses: toy.corpus }
              run:
                uses: toy.command
                in: { a: words, b: [words.words, { file: notes.txt }], c: { file: "${params.file}" } }
                with: { arguments: [cat, "$${HOME}"], out: { text: out.txt } }
              next:
                uses: toy.train
                in: { corpus: run.text }
                with: { steps: 1 }
            params: { file: x.txt }
            """
        let stages = try Toy.load(text).stages
        #expect(
            stages[1].inputs == [
                "a": [.output(stage: "words", role: "pairs")],
                "b": [.output(stage: "words", role: "words"), .file(path: "notes.txt")], "c": [.file(path: "x.txt")],
            ])
        #expect(stages[1].parameters["arguments"] == .array([.string("cat"), .string("${HOME}")]))
        #expect(stages[2].inputs["corpus"] == [.output(stage: "run", role: "text")])
    }

    @Test("anchors, aliases and merge keys save typing; keys written out win over merged ones")
    func merges() throws {
        let text = """
            name: a
            stages:
              words: { uses: toy.corpus, with: &base { count: 3, label: x } }
              more: { uses: toy.corpus, with: { <<: *base, label: y } }
              same: { uses: toy.corpus, with: *base }
              both: { uses: toy.corpus, with: { <<: [{ count: 9 }, *base] } }
            """
        let parameters = try Toy.load(text).stages.map { [$0.parameters["count"], $0.parameters["label"]] }
        #expect(
            parameters == [
                [.int(3), .string("x")], [.int(3), .string("y")], [.int(3), .string("x")], [.int(9), .string("x")],
            ])
    }

    @Test("ten thousand stages load in about a second")
    func speed() throws {
        var text = "name: big\nstages:\n  s0: { uses: toy.corpus }\n"
        for index in 1..<10_000 {
            text += "  s\(index):\n    uses: toy.train\n    in: { corpus: s0"
            text += index > 1 ? ", initial: s\(index - 1) }\n" : " }\n"
            text += "    with:\n      steps: 5\n    expect: { loss: \"< 3\" }\n"
        }
        let time = try processorSeconds { try #expect(Toy.load(text).stages.count == 10_000) }
        // Under half a second in a release build; what is quadratic takes minutes.
        #expect(time < 5, "took \(time) s")
    }
}
