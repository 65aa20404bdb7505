import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract:
            "Write an artifact, or a run's, with all that it was made from, as one file for `calm import`; or a model.",
        discussion: """
            The file is a tar of blobs, execution records and an index of both. It holds what the artifact was made from,
            so that the other store takes those stages as cached, too; where several stages gave the same bytes, those that
            a stage read in its run, or all of them for an artifact's digest. With --without-inputs it holds their records
            and none of their blobs; a composition then needs the models that it joins in the other store.

            A pin's name means what was pinned, and `calm import` makes the pin again, so that gates can name the run in
            another store. With --metrics-only the file is JSON with the run's metrics alone, small enough to be committed:
            for `calm run --baseline FILE` and `calm import`.

            With --format a decoder is written for other programs, computing the same: as a folder that transformers reads,
            or as a GGUF file that llama.cpp reads. It is a model that was trained here, one that was imported, a .gguf file
            or a Hugging Face folder. Weights in float32, float16 and bfloat16 stay as they are; quantised ones stay in
            GGUF, and become float32 in a folder. With --dtype all are converted (in GGUF, vectors are always float32).

            The tokenizer and the chat template are written as well. Where a tokenizer or a model has no form in the other
            format, the command says which part and writes nothing; --without-tokenizer leaves the tokenizer out, and the
            model takes token ids. The tokenizers of tasks have no such form.

            EXAMPLES
              calm export composed --out composed.tar
              calm export anchor.model --without-inputs
              calm export baseline --metrics-only --out baseline.json
              calm export anchor --format gguf --dtype float16 --out anchor.gguf
              calm export SmolLM2.Q4_1.gguf --format huggingface --dtype bfloat16 --out smollm2
            """)

    @Argument(
        help: ArgumentHelp(
            "A pin's name, or: " + Reference.help + " With --format also a .gguf file or a folder with config.json."),
        completion: .custom(Completion.exports))
    var reference: String

    @Option(
        name: [.customLong("out"), .customShort("o")],
        help: ArgumentHelp(
            "The file to write; by default NAME.calm.tar (NAME.json with --metrics-only) in this folder. With --format "
                + "huggingface a new folder, by default NAME; with gguf by default NAME.gguf."))
    var out: String?

    @Option(help: "Write the model for other programs: huggingface or gguf.")
    var format: ModelFormat?

    @Option(
        help: ArgumentHelp(
            "With --format, how the weights are stored: float32, float16 or bfloat16 (default: float32 for a model that was "
                + "trained here; else as they are)."))
    var dtype: ExportedType?

    @Option(
        help: ArgumentHelp(
            "With --format, the longest text, in tokens, that other programs are told the model is for (default: 2048 for a "
                + "model that was trained here; else what the model says).",
            valueName: "tokens"))
    var contextLength: Int?

    @Flag(name: .customLong("without-inputs"), help: "Leave out the blobs of what it was made from.")
    var withoutInputs = false

    @Flag(name: .customLong("without-tokenizer"), help: "With --format, leave out the tokenizer.")
    var withoutTokenizer = false

    @Flag(name: .customLong("metrics-only"), help: "Write the metrics of a run or stage as JSON, and no results.")
    var metricsOnly = false

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if metricsOnly, withoutInputs { throw ValidationError("--metrics-only already leaves out all inputs") }
        if format != nil, metricsOnly || withoutInputs {
            throw ValidationError("--format writes a model alone: it goes without --metrics-only and --without-inputs")
        }
        if format == nil, dtype != nil || contextLength != nil || withoutTokenizer {
            throw ValidationError("--dtype, --context-length and --without-tokenizer go with --format")
        }
        if out == "-", !metricsOnly {
            throw ValidationError(
                "--out - is for --metrics-only; an archive or a model is not written to standard output: name a file")
        }
        if let contextLength, !(1...(1 << 24)).contains(contextLength) {
            throw ValidationError("--context-length is from 1 to 16777216, found \(contextLength)")
        }
    }

    func run() throws {
        if let format, let path = try ModelArgument.pretrainedPath(reference, store) {
            return try writePretrainedModel(at: path, as: format)
        }
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        // No collection may take away what is being written.
        let lock = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        if metricsOnly { return try writeMetrics(store, catalogue) }
        if let format { return try writeModel(as: format, store, catalogue) }
        let subject = try subject(store, catalogue)
        var contents = try catalogue.lineage(
            of: subject.artifacts, by: subject.executions, in: subject.run, withInputs: !withoutInputs)
        contents.baseline = subject.baseline
        guard !(subject.artifacts.isEmpty && contents.executions.isEmpty && contents.history.isEmpty) else {
            throw withoutResult(contents)
        }
        let file = URL(fileURLWithPath: out ?? "\(subject.name).calm.tar", isDirectory: false)
        try OutputFiles(store: store.root).check([("--out", file.path)])
        try Self.check(file)
        let index = try store.export(contents, to: file)
        if !contents.withheld.isEmpty {
            let records = ClearVariables.description(contents.withheld) { contents.stages[$0] }
            complain(
                "warning: \(records) in clear, as earlier versions of calm wrote it: it was left out of "
                    + "\(file.relativePath); run the pipeline again with this version to export it")
        }
        let bytes = index.objects.values.reduce(0, +)
        if json {
            try output(
                json: .object([
                    "file": .string(file.path), "artifacts": .array(index.artifacts.map { .string($0.hex) }),
                    "executions": .int(index.executions.count), "history": .int(index.history.count),
                    "objects": .int(index.objects.count), "bytes": .int(bytes),
                    "leftOut": .array(index.leftOut.sorted().map { .string($0.hex) }),
                ]))
            return
        }
        let history = index.history.isEmpty ? "" : ", \(counted(index.history.count, "more record"))"
        try output(
            "wrote \(file.relativePath): \(counted(index.executions.count, "execution"))\(history), "
                + "\(counted(index.objects.count, "object")), \(formatted(bytes: bytes))")
    }

    private func withoutResult(_ contents: ArchiveContents) -> CommandFailure {
        guard !contents.withheld.isEmpty else {
            return .notFound("'\(reference)' has no result that could be exported")
        }
        let records = ClearVariables.description(contents.withheld) { contents.stages[$0] }
        return .notFound(
            "'\(reference)' has no result that could be exported: \(records) in clear, as earlier versions of calm wrote it; "
                + "run the pipeline again with this version")
    }

    /// Writes the metrics of a pin, run or stage for `calm run --baseline`.
    private func writeMetrics(_ store: Store, _ catalogue: Catalogue) throws {
        let name: String
        let baseline: RunBaseline?
        if let pin = try pin(store, catalogue) {
            (name, baseline) = (pin.name, try self.baseline(of: pin, catalogue))
        } else {
            switch try Reference(reference, in: catalogue, withOutputs: true) {
            case .run(let run): (name, baseline) = (run.id, try catalogue.baseline(of: run))
            case .stage(let stage):
                name = stage.name
                baseline = try catalogue.run(stage.run).map { try catalogue.baseline(of: $0, stage: stage.name) }
            case .artifact: (name, baseline) = (reference, nil)
            }
        }
        guard let baseline = baseline?.metricsOnly, !baseline.stages.isEmpty else {
            throw CommandFailure.notFound(
                "'\(reference)' has no metrics: name a run, a stage with metrics, or a pin of one")
        }
        let path = out ?? "\(Self.plain(name)).json"
        try OutputFiles(store: store.root).check([("--out", path)])
        let file = ReportFile(path: path)
        do {
            try file.write(Data(baseline.text.utf8))
        } catch {
            throw CommandFailure("error: \(error.description)", exitCode: error.exitCode)
        }
        if file.isStandardOutput { return }
        let count = baseline.stages.values.reduce(0) { $0 + $1.metrics.count }
        if json {
            try output(
                json: .object([
                    "file": .string(file.url.path), "run": .string(baseline.run), "metrics": .int(count),
                    "stages": .int(baseline.stages.count),
                ]))
            return
        }
        try output(
            "wrote \(path): \(counted(count, "metric")) of \(counted(baseline.stages.count, "stage")), run \(baseline.run)"
        )
    }

    /// The pin that is meant, unless a stage has its name.
    private func pin(_ store: Store, _ catalogue: Catalogue) throws -> Pin? {
        guard Store.isPinName(reference), store.hasPin(reference), reference != "latest",
            try catalogue.latestRun(ofStage: reference) == nil
        else { return nil }
        return try store.pin(named: reference)
    }

    /// The metrics of a pinned run or stage, with the pin.
    private func baseline(of pin: Pin, _ catalogue: Catalogue) throws -> RunBaseline? {
        var baseline = pin.baseline
        if let (id, stage) = pin.run, let run = try catalogue.run(id), run.id == id {
            baseline = try catalogue.baseline(of: run, stage: stage)
        }
        baseline?.pin = pin.name
        baseline?.note = pin.note
        return baseline
    }

    static func plain(_ name: String) -> String {
        String(name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" })
    }

    /// Sees to it that a file can be renamed to this place, before long work.
    static func check(_ file: URL) throws {
        let folder = file.deletingLastPathComponent().path
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure.notFound("no folder \(folder) to write \(file.lastPathComponent) to")
        }
        guard access(folder, W_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandFailure.notFound("can't write to the folder \(folder): \(reason); name another with --out")
        }
        guard stat(file.path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure.notFound("\(file.path) isn't a regular file; name another one with --out")
        }
    }

    /// What is exported.
    private struct Subject {
        /// For the file.
        let name: String
        let artifacts: [Digest]
        /// Keys of the executions that gave them; none for an artifact, of which any may have.
        let executions: [Digest]
        /// The run that tells what its stages read.
        let run: RunLineage?
        /// The metrics of the pinned run.
        var baseline: RunBaseline?
    }

    private func subject(_ store: Store, _ catalogue: Catalogue) throws -> Subject {
        guard let pin = try pin(store, catalogue) else {
            return try subject(Reference(reference, in: catalogue, withOutputs: true), catalogue)
        }
        let words = pin.run.map { run, stage in stage.map { "\($0)@\(run)" } ?? run }
        let isKnown = try pin.run.map { try catalogue.run($0.run)?.id == $0.run } ?? false
        var subject: Subject
        if isKnown, let words {
            subject = try self.subject(Reference(words, in: catalogue, withOutputs: true), catalogue)
        } else {
            guard !pin.artifacts.isEmpty || !pin.executions.isEmpty else {
                throw CommandFailure.notFound(
                    "the pin \(pin.name) has no results here, only metrics: add --metrics-only to export those")
            }
            let outputs = try pin.executions.flatMap { try store.execution($0)?.outputs.values.map(\.self) ?? [] }
            let artifacts = pin.artifacts.isEmpty ? Set(outputs).sorted() : pin.artifacts
            subject = Subject(name: pin.name, artifacts: artifacts, executions: pin.executions, run: nil)
        }
        subject.baseline = try baseline(of: pin, catalogue)
        return Subject(
            name: pin.name, artifacts: subject.artifacts, executions: subject.executions, run: subject.run,
            baseline: subject.baseline)
    }

    private func subject(_ reference: Reference, _ catalogue: Catalogue) throws -> Subject {
        func subject(_ name: String, _ artifacts: [Digest], _ executions: [Digest], _ run: RunLineage?) throws
            -> Subject
        {
            return Subject(
                name: Self.plain(name), artifacts: Set(artifacts).sorted(), executions: executions, run: run)
        }
        switch reference {
        case .run(let run):
            let lineage = try catalogue.lineage(ofRun: run.id)
            let artifacts = try catalogue.outputs(run: run.id).map(\.artifact)
            return try subject(run.id, artifacts, Array(lineage.names.keys), lineage)
        case .stage(let stage):
            let outputs = try catalogue.outputs(run: stage.run).filter { $0.stage == stage.name }
            var lineage = try catalogue.lineage(ofRun: stage.run)
            if let key = stage.key { lineage.names[key] = stage.name }
            return try subject(stage.name, outputs.map(\.artifact), [stage.key].compactMap(\.self), lineage)
        case .artifact(let digest):
            let run = try catalogue.latestRun(withOutput: digest).map { try catalogue.lineage(ofRun: $0) }
            return try subject(digest.short, [digest], [], run)
        }
    }
}
