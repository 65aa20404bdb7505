import Artifacts
import Foundation

/// The stage kind `command`: any program, from declared input files to declared output files.
///
/// The program starts in a clean folder that holds its inputs as `in/ROLE/MEMBER`, or `in/ROLE/0/MEMBER`, … where a role was
/// given a list or a matrix (`CommandFolder`), and sees no variable of the caller's but those in `env` and `pass-through`. Its
/// words go to the stage's log, with the values of these variables masked. What it reads beyond that, itself included, is its
/// author's promise: name scripts and data as inputs.
///
/// Outputs are taken when the program and all that it started have ended (`LeftoverProcesses`). They end with the worker, even if
/// worker and coordinator are killed at once; then only what left the worker's process group, as by setsid(1), is on its own.
package enum CommandKind<Forms: OutputForms>: EnvironmentReadingKind, LayoutReadingKind {
    package static var name: String { "command" }
    package static var version: Int { 2 }
    package static var summary: String {
        "Runs a program on files: argv, declared inputs and outputs, an environment allow-list"
    }
    package static var acceptsOtherInputs: Bool { true }

    package static func inputs(_ parameters: CommandParameters) -> [InputRole] { [] }

    /// Files, and folders where the path ends with a slash, in the order of their roles' names.
    package static func outputs(_ parameters: CommandParameters) -> [OutputRole] {
        parameters.outputs.sorted { $0.key < $1.key }.map { role, path in
            let isFolder = CommandFolder.isFolder(path)
            let type = parameters.form(of: role).flatMap(Forms.named)?.type ?? (isFolder ? .folder : .file)
            return OutputRole(role, type, "The \(isFolder ? "folder" : "file") \(path)")
        }
    }

    package static func lackOfMetrics(_ parameters: CommandParameters) -> String? {
        parameters.metricsFile.isEmpty
            ? "a command gives metrics only with the parameter 'metrics', the path of a JSON object of numbers" : nil
    }

    package static func promisesMetrics(_ parameters: CommandParameters) -> String? {
        parameters.metricsFile.isEmpty ? nil : parameters.metricsFile
    }

    package static func environmentNames(_ parameters: CommandParameters) -> [String] { parameters.allowedVariables }

    package static func passedThroughNames(_ parameters: CommandParameters) -> [String] {
        parameters.passedThroughVariables
    }

    package static func plan(
        _ parameters: CommandParameters, inputs: [String: [Facts]]
    ) throws -> [String: Facts] {
        try CommandCheck.check(parameters, inputRoles: Set(inputs.keys), forms: Forms.all.map(\.name))
        return [:]
    }

    package static func run(_ parameters: CommandParameters, _ context: StageContext) throws {
        let mask = SecretMask(context.environment.values.compactMap(\.self))
        do {
            try run(parameters, context, mask)
        } catch {
            let failure = StageFailure(describing: error)
            throw StageFailure(failure.category, mask.masking(failure.message))
        }
    }

    private static func run(_ parameters: CommandParameters, _ context: StageContext, _ mask: SecretMask) throws {
        let folder = try CommandFolder(in: context.store)
        defer { folder.remove() }
        let inputs = try folder.place(inputsOf: context)
        try folder.makeParents(of: parameters.outputs.values + [parameters.metricsFile])
        let environment = CommandProcess.environment(parameters, caller: context.environment, folder: folder.url)
        let process = CommandProcess(
            arguments: try arguments(parameters, inputs: inputs, path: environment["PATH"] ?? ""),
            environment: environment, folder: folder.url,
            outputs: parameters.outputs.values.map(CommandFolder.path(ofOutput:))
                + [parameters.metricsFile].filter { !$0.isEmpty },
            log: context.logFile, stage: context.stage,
            pipelineFolder: context.pipelineFolder,
            mask: mask, onMemory: context.recorder.record(memoryBytes:))
        let left = try process.run()
        if !left.isEmpty {
            context.note("ended what the program left running: \(mask.masking(LeftoverProcesses.list(left)))")
        }
        // Paths and metrics are known by their names, so these are whole or not kept. A short value, such as the name of a
        // branch, is no secret that a name could give away.
        let nameMask = SecretMask(context.environment.values.compactMap(\.self).filter { $0.utf8.count >= 8 })
        for (role, path) in parameters.outputs.sorted(by: { $0.key < $1.key }) {
            try folder.take(
                output: role, path: path, as: parameters.form(of: role).flatMap(Forms.named), into: context, nameMask)
        }
        if !parameters.metricsFile.isEmpty {
            let file = folder.url.appendingPathComponent(parameters.metricsFile)
            // The text is masked before anything is made of it: what a value does to the JSON around it may leave parts of it that
            // nothing would find.
            let metrics = CommandMetrics(of: file, named: parameters.metricsFile, masking: nameMask)
            try report(metrics, parameters, context, mask, nameMask)
        }
    }

    /// Outputs that took long to make aren't lost for a mistake in the metrics, but no gate is met by what is no number.
    private static func report(
        _ metrics: CommandMetrics, _ parameters: CommandParameters, _ context: StageContext, _ mask: SecretMask,
        _ nameMask: SecretMask
    ) throws {
        let masked = String(decoding: SecretMask.replacement, as: UTF8.self)
        func isTelling(_ name: String) -> Bool {
            !nameMask.isEmpty && (name.contains(masked) || nameMask.finds(in: name))
        }
        for (name, value) in metrics.numbers.sorted(by: { $0.key < $1.key }) where !isTelling(name) {
            context.metric(name, value)
        }
        var remarks = MetricRemarks(problem: metrics.problem.map(mask.masking))
        for (name, word) in metrics.words where !isTelling(name) { remarks.words[name] = shown(word, mask) }
        let hidden = (Array(metrics.numbers.keys) + Array(metrics.words.keys)).filter(isTelling).count
        if hidden > 0 {
            context.note(
                "\(hidden) metric\(hidden == 1 ? "" : "s") left out: the name holds the value of an environment variable; "
                    + "use another name")
        }
        if let problem = remarks.problem {
            // Then there is nothing worth keeping.
            if parameters.outputs.isEmpty { throw StageFailure(.failed, problem) }
            context.note("no metrics: \(problem)")
        }
        if !remarks.words.isEmpty {
            let list = remarks.words.sorted { $0.key < $1.key }.map { "\($0.key) is \($0.value)" }
            let more = list.count > 5 ? " and \(list.count - 5) more" : ""
            context.note("metrics that are no numbers are left out: \(list.prefix(5).joined(separator: ", "))\(more)")
        }
        context.recorder.record(remarks: remarks)
    }

    /// A value masked, then cut to a readable length, so that no part of a secret is left.
    private static func shown(_ word: String, _ mask: SecretMask) -> String {
        let text = String(decoding: mask.masking(Array(word.utf8)), as: UTF8.self)
        return mask.masking(text.count <= 60 ? text : "\(text.prefix(59))…")
    }

    /// The argv with its placeholders filled in, in a shell script as quoted words, and with the shell in front of it.
    private static func arguments(
        _ parameters: CommandParameters, inputs: [String: String], path: String
    ) throws -> [String] {
        func value(_ placeholder: CommandPlaceholder) throws -> String {
            switch placeholder.direction {
            case .input: return try inputs[placeholder.role] ?? unknown(placeholder)
            case .output:
                let path =
                    try parameters.outputs[placeholder.role].map(CommandFolder.path(ofOutput:)) ?? unknown(placeholder)
                // Programs would take it for an option.
                return path.hasPrefix("-") ? "./\(path)" : path
            }
        }
        let arguments = parameters.arguments
        let scripts = parameters.shell == nil ? ShellInvocation.scriptIndices(in: arguments) : [0]
        let filled = try arguments.enumerated().map { place, argument in
            try scripts.contains(place)
                ? ShellScript.filled(argument, by: value) : CommandPlaceholder.replace(in: argument, by: value)
        }
        guard let shell = parameters.shell else { return filled }
        return try shell.command(for: filled[0], path: path)
    }

    private static func unknown(_ placeholder: CommandPlaceholder) throws -> String {
        throw StageFailure(.badInput, "\(placeholder.text) names no role of the stage")
    }
}

/// The kind where outputs have no forms.
package typealias CommandStage = CommandKind<NoOutputForms>
