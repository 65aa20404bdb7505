import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write an artifact, or a run's, with all that it was made from, as one file for `calm import`.",
        discussion: """
            The file is a tar of blobs, execution records and an index of both. It holds what the artifact was made from,
            so that the other store takes those stages as cached, too; where several stages gave the same bytes, those that
            a stage read in its run, or all of them for an artifact's digest. With --without-inputs it holds their records
            and none of their blobs; a composition then needs the models that it joins in the other store.

            EXAMPLES
              calm export composed --out composed.tar
              calm export anchor.model --without-inputs
            """)

    @Argument(help: ArgumentHelp(Reference.help))
    var reference: String

    @Option(
        name: [.customLong("out"), .customShort("o")],
        help: "The file to write; by default NAME.calm.tar in this folder.")
    var out: String?

    @Flag(name: .customLong("without-inputs"), help: "Leave out the blobs of what it was made from.")
    var withoutInputs = false

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        // No collection may take away what is being written.
        let lock = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        let subject = try subject(Reference(reference, in: catalogue, withOutputs: true), catalogue)
        let contents = try catalogue.lineage(
            of: subject.artifacts, by: subject.executions, in: subject.run, withInputs: !withoutInputs)
        let file = URL(fileURLWithPath: out ?? "\(subject.name).calm.tar", isDirectory: false)
        try Self.check(file)
        let index = try store.export(contents, to: file)
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

    /// Sees to it that a file can be renamed to this place, before long work.
    private static func check(_ file: URL) throws {
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
    }

    private func subject(_ reference: Reference, _ catalogue: Catalogue) throws -> Subject {
        func subject(_ name: String, _ artifacts: [Digest], _ executions: [Digest], _ run: RunLineage?) throws
            -> Subject
        {
            guard !artifacts.isEmpty else {
                throw CommandFailure.notFound("'\(self.reference)' has no result that could be exported")
            }
            let plain = name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" }
            return Subject(
                name: String(plain), artifacts: Set(artifacts).sorted(), executions: executions, run: run)
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
