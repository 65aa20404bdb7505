import Artifacts
import Catalogue
import Foundation
import Testing

/// `calm runs --where`.
struct RunFilterTests {
    /// 2026-11-25T08:30:00Z
    private static let now = 1_795_595_400.0
    private let temporary: TemporaryCatalogue

    init() throws {
        temporary = try TemporaryCatalogue()
        let good = try temporary.store.execute(with: ["n": .int(1)], metrics: ["accuracy": 0.95, "loss": 0.1])
        let bad = try temporary.store.execute(with: ["n": .int(2)], metrics: ["accuracy": 0.5, "loss": .nan])
        try temporary.adopt(good, stage: "train")
        try temporary.adopt(bad, stage: "train")
        try temporary.run("one", pipeline: "a", at: Self.now - 8 * 86_400, [("train", good), ("s[x=a,y=b.c]", bad)])
        try temporary.run("two", pipeline: "b", at: Self.now - 3600, [("train", bad)])
        try temporary.catalogue.begin(
            run: RunRow(
                id: "three", pipeline: "a 'b", file: "x.yaml", startedAt: Self.now, commandLine: "calm run x.yaml",
                parameters: .object(["seed": .string("8"), "name": .string("Ada"), "rate": .double(0.5)])))
        try temporary.catalogue.record(
            gate: GateRow(run: "two", stage: "train", metric: "accuracy", expected: ">= 0.9", value: 0.5, passed: false)
        )
    }

    private func runs(_ text: String) throws -> [String] {
        try temporary.catalogue.runs(where: RunFilter(text, now: Self.now), limit: 10).map(\.id).sorted()
    }

