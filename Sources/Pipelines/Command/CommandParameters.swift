import Artifacts

/// The parameters of a `command` stage.
package struct CommandParameters: StageParameters {
    var argumentsValue = JSONValue.array([])
    var outputsValue = JSONValue.object([:])
    var allowedValue = JSONValue.array([])
    var settingsValue = JSONValue.object([:])
    var passedThroughValue = JSONValue.array([])
    var shellValue = JSONValue.bool(false)
    var metricsFile = ""

    package init() {}

    package static let fields: [ParameterField<Self>] = [
        .json(
            "argv", \.argumentsValue, .list(of: .string), required: true,
            "The program and its arguments; {in.ROLE} and {out.ROLE} stand for paths"),
        .json(
            "out", \.outputsValue, .map(of: .either([.string, .map(of: .string)])),
            """
            Output role to the path that the program writes in its working folder; a folder's ends with a slash. \
            { path: PATH, as: text, jsonl or model } has the content checked, too
            """),
        .json(
            "env", \.allowedValue, .list(of: .string),
            "Names of the caller's variables to pass on; a digest of each value is in the stage's key"),
        .json(
            "pass-through", \.passedThroughValue, .list(of: .string),
            "Names of the caller's variables to pass on that make no difference to the result; not in the stage's key"
        ).unkeyed,
        .json("set", \.settingsValue, .map(of: .string), "Variables to set"),
        .json(
            "shell", \.shellValue, .either([.bool, .choice(CommandShell.words)]),
            """
            Run the one string in argv as a shell script: true (bash -euo pipefail), bash, sh (/bin/sh -eu) or lenient \
            (/bin/sh, going on after failures)
            """),
        .string("metrics", \.metricsFile, "Path of a JSON object of numbers that the program writes"),
    ]
}

extension CommandParameters {
    var arguments: [String] { Self.texts(argumentsValue) }
    /// Paths by roles.
    var outputs: [String: String] {
        members(outputsValue).compactMapValues { Self.text($0) ?? members($0)["path"].flatMap(Self.text) }
    }
    /// What the roles say beside the path.
    var outputDetails: [String: [String: String]] {
        members(outputsValue).compactMapValues {
            if case .object = $0 { Self.textsByName($0) } else { nil }
        }
    }
    func form(of role: String) -> String? {
        members(members(outputsValue)[role] ?? .null)["as"].flatMap(Self.text)
    }
    var allowedVariables: [String] { Self.texts(allowedValue) }
    var passedThroughVariables: [String] { Self.texts(passedThroughValue) }
    /// Nil if argv is run without a shell.
    var shell: CommandShell? { CommandShell(shellValue) }
    var settings: [String: String] { Self.textsByName(settingsValue) }

    private static func texts(_ value: JSONValue) -> [String] {
        guard case .array(let elements) = value else { return [] }
        return elements.compactMap(text)
    }

    private func members(_ value: JSONValue) -> [String: JSONValue] {
        if case .object(let members) = value { members } else { [:] }
    }

    private static func textsByName(_ value: JSONValue) -> [String: String] {
        guard case .object(let members) = value else { return [:] }
        return members.compactMapValues(text)
    }

    private static func text(_ value: JSONValue) -> String? {
        if case .string(let text) = value { text } else { nil }
    }
}
