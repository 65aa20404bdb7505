import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a pipeline: what is up to date is taken from the store, the rest is executed.",
        discussion: """
            EXAMPLES
              calm run pipelines/kv-arithmetic.yaml
              calm run kv-arithmetic composed
              calm run pipelines/kv-arithmetic.yaml --set params.keys=640 --junit report.xml
              calm run pipelines/kv-arithmetic.yaml --json | jq '.gates[] | select(.passed | not)'
            """)

    @OptionGroup var pipeline: PipelineOptions
    @OptionGroup var store: StoreOptions

    @Flag(help: "Execute every stage, cached or not.")
    var force = false

    @Option(
        name: .customLong("force-stage"), help: "Execute this stage (all cells of a matrix), cached or not.",
        completion: .custom(Completion.stages))
    var forcedStages: [String] = []

    @Flag(name: .customLong("keep-going"), help: "After a failure, go on with what doesn't depend on it.")
    var keepGoing = false

    @Flag(name: .customLong("dry-run"), help: "Say what would run and why, and run nothing.")
    var dryRun = false

    @Option(help: "The most stages at once.")
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "The run that 'baseline' in gates means, instead of the pipeline's pin: a pin, a run's id, 'latest', or a file that `calm export --metrics-only` wrote.",
            valueName: "pin|run|file"), completion: .custom(Completion.baselines))
    var baseline: String?

    @Flag(
        name: .customLong("require-baseline"),
        help: "Gates that name earlier runs fail, rather than pass, if those have no value for them.")
    var requireBaseline = false

    @Option(help: "Write the JUnit report to this file instead of the run's folder.", completion: .file())
    var junit: String?

    @Option(help: "Write the page about the run to this file, besides the run's folder.", completion: .file())
    var html: String?

    @Option(
        name: [.customLong("junit-flavour"), .customLong("junit-flavor")],
        help: "For whom the JUnit report is written: \(JUnitFlavour.allCases.map(\.rawValue).joined(separator: ", ")).")
    var junitFlavour = JUnitFlavour.jenkins

    @Flag(help: "Write one JSON document to standard output, everything else to standard error.")
    var json = false

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs takes at least 1, found \(jobs)") }
        for (name, path) in [("--junit", junit), ("--html", html)] where path == "-" {
            throw ValidationError("\(name) takes a file, not '-': standard output has what the run itself says")
        }
        if force, !forcedStages.isEmpty { throw ValidationError("--force already forces every stage") }
        if pipeline.name == nil { _ = try PipelineFile.only() }
        if junit == nil, html == nil { return }
        let file = pipeline.pipeline
        let read = [("the pipeline", file)] + (baseline.map { [("the baseline", $0)] } ?? [])
        try OutputFiles(besides: read.filter { ProjectFolder.exists($0.1) }, store: store.of(pipeline: file).url)
            .check([("--junit", junit), ("--html", html)])
    }

    func run() async throws {
        let startedAt = Date()
        do {
            let options = store.of(pipeline: pipeline.pipeline)
            let (pipeline, ahead) = try await pipeline.load(readingAheadIn: options)
            let store = try options.openOrCreate()
            let catalogue = try ahead?.catalogue ?? Catalogue(store: store)
            catalogue.staysOpen()
            if let unknown = forced.unknownNames(in: pipeline).first {
                throw ValidationError("--force-stage: the pipeline has no stage '\(unknown)'")
            }
            if dryRun {
                try PlanReport(pipeline: pipeline, store: store, catalogue: catalogue, ahead: ahead, forced: forced)
                    .print(json: json)
                return
            }
            try await run(pipeline, store: store, catalogue: catalogue, ahead: ahead)
        } catch let error as PipelineDiagnostics {
            try report(
                "invalid pipeline", error.diagnostics.map(\.description), exit: Pipelines.ExitCode.invalidPipeline,
                startedAt: startedAt, at: error.diagnostics.first?.location)
        } catch let error as ValidationError where junit != nil {
            // An older report in its place would say that all is well.
            try report("usage", ["error: \(error.message)"], exit: Pipelines.ExitCode.usage, startedAt: startedAt)
        } catch let failure as StageFailure {
            try report(
                "plan", ["error: \(failure.message)"], exit: Pipelines.ExitCode.stageFailed, startedAt: startedAt)
        } catch let error as StoreError {
            try report("store", ["error: \(error)"], exit: Pipelines.ExitCode.store, startedAt: startedAt)
        }
    }

    private var forced: ForcedStages {
        if force { return .all }
        return forcedStages.isEmpty ? .none : .named(StageNames(Set(forcedStages)))
    }

    private func run(
        _ pipeline: ResolvedPipeline, store: Store, catalogue: Catalogue, ahead: ReadAhead?
    ) async throws {
        try refuseInputs(of: pipeline)
        let junit = try junitFile()
        let pages = RunPages(
            extra: html, upstream: Dictionary(uniqueKeysWithValues: pipeline.stages.map { ($0.name, $0.upstream) }))
        try pages.prepare()
        var options = RunOptions()
        options.forced = forced
        options.keepGoing = keepGoing
        options.jobs = jobs
        options.baseline = try baseline(of: pipeline.name, in: store, catalogue)
        options.requiresBaseline = requireBaseline
        options.file = PipelineFile.recorded(self.pipeline.pipeline)
        options.checkout = Checkout(ofPipeline: self.pipeline.pipeline, in: store)
        options.commandLine = CommandLine.arguments
        options.interrupts = Interrupts.signals()

        let console = ConsoleReport(terminal: json ? .standardError : .standardOutput)
        let ticking = Task { await console.keepTicking() }
        let result = await Runner(store: store, catalogue: catalogue, options: options, ahead: ahead)
            .run(pipeline) { console.handle($0) }
        ticking.cancel()

        var exitCode = result.exit
        var problems: [String] = []
        var junitOptions = junitOptions
        let missed = Set(result.gates.filter { !$0.passed }.map { [$0.stage, $0.metric] })
        junitOptions.history = missed.flatMap { missed in
            // A report without it is better than none.
            let past = try? catalogue.history(
                of: missed[1], stage: missed[0], pipeline: pipeline.name, before: result.run, limit: 10)
            return past ?? []
        }
        // Side by side: a run with nothing to do spends much of its time on what it leaves.
        async let page = pages.write(result, store: store, catalogue: catalogue)
        let report = JUnitReport(of: result, pipeline: pipeline, options: junitOptions).xml()
        var file = junit ?? store.runs.appendingPathComponent("\(result.run)/junit.xml")
        do {
            try WholeFile.write(report, to: file)
        } catch {
            problems.append("error: the JUnit report can't be written to \(file.path): \(error)")
            if exitCode == 0 { exitCode = Pipelines.ExitCode.store }
            file = store.runs.appendingPathComponent("\(result.run)/junit.xml")
            try? WholeFile.write(report, to: file)
        }
        if let problem = result.problem { problems.append("error: \(problem.message)") }
        let pageProblem = await page
        if let problem = pageProblem {
            problems.append("error: \(problem)")
            if exitCode == 0 { exitCode = Pipelines.ExitCode.store }
        }

        console.finish(
            result, tables: tables(of: result, pipeline: pipeline, store: store), junit: file,
            page: pageProblem == nil ? pages.file(ofRun: result.run, in: store) : nil)
        if json {
            var result = result
            result.exit = exitCode
            try output(json: result.json)
        }
        if exitCode != 0 || !problems.isEmpty {
            throw CommandFailure(problems.joined(separator: "\n"), exitCode: exitCode)
        }
        // Rather than to give back, piece by piece, all that the process ends with.
        Foundation.exit(0)
    }

    private var junitOptions: JUnitOptions {
        var options = JUnitOptions()
        options.flavour = junitFlavour
        options.folder =
            junitFlavour.folderVariable.flatMap { ProcessInfo.processInfo.environment[$0] }
            ?? FileManager.default.currentDirectoryPath
        options.command = ["calm", "run", pipeline.pipeline] + pipeline.settings.flatMap { ["--set", $0] }
        if let folder = store.named, folder != StoreOptions.defaultFolder { options.command += ["--store", folder] }
        if let baseline { options.command += ["--baseline", baseline] }
        if requireBaseline { options.command.append("--require-baseline") }
        return options
    }

    /// Whether `--baseline` names a file: no pin and no run has a slash in its name, and a pin comes before a file.
    private func isBaselineFile(_ name: String, besides store: Store) -> Bool {
        if name.contains("/") { return true }
        guard ProjectFolder.exists(name), !ProjectFolder.isFolder(name) else { return false }
        return !Store.isPinName(name) || !store.hasPin(name)
    }

    private func baseline(of pipeline: String, in store: Store, _ catalogue: Catalogue) throws -> Baseline? {
        do {
            return try baseline.map { name in
                if isBaselineFile(name, besides: store) { return try Baseline(file: name) }
                return try Baseline(named: name, of: pipeline, store: store, catalogue: catalogue)
            }
        } catch let failure as StageFailure {
            throw ValidationError("--baseline: \(failure.message)")
        }
    }

    /// Where `--junit` points, its folder made if need be: looked at before anything runs.
    ///
    /// - Throws: `ValidationError` if no file can be written there.
    private func junitFile() throws -> URL? {
        guard let file = junit.map(ReportFile.init(path:)) else { return nil }
        do {
            try file.prepare()
        } catch {
            throw ValidationError("--junit: \(error.description)")
        }
        return file.url
    }

    /// Sees to it that no report is written in the place of a file that a stage reads.
    ///
    /// - Throws: `CommandFailure`, so that the report about it isn't written there either.
    private func refuseInputs(of resolved: ResolvedPipeline) throws {
        if junit == nil, html == nil { return }
        let folder = URL(fileURLWithPath: pipeline.pipeline).deletingLastPathComponent()
        let inputs = resolved.stages.flatMap { stage in
            stage.inputs.values.joined().compactMap { input -> (String, String)? in
                guard case .beside(.file(let path)) = input else { return nil }
                return ("an input of \(stage.name)", URL(fileURLWithPath: path, relativeTo: folder).path)
            }
        }
        do {
            try OutputFiles(besides: inputs).check([("--junit", junit), ("--html", html)])
        } catch let error as ValidationError {
            throw CommandFailure.notFound(error.message)
        }
    }

    /// The tables that the pipeline's stages gave, in its order.
    private func tables(of result: RunResult, pipeline: ResolvedPipeline, store: Store) -> [ResultTable] {
        let stages = Dictionary(uniqueKeysWithValues: pipeline.stages.map { ($0.name, $0) })
        return result.stages.flatMap { stage in
            (stages[stage.name]?.outputs ?? []).filter { $0.type == .table }.compactMap { role in
                guard let digest = stage.outputs[role.name], let manifest = try? store.manifest(digest),
                    let member = manifest.members[ResultTable.member], let data = try? store.data(member.digest)
                else { return nil }
                return try? JSONDecoder().decode(ResultTable.self, from: data)
            }
        }
    }

    /// Reports a run that could not begin, on every channel that was asked for.
    private func report(
        _ problem: String, _ messages: [String], exit code: Int32, startedAt: Date, at location: SourceLocation? = nil
    ) throws {
        var messages = messages
        if let junit {
            let name = URL(fileURLWithPath: pipeline.pipeline).deletingPathExtension().lastPathComponent
            let report = JUnitReport(
                of: problem, messages: messages, pipeline: name, startedAt: startedAt, at: location,
                options: junitOptions)
            do {
                try WholeFile.write(report.xml(), to: URL(fileURLWithPath: junit))
            } catch {
                messages.append("error: the JUnit report can't be written to \(junit): \(error)")
            }
        }
        if let failure = RunPages(extra: html).write(problem, messages, pipeline: pipeline.pipeline) {
            messages.append("error: \(failure)")
        }
        if json { try output(json: RunResult.json(problem: messages.joined(separator: "\n"), exit: code)) }
        throw CommandFailure(messages.joined(separator: "\n"), exitCode: code)
    }
}

extension RunResult {
    /// The document of a run that could not begin: the same members, and what was wrong.
    static func json(problem: String, exit: Int32) -> JSONValue {
        .object([
            "run": .null, "exit": .int(Int(exit)), "stages": .array([]), "gates": .array([]),
            "error": .string(problem),
        ])
    }
}

extension JUnitFlavour: ExpressibleByArgument {}
