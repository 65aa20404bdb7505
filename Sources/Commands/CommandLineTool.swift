import ArgumentParser
import Artifacts
import Foundation
import Pipelines
import Stages

/// The process: parses the command line, runs the command, and turns errors into messages and documented exit codes.
package enum CommandLineTool {
    /// Ends the process as the worker that `calm run` started it to be: at once on the main thread, since each stage has one and
    /// its command line says nothing else.
    package static func workIfAsked() {
        if CommandLine.arguments.dropFirst().elementsEqual(["worker"]) { WorkerCommand().run() }
    }

    package static func run() async {
        // A reader that goes away, such as `head`, is an error to handle, and so is a file size limit: neither may kill.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try parsedCommand()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            if !failure.message.isEmpty { complain(failure.message) }
            exit(failure.exitCode)
        } catch let error as StoreError {
            complain("error: \(error)")
            exit(Pipelines.ExitCode.store)
        } catch let failure as StageFailure {
            complain("error: \(failure.message)")
            exit(failure.category == .badInput ? Pipelines.ExitCode.usage : Pipelines.ExitCode.stageFailed)
        } catch let error as PipelineDiagnostics {
            complain(error.description)
            exit(Pipelines.ExitCode.invalidPipeline)
        } catch {
            let code = Calm.exitCode(for: error)
            if code.isSuccess {
                let answer = BashCompletionScript.completing(Calm.fullMessage(for: error))
                do { try output(answer) } catch { exit(Pipelines.ExitCode.store) }
                exit(0)
            }
            let isUsage = code == .validationFailure
            let message = isUsage ? Calm.fullMessage(for: error) : "error: \(error)"
            if isUsage, CommandLine.arguments.dropFirst().first == "run", CommandLine.arguments.contains("--json") {
                try? output(json: RunResult.json(problem: Calm.message(for: error), exit: Pipelines.ExitCode.usage))
            }
            complain(message)
            exit(isUsage ? Pipelines.ExitCode.usage : Pipelines.ExitCode.stageFailed)
        }
    }

    /// The command that was asked for, with its options.
    ///
    /// Its own options are read first, for that takes half the time of looking through those of all commands. What can't be
    /// read so is the whole tree's affair, whose messages say how the command is used.
    private static func parsedCommand() throws -> any ParsableCommand {
        let arguments = CommandLine.arguments.dropFirst()
        let named = Calm.configuration.subcommands.first { $0.configuration.commandName == arguments.first }
        if let named, named.configuration.subcommands.isEmpty,
            let command = try? named.parse(Array(arguments.dropFirst()))
        {
            return command
        }
        return try Calm.parseAsRoot()
    }
}

/// A command that ends with a message and an exit code of its own.
struct CommandFailure: Error {
    let message: String
    let exitCode: Int32

    init(_ message: String, exitCode: Int32) {
        self.message = message
        self.exitCode = exitCode
    }

    /// Something was asked for that doesn't exist.
    static func notFound(_ message: String) -> CommandFailure {
        CommandFailure("error: " + message, exitCode: Pipelines.ExitCode.usage)
    }
}
