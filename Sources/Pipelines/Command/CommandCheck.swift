import Foundation

/// What can be said against a command before it runs.
enum CommandCheck {
    /// - Throws: `PlanningError` naming the parameter at fault.
    static func check(_ parameters: CommandParameters, inputRoles: Set<String>) throws {
        guard let program = parameters.arguments.first, !program.isEmpty else {
            throw PlanningError(parameter: "argv", "argv is empty; expected a program and its arguments")
        }
        if parameters.usesShell && parameters.arguments.count != 1 {
            throw PlanningError(
                parameter: "argv",
                "with shell: true argv holds one string for /bin/sh -c, found \(parameters.arguments.count)")
        }
        guard !parameters.outputs.isEmpty else {
            throw PlanningError(parameter: "out", "out is empty; a command declares at least one output, as ROLE: PATH")
        }
        for (role, path) in parameters.outputs.sorted(by: { $0.key < $1.key }) {
            try check(path: path, of: "out.\(role)", parameter: "out")
        }
        for role in inputRoles.union(parameters.outputs.keys) where role.contains("/") || role == ".." || role == "." {
            throw PlanningError("the role '\(role)' can't be the name of a folder; use letters, digits, '-' and '_'")
        }
        let paths = parameters.outputs.values.map(normalized)
        guard Set(paths).count == paths.count else {
            throw PlanningError(parameter: "out", "two outputs have the same path")
        }
        if !parameters.metricsFile.isEmpty {
            try check(path: parameters.metricsFile, of: "metrics", parameter: "metrics")
        }
        let files = paths + (parameters.metricsFile.isEmpty ? [] : [normalized(parameters.metricsFile)])
        for file in files.sorted() {
            guard let inside = files.sorted().first(where: { $0.hasPrefix(file + "/") }) else { continue }
            throw PlanningError(parameter: "out", "'\(file)' can't be both a file and the folder of '\(inside)'")
        }
        for argument in parameters.arguments {
            for placeholder in CommandPlaceholder.all(in: argument) {
                try check(placeholder, inputRoles: inputRoles, outputs: parameters.outputs)
            }
        }
        for (parameter, names) in [("env", parameters.allowedVariables), ("set", parameters.settings.keys.sorted())] {
            for name in names where name.isEmpty || name.contains("=") || name.contains("\0") {
                throw PlanningError(parameter: parameter, "'\(name)' can't be the name of an environment variable")
            }
        }
        if let both = parameters.allowedVariables.first(where: { parameters.settings[$0] != nil }) {
            throw PlanningError(parameter: "set", "\(both) is both passed on (env) and set; keep one of them")
        }
    }

    private static func check(_ placeholder: CommandPlaceholder, inputRoles: Set<String>, outputs: [String: String])
        throws
    {
        let (known, kind) =
            switch placeholder.direction {
            case .input: (inputRoles.sorted(), "input")
            case .output: (outputs.keys.sorted(), "output")
            }
        guard known.contains(placeholder.role) else {
            let list = known.isEmpty ? "none" : known.joined(separator: ", ")
            throw PlanningError(
                parameter: "argv", "\(placeholder.text) names no \(kind) of the stage; its \(kind)s: \(list)")
        }
    }

    private static func check(path: String, of what: String, parameter: String) throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isSound =
            !path.isEmpty && !path.hasPrefix("/") && !path.hasSuffix("/") && !parts.contains("..")
            && normalized(path) != "" && !path.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard isSound else {
            throw PlanningError(
                parameter: parameter, "\(what) is '\(path)'; expected a file's path inside the working folder")
        }
        guard !normalized(path).hasPrefix("in/") else {
            throw PlanningError(parameter: parameter, "\(what) is '\(path)', but in/ holds the inputs; choose another")
        }
    }

    private static func normalized(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
