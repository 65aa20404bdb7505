import Foundation

/// What can be said against a command before it runs.
enum CommandCheck {
    /// - Throws: `PlanningError` naming the parameter at fault.
    static func check(_ parameters: CommandParameters, inputRoles: Set<String>, forms: [String]) throws {
        // Each is made anew when it is asked for.
        let (arguments, outputs) = (parameters.arguments, parameters.outputs)
        guard let program = arguments.first, !program.isEmpty else {
            throw PlanningError(parameter: "argv", "argv is empty; expected a program and its arguments")
        }
        if let shell = parameters.shell, arguments.count != 1 {
            throw PlanningError(
                parameter: "argv",
                "with shell: \(shell.rawValue) argv holds one string, the script, found \(arguments.count)")
        }
        for (role, details) in parameters.outputDetails.sorted(by: { $0.key < $1.key }) {
            try check(details, of: role, forms)
        }
        for (role, path) in outputs.sorted(by: { $0.key < $1.key }) {
            try check(path: CommandFolder.path(ofOutput: path), of: "out.\(role)", parameter: "out")
        }
        for role in inputRoles.union(outputs.keys)
        where role.utf8.contains(slash) || role == ".." || role == "." {
            throw PlanningError("the role '\(role)' can't be the name of a folder; use letters, digits, '-' and '_'")
        }
        if let list = inputRoles.sorted().first(where: { inputRoles.contains($0 + ".json") }) {
            throw PlanningError(
                "the role '\(list).json' has the name of the list of the inputs of '\(list)'; choose another")
        }
        for role in inputRoles.union(outputs.keys) where role.hasSuffix(CommandPlaceholder.rawEnding) {
            throw PlanningError("the role '\(role)' can't end in '\(CommandPlaceholder.rawEnding)'; use another name")
        }
        let paths = outputs.values.map(normalized)
        guard Set(paths).count == paths.count else {
            throw PlanningError(parameter: "out", "two outputs have the same path")
        }
        if !parameters.metricsFile.isEmpty {
            try check(path: parameters.metricsFile, of: "metrics", parameter: "metrics")
        }
        let files = (paths + (parameters.metricsFile.isEmpty ? [] : [normalized(parameters.metricsFile)])).sorted()
        for file in files where files.count > 1 {
            guard let inside = files.first(where: { $0.hasPrefix(file + "/") }) else { continue }
            throw PlanningError(parameter: "out", "'\(file)' can't be an output and hold '\(inside)'")
        }
        for argument in arguments {
            for placeholder in CommandPlaceholder.all(in: argument) {
                try check(placeholder, inputRoles: inputRoles, outputs: outputs)
            }
        }
        for place in ShellInvocation.splitArguments(in: arguments).sorted() where parameters.shell == nil {
            guard let placeholder = CommandPlaceholder.all(in: arguments[place]).first(where: { !$0.isRaw }) else {
                continue
            }
            throw PlanningError(
                parameter: "argv",
                "\(placeholder.text) stands in a text that `env -S` splits into words, where a file's name may become several; "
                    + "write the words as elements of argv")
        }
        let (allowed, passedThrough) = (parameters.allowedVariables, parameters.passedThroughVariables)
        let settings = parameters.settings
        for (parameter, names) in [
            ("env", allowed), ("pass-through", passedThrough), ("set", settings.keys.sorted()),
        ] {
            for name in names where name.isEmpty || name.contains("=") || name.contains("\0") {
                throw PlanningError(parameter: parameter, "'\(name)' can't be the name of an environment variable")
            }
        }
        for (parameter, names) in [("env", allowed), ("pass-through", passedThrough)] {
            guard let both = names.first(where: { settings[$0] != nil }) else { continue }
            throw PlanningError(parameter: "set", "\(both) is both passed on (\(parameter)) and set; keep one of them")
        }
        if let both = passedThrough.first(where: allowed.contains) {
            throw PlanningError(
                parameter: "pass-through",
                "\(both) is in env as well; keep it in env if results depend on it, else in pass-through")
        }
    }

    /// What stands at an output that isn't a path alone.
    private static func check(_ details: [String: String], of role: String, _ forms: [String]) throws {
        guard details["path"] != nil else {
            throw PlanningError(parameter: "out", "out.\(role) has no path; expected { path: PATH, as: FORM }")
        }
        if let name = details.keys.sorted().first(where: { $0 != "path" && $0 != "as" }) {
            throw PlanningError(parameter: "out", "out.\(role) has the unknown key '\(name)'; expected path and as")
        }
        guard let form = details["as"], !forms.contains(form) else { return }
        throw PlanningError(
            parameter: "out", "out.\(role) is to be '\(form)'; expected one of: \(forms.joined(separator: ", "))")
    }

    private static func check(_ placeholder: CommandPlaceholder, inputRoles: Set<String>, outputs: [String: String])
        throws
    {
        let (known, kind) =
            switch placeholder.direction {
            case .input: (inputRoles, "input")
            case .output: (Set(outputs.keys), "output")
            }
        guard known.contains(placeholder.role) else {
            let known = known.sorted()
            let list = known.isEmpty ? "none" : known.joined(separator: ", ")
            throw PlanningError(
                parameter: "argv", "\(placeholder.text) names no \(kind) of the stage; its \(kind)s: \(list)")
        }
    }

    private static func check(path: String, of what: String, parameter: String) throws {
        let normalized = normalized(path)
        let isSound =
            normalized != "" && !path.hasPrefix("/") && !path.hasSuffix("/")
            && !normalized.utf8.split(separator: slash).contains { $0.elementsEqual("..".utf8) }
            && !path.unicodeScalars.contains(where: \.isControl)
        guard isSound else {
            throw PlanningError(
                parameter: parameter, "\(what) is '\(path)'; expected a file's path inside the working folder")
        }
        guard !normalized.hasPrefix("in/") else {
            throw PlanningError(parameter: parameter, "\(what) is '\(path)', but in/ holds the inputs; choose another")
        }
    }

    private static let slash = UInt8(ascii: "/")

    /// The path without empty parts and `.`.
    private static func normalized(_ path: String) -> String {
        // By bytes, which takes a tenth of the time of characters.
        let parts = path.utf8.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
        return parts.map { String(Substring($0)) }.joined(separator: "/")
    }
}
