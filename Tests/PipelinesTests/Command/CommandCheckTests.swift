import Artifacts
import Pipelines
import Testing

@Suite("Command stages at planning") struct CommandCheckTests {
    private func check(_ given: [String: JSONValue], roles: [String] = []) throws {
        var all: [String: JSONValue] = [
            "argv": .array([.string("true")]), "out": .object(["out": .string("out.txt")]),
        ]
        all.merge(given) { $1 }
        let inputs = Dictionary(uniqueKeysWithValues: roles.map { ($0, [Facts()]) })
        _ = try CommandStage.plan(CommandParameters(canonical: all), inputs: inputs)
    }

    @Test("a sound command passes")
    func sound() throws {
        try check(["argv": .array([.string("cp"), .string("{in.a}"), .string("{out.out}")])], roles: ["a"])
    }

    @Test(
        "each fault names its parameter",
        arguments: [
            ("argv", .array([]), "argv is empty"),
            ("argv", .array([.string("cp"), .string("{in.b}")]), "{in.b} names no input of the stage; its inputs: a"),
            ("argv", .array([.string("{out.b}")]), "{out.b} names no output of the stage; its outputs: out"),
            ("out", .object(["out": .string("/etc/passwd")]), "expected a file's path inside the working folder"),
            ("out", .object(["out": .string("a/../../b")]), "expected a file's path inside the working folder"),
            ("out", .object(["out": .string("in/a")]), "in/ holds the inputs"),
            ("out", .object(["x": .string("a"), "y": .string("./a")]), "the same path"),
            ("env", .array([.string("A=B")]), "'A=B' can't be the name of an environment variable"),
            ("metrics", .string("../m.json"), "expected a file's path inside the working folder"),
        ] as [(String, JSONValue, String)])
    func faults(parameter: String, value: JSONValue, message: String) throws {
        let error = #expect(throws: PlanningError.self) { try check([parameter: value], roles: ["a"]) }
        #expect(error?.parameter == parameter)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("a shell takes exactly one string")
    func shell() throws {
        let error = #expect(throws: PlanningError.self) {
            try check(["shell": .bool(true), "argv": .array([.string("a"), .string("b")])])
        }
        #expect(error?.message.contains("found 2") == true)
    }

    @Test("a variable is passed on or set, not both")
    func both() throws {
        #expect(throws: PlanningError.self) {
            try check(["env": .array([.string("A")]), "set": .object(["A": .string("1")])])
        }
    }
}
