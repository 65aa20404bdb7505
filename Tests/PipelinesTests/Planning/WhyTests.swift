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

    @Test("a variable of the environment is named, and its value is shown nowhere, nor its digest")
    func environment() {
        func differences(_ old: JSONValue?, _ new: JSONValue?) -> [Why.Difference] {
            func environment(_ value: JSONValue?) -> JSONValue {
                document(environment: value.map { ["TOKEN": $0] } ?? [:])
            }
            return Why.differences(from: environment(old), to: environment(new), inputs: [:])
        }
        let secrets: [JSONValue] = [.string("s3cret"), .object(["sha256": .string("beef")])]
        #expect(differences(.null, secrets[0]).map(\.text) == ["environment.TOKEN is set now"])
        #expect(differences(nil, secrets[0]).map(\.text) == ["environment.TOKEN added"])
        #expect(differences(secrets[0], nil).map(\.text) == ["environment.TOKEN removed"])
        #expect(differences(secrets[1], .null).map(\.text) == ["environment.TOKEN isn't set any more"])
        let changed = differences(secrets[0], secrets[1])
        #expect(changed.map(\.text) == ["environment.TOKEN changed"])
        #expect(changed.allSatisfy { $0.before == nil && $0.now == nil })
    }

    @Test("a long value is cut, and many differences are counted")
    func long() {
        let old = document(with: ["argv": .string("x")])
        let new = document(with: ["argv": .string(String(repeating: "y", count: 200))])
        #expect(
            why(old, new)
                == "with.argv: x → \(String(repeating: "y", count: 32))… (200 characters) …\(String(repeating: "y", count: 32))"
        )
        let many = Dictionary(uniqueKeysWithValues: "abcdef".map { (String($0), JSONValue.int(1)) })
        #expect(why(document(), document(with: many)).hasSuffix("; and 2 more"))
    }

    /// Of two commands, what is said to differ.
    private func change(_ old: String, _ new: String) -> String {
        let documents = [old, new].map {
            document(with: ["argv": .array([.string("sh"), .string("-c"), .string($0)])])
        }
        return why(documents[0], documents[1])
    }

    private let filler = String(repeating: "print one line of a long script; ", count: 4)

    @Test("long texts are shown where they differ, with context on both sides, whatever is before")
    func longTexts() {
        let (before, after) = (filler + "sort -", " in.txt > out.txt; " + filler)
        #expect(
            change(before + "n" + after, before + "r" + after)
                == "with.argv[2]: … a long script; sort -n in.txt > out.txt; … → … a long script; sort -r in.txt > out.txt; …"
        )
        // At the very beginning, and at the very end.
        #expect(change("x" + filler, "y" + filler) == "with.argv[2]: xprint one line of a … → yprint one line of a …")
        #expect(
            change(filler + "x", filler + "y")
                == "with.argv[2]: … line of a long script; x → … line of a long script; y")
        // Insertions and deletions.
        #expect(
            change(filler + "ab" + filler, filler + "a NEW b" + filler)
                == "with.argv[2]: … of a long script; abprint one line of a … → … of a long script; a NEW bprint one line of a …"
        )
        #expect(
            change(filler, filler + "x")
                == "with.argv[2]: \"… line of a long script; \" → \"… line of a long script; x\"")
    }

    @Test("two changes far apart are both within what is shown, however much is between them")
    func farApart() {
        let text = change(
            "A" + String(repeating: filler, count: 50) + "Z", "B" + String(repeating: filler, count: 50) + "Y")
        #expect(text.contains("[2]: Aprint") && text.contains(" → Bprint"), "\(text)")
        #expect(text.contains("script; Z →") && text.hasSuffix("script; Y"), "\(text)")
        #expect(text.count < 400, "\(text)")
    }

    @Test(
        "what can't be seen, or looks like something else, is escaped where the texts differ",
        arguments: [
            ("a ", "a", "a␣ → a"), ("a\tb", "a b", "a\\tb → a␣b"), ("a  b", "a b", "a ␣b → a b"),
            ("a\u{A0}b", "a b", "a\\u{a0}b → a␣b"), ("p\u{430}y", "pay", "p\\u{430}y → pay"),
            ("a\u{200B}b", "ab", "a\\u{200b}b → ab"), ("caf\u{E9}", "cafe\u{301}", "caf\\u{e9} → cafe\\u{301}"),
            ("a\r\n", "a\n", "a\\r\\n → a\\n"), ("a\\tb", "a\tb", "a\\\\tb → a\\tb"),
            ("a–b", "a-b", "a\\u{2013}b → a-b"),
            ("ü", "ue", "\\u{fc} → ue"), ("ü", "u", "ü → u"), ("", " ", "\"\" → \"␣\""), ("кот", "кит", "кот → кит"),
            ("é", "è", "é → è"),
            ("a\u{202E}b", "ab", "a\\u{202e}b → ab"), ("x\0", "x", "x\\u{0} → x"), ("a", "a\u{3164}", "a → a\\u{3164}"),
        ])
    func invisible(_ old: String, _ new: String, _ expected: String) {
        let (one, two) = (document(with: ["text": .string(old)]), document(with: ["text": .string(new)]))
        #expect(why(one, two) == "with.text: \(expected)")
        // The same at the end of a long text.
        let far = change(filler + old, filler + new)
        let sides = far.components(separatedBy: " → ")
        #expect(sides.count == 2 && far.hasPrefix("with.argv[2]"), "\(far)")
        #expect(sides[0].split(separator: ": ", maxSplits: 1).last.map(String.init) != sides[1], "\(far)")
    }

    @Test("texts drawn at random, however alike, never look the same")
    func neverTheSame() {
        let alphabet = [
            "a", "b", " ", "\t", "\n", "\r", "\u{430}", "\u{200D}", "e\u{301}", "\u{E9}", "…", "\\", "\"", "␣",
            "\u{A0}", "long word ",
        ]
        var state: UInt64 = 18
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for _ in 0..<4_000 {
            let common = [random(60), random(60)].map { count in
                (0..<count).map { _ in alphabet[random(alphabet.count)] }.joined()
            }
            let (one, two) = (alphabet[random(alphabet.count)], random(3) == 0 ? "" : alphabet[random(alphabet.count)])
            let texts = [one, two].map { common[0] + $0 + common[1] }
            if texts[0].utf8.elementsEqual(texts[1].utf8) { continue }
            let line = why(document(with: ["t": .string(texts[0])]), document(with: ["t": .string(texts[1])]))
            // A line of several lines that changed says more than one arrow.
            guard line.hasPrefix("with.t: ") else { continue }
            let sides = line.dropFirst("with.t: ".count).components(separatedBy: " → ")
            #expect(sides.count == 2 && !sides[0].utf8.elementsEqual(sides[1].utf8), "\(texts): \(line)")
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\u{200D}" }, "\(texts): \(line)")
        }
    }

    @Test("of a script of several lines the lines that changed are shown, with their numbers")
    func lines() {
        let script = (1...40).map { "step \($0) --input in.txt" }
        func changed(_ edit: (inout [String]) -> Void) -> String {
            var lines = script
            edit(&lines)
            return change(script.joined(separator: "\n"), lines.joined(separator: "\n"))
        }
        #expect(
            changed { $0[30] = "step 31 --input on.txt" }
                == "with.argv[2] line 31: step 31 --input in.txt → step 31 --input on.txt")
        #expect(changed { $0.insert("new", at: 3) } == "with.argv[2] line 4 added: new")
        #expect(
            changed { $0.removeSubrange(3...5) }.hasPrefix(
                "with.argv[2] lines 4–6 removed: step 4 --input in.txt\\nstep 5"))
        #expect(
            changed { for line in 0..<40 { $0[line] += "\r" } }
                == "with.argv[2] line 1: step 1 --input in.txt → step 1 --input in.txt\\r, "
                + "with.argv[2] line 2: step 2 --input in.txt → step 2 --input in.txt\\r, "
                + "with.argv[2] line 3: step 3 --input in.txt → step 3 --input in.txt\\r, and 37 more")
        #expect(changed { $0.append("") }.hasSuffix(" 40 --input in.txt → … 40 --input in.txt\\n"))
    }

    @Test("in lists and objects the path leads to what changed; short lists are shown whole")
    func paths() {
        func with(_ value: JSONValue) -> JSONValue { document(with: ["x": value]) }
        let words = (1...20).map { JSONValue.string("word \($0)") }
        var others = words
        others[7] = .string("ward 8")
        #expect(why(with(.array(words)), with(.array(others))) == "with.x[7]: word 8 → ward 8")
        #expect(why(with(.array(words)), with(.array(words + [.int(1)]))) == "with.x[20] added (1)")
        #expect(why(with(.array(words)), with(.array(Array(words.dropFirst())))) == "with.x[0] removed (was word 1)")
        #expect(why(with(.array(["a", "b"])), with(.array(["a", "c"]))) == "with.x: [\"a\",\"b\"] → [\"a\",\"c\"]")
        let nested = { (width: JSONValue) in with(.array(words + [.object(["layer": .object(["width": width])])])) }
        #expect(why(nested(.int(64)), nested(.int(128))) == "with.x[20].layer.width: 64 → 128")
        // A text that looks like a number isn't one.
        #expect(why(with(.int(1)), with(.string("1"))) == "with.x: 1 → \"1\"")
        #expect(why(with(.int(1)), with(.double(1))) == "with.x: 1 → 1.0")
        #expect(why(with(.string("")), with(.null)) == "with.x: \"\" → null")
    }

    @Test("keys that differ only in how a name is spelled are told apart, too")
    func names() {
        let (one, two) = (document(with: ["\u{E9}": .int(1)]), document(with: ["e\u{301}": .int(1)]))
        #expect(why(one, two).contains("\\u{e9}") && why(one, two).contains("\\u{301}"), "\(why(one, two))")
    }

    @Test("texts of megabytes are compared in time linear in their length")
    func megabytes() {
        let text = String(repeating: "0123456789abcdef", count: 200_000)
        let seconds = ContinuousClock().measure { #expect(change(text + "x" + text, text + "y" + text).count < 200) }
        // Debug builds take some 2 s; a quadratic comparison took hours.
        #expect(seconds < .seconds(60))
    }
}
