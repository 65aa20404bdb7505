import Artifacts
import Foundation
import Pipelines
import Testing

struct SchemaTests {
    private static let schema = PipelineSchema(registry: Toy.registry).json

    /// JSON is YAML, so that the same text goes to the loader and to the schema.
    private func value(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    private static func document(_ stage: String) -> String {
        """
        {"name": "a", "params": {"n": 5, "list": ["x"]}, "stages": {
        "words": {"uses": "toy.corpus"},
        "model": {"uses": "toy.train", "in": {"corpus": "words"}, "with": {"steps": 2}},
        "s": \(stage)}}
        """
    }

    @Test(
        "what the loader accepts, the schema accepts",
        arguments: [
            #"{"uses": "toy.corpus", "with": null, "in": null, "description": 3, "timeout": 1.5}"#,
            #"{"uses": "toy.corpus", "with": {"count": 3, "ratio": 1, "shuffle": true, "label": false, "limit": null}}"#,
            #"{"uses": "toy.corpus", "with": {"count": "3", "ratio": "1e-3", "shuffle": "true", "limit": "5", "label": 1}}"#,
            #"{"uses": "toy.corpus", "with": {"count": "${params.n}", "tags": "${params.list}", "mode": "fast"}}"#,
            #"{"uses": "toy.corpus", "with": {"tags": [1, true, "x"], "layers": [1, "${params.n}"]}}"#,
            #"{"uses": "toy.corpus", "with": {"layers": "none"}, "expect": {"x": [">= 1", "<2"], "y": "==${params.n}"}}"#,
            #"{"uses": "toy.corpus", "matrix": {"x": [1, "a"], "y": "${params.list}"}, "expect": [{"when": {"x": 1}, "m": "> 1"}]}"#,
            #"{"uses": "toy.corpus", "expect": {"a": ">= baseline - 0.01", "b": "<= 1.05 * median(10) + 1e-3", "c": "> baseline * 2"}}"#,
            #"{"uses": "toy.train", "in": {"corpus": {"file": "x"}, "initial": ["model"]}, "with": {"steps": 1}}"#,
            #"{"uses": "toy.evaluate", "in": {"model": ["model", "model.model"], "dataset": "words"}}"#,
            #"{"uses": "toy.command", "in": {"any": ["words", {"file": "x"}]}, "with": {"arguments": ["a"], "out": {"x": "y"}}}"#,
        ])
    func accepted(stage: String) throws {
        let text = Self.document(stage)
        #expect(Toy.mistakes(text).isEmpty)
        #expect(try SchemaValidator(root: Self.schema).allows(value(text)))
    }

    @Test(
        "what can be seen to be wrong in one place, the schema refuses",
        arguments: [
            #"{"with": {}}"#, #"{"uses": "toy.corpsu"}"#, #"{"uses": "toy.corpus", "wiht": {}}"#,
            #"{"uses": "toy.corpus", "with": {"cuont": 1}}"#, #"{"uses": "toy.corpus", "with": {"count": 0}}"#,
            #"{"uses": "toy.corpus", "with": {"count": 1.5}}"#, #"{"uses": "toy.corpus", "with": {"ratio": 2}}"#,
            #"{"uses": "toy.corpus", "with": {"shuffle": 1}}"#, #"{"uses": "toy.corpus", "with": {"mode": "slow"}}"#,
            #"{"uses": "toy.corpus", "with": {"tags": [[]]}}"#, #"{"uses": "toy.corpus", "in": {"x": "words"}}"#,
            #"{"uses": "toy.corpus", "matrix": {}}"#, #"{"uses": "toy.corpus", "matrix": {"x": []}}"#,
            #"{"uses": "toy.corpus", "timeout": 0}"#, #"{"uses": "toy.corpus", "expect": {"m": "0.8"}}"#,
            #"{"uses": "toy.corpus", "expect": {"m": ">= basline"}}"#,
            #"{"uses": "toy.corpus", "expect": {"m": ">= median"}}"#,
            #"{"uses": "toy.train", "in": {"corpus": "words"}}"#, #"{"uses": "toy.train", "with": {"steps": 1}}"#,
            #"{"uses": "toy.train", "in": {"corpus": {"flie": "x"}}, "with": {"steps": 1}}"#,
            #"{"uses": "toy.command", "with": {"arguments": "x"}}"#,
        ])
    func refused(stage: String) throws {
        let text = Self.document(stage)
        #expect(!Toy.mistakes(text).isEmpty)
        #expect(try !SchemaValidator(root: Self.schema).allows(value(text)))
    }

    @Test("each kind's parameters stand there with type, range, words, default and summary")
    func parameters() throws {
        let text = Self.schema.canonical
        #expect(
            text.contains(
                #""count":{"anyOf":[{"anyOf":[{"maximum":1000,"minimum":1,"type":"integer"},{"pattern":"^-?(0|[1-9][0-9]*)$","type":"string"}]},{"pattern":"\\$\\{","type":"string"}],"default":10,"description":"How many pairs"}"#
            ))
        #expect(text.contains(#"{"enum":["fast","thorough"]}"#))
        #expect(text.contains(##""initial":{"$ref":"#/$defs/input","description":"Where to start (model)"}"##))
        #expect(text.contains(#""$schema":"https://json-schema.org/draft/2020-12/schema""#))
    }

    @Test("the text is the same at each call, and ends in a newline")
    func text() throws {
        let schema = PipelineSchema(registry: Toy.registry)
        #expect(try schema.text == schema.text)
        #expect(try schema.text.hasSuffix("}\n"))
        #expect(try value(schema.text) == value(Self.schema.canonical))
    }
}
