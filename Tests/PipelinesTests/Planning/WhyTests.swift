import Artifacts
import Pipelines
import Testing

@Suite("Why a stage runs") struct WhyTests {
    private let one = Digest(of: [1])
    private let two = Digest(of: [2])

    private func document(
        kind: String = "model.train", version: Int = 1, with: [String: JSONValue] = [:],
        in inputs: [String: [Digest]] = [:], environment: [String: JSONValue]? = nil
    ) -> JSONValue {
        var fields: [String: JSONValue] = [
            "calm": .string("stage-key"), "format": .int(1), "kind": .string(kind), "version": .int(version),
            "with": .object(with), "in": .object(inputs.mapValues { .array($0.map { .string($0.hex) }) }),
        ]
        if let environment { fields["environment"] = .object(environment) }
        return .object(fields)
    }

    private func why(_ old: JSONValue, _ new: JSONValue, _ inputs: [String: [BoundInput]] = [:]) -> String {
        Why.line(from: old, to: new, inputs: inputs)
    }

    @Test("a parameter's change shows before and after")
    func parameter() {
        #expect(
            why(document(with: ["steps": .int(800)]), document(with: ["steps": .int(1000)]))
                == "with.steps: 800 → 1000")
    }

    @Test("a new parameter and a dropped one are named")
    func addedAndRemoved() {
        let old = document(with: ["width": .int(64)])
        let new = document(with: ["dropout": .double(0.1)])
        #expect(why(old, new) == "with.dropout added (0.1); with.width removed (was 64)")
    }

    @Test("a map is compared entry by entry")
    func nested() {
        let old = document(with: ["set": .object(["A": .string("1"), "B": .string("2")])])
        let new = document(with: ["set": .object(["A": .string("1"), "B": .string("3")])])
        #expect(why(old, new) == "with.set.B: 2 → 3")
    }

    @Test("an input's change names the stage or file that it comes from")
    func input() {
        let (old, new) = (document(in: ["corpus": [one]]), document(in: ["corpus": [two]]))
        #expect(
            why(old, new, ["corpus": [BoundInput(digest: two, label: "data")]])
                == "in.corpus changed (stage data)")
        #expect(
            why(old, new, ["corpus": [BoundInput(digest: two, origin: .file, label: "data.txt")]])
                == "in.corpus changed (file data.txt)")
    }

    @Test("of several inputs only those that changed are named; another number or order of inputs is said")
    func manyInputs() {
        let bound = ["parts": [BoundInput(digest: one, label: "a"), BoundInput(digest: two, label: "b")]]
        let new = document(in: ["parts": [one, two]])
        #expect(why(document(in: ["parts": [one, Digest(of: [3])]]), new, bound) == "in.parts changed (stage b)")
        #expect(why(document(in: ["parts": [one]]), new, bound) == "in.parts: 1 inputs → 2 inputs")
        #expect(why(document(in: ["parts": [two, one]]), new, bound) == "in.parts: another order of inputs")
    }

    @Test("a kind's version, and a stage's change of kind, come first")
    func kinds() {
        #expect(why(document(version: 1), document(version: 2)) == "kind model.train version 1 → 2")
        #expect(why(document(kind: "a"), document(kind: "b")) == "kind a → b")
    }

    @Test("a variable of the environment is named with its values")
    func environment() {
        #expect(
            why(document(environment: ["LANG": .null]), document(environment: ["LANG": .string("C")]))
                == "environment.LANG: null → C")
    }

    @Test("a long value is cut, and many differences are counted")
    func long() {
        let old = document(with: ["argv": .string("x")])
        let new = document(with: ["argv": .string(String(repeating: "y", count: 200))])
        #expect(why(old, new) == "with.argv: x → \(String(repeating: "y", count: 40))… (200 characters)")
        let many = Dictionary(uniqueKeysWithValues: "abcdef".map { (String($0), JSONValue.int(1)) })
        #expect(why(document(), document(with: many)).hasSuffix("; and 2 more"))
    }
}