    @Test(
        "finds the runs for which it holds",
        arguments: [
            ("pipeline = a", ["one"]), ("pipeline != a", ["three", "two"]), ("pipeline ~ A", ["one", "three"]),
            ("pipeline = \"a 'b\"", ["three"]), (#"pipeline = 'a \'b'"#, ["three"]), ("pipeline !~ a", ["two"]),
            ("run = on", ["one"]), ("run != t", ["one"]), ("file ~ PIPE", ["one", "two"]),
            ("command ~ 'x.yaml'", ["three"]),
            ("state = succeeded", ["one", "two"]), ("state != unfinished", ["one", "two"]),
            ("exit = 0", ["one", "two"]), ("exit < 1", ["one", "two"]), ("not exit = 0", ["three"]), ("exit != 0", []),
            ("seconds <= 1", ["one", "two"]), ("seconds > 1e0", []),
            ("started > -7d", ["three", "two"]), ("started < -90m", ["one"]), ("started >= -1h", ["three", "two"]),
            ("started = 2026-11-25", ["three", "two"]), ("started != 2026-11-25", ["one"]),
            ("started < 2026-11-25", ["one"]), ("started <= 2026-11-25", ["one", "three", "two"]),
            ("started > 2026-11-25", []), ("started = 2026-11-25T08:30", ["three"]),
            ("started >= 2026-11-25T07:30:00Z", ["three", "two"]),
            ("params.seed = 7", ["one", "two"]), ("params.seed > 7", ["three"]), ("param.name = Ada", ["three"]),
            ("params.name ~ ad", ["three"]), ("params.rate = 0.5", ["three"]), ("params.rate < .6", ["three"]),
            ("params.name > 0", []), ("params.nothing != 1", []),
            ("metric.train.accuracy >= 0.9", ["one"]), ("metric.accuracy < 0.9", ["one", "two"]),
            ("metric.s[x=a,y=b.c].accuracy = 0.5", ["one"]), ("metric.loss < 1", ["one"]),
            ("metric.train.loss != 0.1", []),
            ("stage.train = cached", ["one", "two"]), ("stage.train.attempts = 1", ["one", "two"]),
            ("stage.s[x=a,y=b.c] = cached", ["one"]), ("stage.s[x=a,y=b.c].kind ~ train", ["one"]),
            ("gate = missed", ["two"]), ("gate.train.accuracy = missed", ["two"]), ("gate.accuracy = passed", []),
            ("pipeline = a or pipeline = b", ["one", "two"]), ("pipeline = a and exit = 0", ["one"]),
            ("pipeline = a or pipeline = b and exit = 7", ["one"]),
            ("(pipeline = a or pipeline = b) and exit = 7", []), ("not (pipeline = a or pipeline = b)", ["three"]),
            ("!pipeline=a&&!pipeline=b", ["three"]), ("NOT pipeline = a AND NOT pipeline == b", ["three"]),
            ("pipeline=a||run=two", ["one", "two"]), ("pipeline = \"'; DROP TABLE runs; --\"", []),
            ("pipeline = '?'", []), ("pipeline = 'and'", []),
        ])
    func finds(_ text: String, _ expected: [String]) throws {
        #expect(try runs(text) == expected)
        #expect(try temporary.catalogue.runs(limit: 10).count == 3)
    }

    @Test("finds by digests and their beginnings")
    func digests() throws {
        let key = try #require(try temporary.catalogue.stages(run: "one").first { $0.name == "train" }?.key)
        let output = try #require(try temporary.catalogue.execution(key)?.outputs["model"])
        #expect(try runs("stage.train.key = \(key)") == ["one"])
        #expect(try runs("stage.train.key = \(key.short)") == ["one"])
        #expect(try runs("output.train.model = \(output.short)") == ["one"])
        #expect(try runs("output = \(output)") == ["one"])
        #expect(try runs("output.train.nothing = \(output)") == [])
    }

    @Test(
        "an error names the place, what was found and what is valid",
        arguments: [
            ("", 1, "expected a field, found the end. Fields are run, pipeline"),
            ("pipelin = a", 1, "unknown field 'pipelin'. Fields are run, pipeline"),
            ("pipeline", 9, "expected a comparison after 'pipeline', found the end"),
            ("pipeline =", 11, "expected a value after '=', found the end"),
            ("pipeline = a b", 14, "expected 'and', 'or' or the end, found 'b'"),
            ("(pipeline = a", 14, "expected 'and', 'or' or ')', found the end"),
            ("pipeline = a)", 13, "expected 'and', 'or' or the end, found ')'"),
            ("exit = none", 8, "'exit' is a number, found 'none'"), ("exit > nan", 8, "'exit' is a number"),
            ("exit = 0x10", 8, "'exit' is a number"), ("exit > inf", 8, "'exit' is a number"),
            ("exit ~ 1", 6, "'exit' can't be compared by '~'; it can by = != < <= > >="),
            ("pipeline < a", 10, "'pipeline' can't be compared by '<'; it can by = != ~ !~"),
            ("state = ok", 9, "'state' is one of succeeded, gate-missed"),
            ("stage.train = done", 15, "'stage.train' is one of cached, executed"),
            ("started > yesterday", 11, "'started' is a day (2026-11-25)"),
            ("started > 2026-02-31", 11, "'started' is a day"), ("started > 2026-13-01", 11, "'started' is a day"),
            ("params.seed > big", 15, "'params.seed' is compared by '>' with a number, found 'big'"),
            ("metric. > 1", 1, "unknown field 'metric.'"), ("\"pipeline\" = a", 1, "expected a field"),
            ("pipeline = 'a", 12, "found ' without its end"), ("metric.s[x > 1", 9, "found [ without its ]"),
            ("pipeline = a &", 14, "found \"&\""), ("and", 1, "expected a field"),
        ])
    func errors(_ text: String, _ column: Int, _ message: String) throws {
        let problem = #expect(throws: RunFilterProblem.self) { try RunFilter(text, now: Self.now) }
        #expect(problem?.column == column)
        #expect(problem?.message.hasPrefix(message) == true, "\(problem?.message ?? "")")
    }

    @Test("long and deep conditions are refused, or answered")
    func bounds() throws {
        let deep = String(repeating: "(", count: 21) + "exit = 0" + String(repeating: ")", count: 21)
        #expect(throws: RunFilterProblem.self) { try RunFilter(deep, now: 0) }
        #expect(throws: RunFilterProblem.self) {
            try RunFilter(String(repeating: "not ", count: 21) + "exit = 0", now: 0)
        }
        let many = Array(repeating: "exit = 0", count: 201).joined(separator: " or ")
        #expect(throws: RunFilterProblem.self) { try RunFilter(many, now: 0) }
        #expect(throws: RunFilterProblem.self) {
            try RunFilter("run = " + String(repeating: "a", count: 10_000), now: 0)
        }
        #expect(
            try runs(String(repeating: "(not ", count: 10) + "exit = 0" + String(repeating: ")", count: 10)).count == 2)
        #expect(try runs(Array(repeating: "metric.accuracy > 0", count: 200).joined(separator: " and ")).count == 2)
    }
}
