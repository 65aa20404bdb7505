import Artifacts
import Catalogue
import Foundation
import Pipelines

/// What a person means by a word: a run, a stage of a run, or an artifact.
enum Reference {
    case run(RunRow)
    case stage(RunStageRow)
    case artifact(Digest)

    static let help = """
        A run (its id, a prefix of it, or 'latest'), a stage of the latest run that has it (STAGE, or STAGE@RUN for another), a \
        stage's output (STAGE.ROLE), or a prefix of an artifact's digest or a stage key.
        """

    /// - Throws: `CommandFailure` naming what was looked for, or what it could mean.
    /// - Parameter withOutputs: Whether a stage's name means the latest run in which it gave outputs, rather one of the checkout
    ///   that the working folder is in. If a later one has the stage, standard error says so.
    init(_ text: String, in catalogue: Catalogue, withOutputs: Bool = false) throws {
        if text == "latest" {
            self = .run(try Reference.latest(in: catalogue))
            return
        }
        if let found = try Reference.stage(text, in: catalogue, withOutputs: withOutputs) {
            if withOutputs, let note = try Reference.noteOfAge(text, in: catalogue) { complain("calm: \(note)") }
            self = found
            return
        }
        if let artifact = try Reference.imported(text, in: catalogue) {
            self = .artifact(artifact)
            return
        }
        if let ambiguity = try Reference.ambiguity(text, in: catalogue) { throw ambiguity }
        let isPrefix = text.count >= 4
        let matches =
            isPrefix ? try catalogue.resolve(prefix: text).filter { if case .blob = $0 { false } else { true } } : []
        guard matches.count <= 1 else {
            let names = matches.prefix(6).map { match in
                switch match {
                case .artifact(let digest, let type): "\(type.rawValue) \(digest.short)"
                case .blob(let digest): "blob \(digest.short)"
                case .execution(let key, let stage): "execution \(key.short) of \(stage ?? "?")"
                case .run(let id): "run \(id)"
                }
            }
            throw CommandFailure.notFound("'\(text)' is ambiguous: \(names.joined(separator: ", "))")
        }
        if case .run(let id) = matches.first, let run = try catalogue.run(id) {
            self = .run(run)
        } else if case .artifact(let digest, _) = matches.first {
            self = .artifact(digest)
        } else if case .execution(let key, _) = matches.first, let execution = try catalogue.execution(key),
            let output = execution.outputs.min(by: { $0.key < $1.key })
        {
            self = .artifact(output.value)
        } else {
            throw CommandFailure.notFound(
                "nothing is called '\(text)'. \(Reference.help)"
                    + (isPrefix ? "" : " A prefix needs at least four characters."))
        }
    }

    /// What to say of a matrix stage's name, MATRIX or MATRIX.ROLE, which stands for several stages.
    private static func ambiguity(_ text: String, in catalogue: Catalogue) throws -> CommandFailure? {
        if let matrix = try MatrixStage(text, in: catalogue) { return matrix.ambiguity() }
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        for (stage, role) in splits(parts[0]) {
            let reference = ([stage] + parts.dropFirst()).joined(separator: "@")
            guard let matrix = try MatrixStage(reference, in: catalogue) else { continue }
            let cells = Set(matrix.cells.map(\.name))
            let outputs = try catalogue.outputs(run: matrix.cells[0].run)
            let isOutput = outputs.contains { $0.role == role && cells.contains($0.stage) }
            return matrix.ambiguity(role: isOutput ? role : nil)
        }
        return nil
    }

    static func latest(in catalogue: Catalogue) throws -> RunRow {
        guard let run = try catalogue.runs(limit: 1).first else {
            throw CommandFailure.notFound("the store has no runs yet: `calm run PIPELINE` makes one")
        }
        return run
    }

    /// A run by id, prefix or 'latest'; the latest if nil.
    static func run(_ text: String?, in catalogue: Catalogue) throws -> RunRow {
        guard let text, text != "latest" else { return try latest(in: catalogue) }
        let runs = text.isEmpty ? [] : try catalogue.runs(matching: text)
        guard let run = runs.first else {
            throw CommandFailure.notFound("no run is called '\(text)': `calm runs` lists them")
        }
        guard runs.count == 1 else {
            let names = runs.prefix(5).map(\.id).joined(separator: ", ") + (runs.count > 5 ? ", …" : "")
            throw CommandFailure.notFound("'\(text)' may be any of \(runs.count) runs: \(names)")
        }
        return run
    }

    /// STAGE, STAGE@RUN, STAGE.ROLE or STAGE.ROLE@RUN; without a run, the latest that has the stage.
    private static func stage(_ text: String, in catalogue: Catalogue, withOutputs: Bool) throws -> Reference? {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first else { return nil }
        let named = parts.count == 2 ? try run(parts[1], in: catalogue) : nil
        let checkout = withOutputs && named == nil ? try checkout(in: catalogue) : nil
        func latest(_ stage: String, withOutputs: Bool) throws -> RunRow? {
            try catalogue.latestRun(ofStage: stage, withOutputs: withOutputs, preferring: checkout)
        }
        if let run = try named ?? latest(name, withOutputs: withOutputs),
            let stage = try catalogue.stages(run: run.id).first(where: { $0.name == name })
        {
            return .stage(stage)
        }
        for (stage, role) in splits(name) {
            guard let run = try named ?? latest(stage, withOutputs: true) else { continue }
            let output = try catalogue.outputs(run: run.id).first { $0.stage == stage && $0.role == role }
            if let output { return .artifact(output.artifact) }
        }
        return nil
    }

    /// The checkout in which the command was started, if the store has runs of it.
    static func checkout(in catalogue: Catalogue) throws -> Checkout? {
        try catalogue.checkout(around: URL(fileURLWithPath: ".").resolvingSymlinksInPath().path)
    }

    /// What STAGE.ROLE may mean, the longest stage first: a role may have dots, and a matrix cell's name within its brackets.
    static func splits(_ name: String) -> [(stage: String, role: String)] {
        var splits: [(String, String)] = []
        var depth = 0
        for index in name.indices {
            switch name[index] {
            case "[": depth += 1
            case "]": depth -= 1
            case "." where depth == 0:
                splits.append((String(name[..<index]), String(name[name.index(after: index)...])))
            default: break
            }
        }
        return splits.reversed()
    }

    /// STAGE or STAGE.ROLE of an execution that no run here has, since it was imported.
    private static func imported(_ name: String, in catalogue: Catalogue) throws -> Digest? {
        if let execution = try catalogue.latestExecution(ofStage: name) {
            // What is asked for most often, else the first by name.
            let main = ["composition", "model"].compactMap { execution.outputs[$0] }.first
            return main ?? execution.outputs.min { $0.key < $1.key }?.value
        }
        for (stage, role) in splits(name) {
            if let output = try catalogue.latestExecution(ofStage: stage)?.outputs[role] { return output }
        }
        return nil
    }

    /// The artifact meant: a stage stands for its first output of one of `types`.
    func artifact(of types: [ArtifactType], in catalogue: Catalogue, store: Store) throws -> Digest {
        switch self {
        case .artifact(let digest):
            let type = try store.manifest(digest).type
            if types.contains(type) { return digest }
            let expected = types.map(\.rawValue).joined(separator: " or ")
            throw CommandFailure.notFound("expected a \(expected), found the \(type.rawValue) \(digest.short)")
        case .stage(let stage):
            let outputs = try catalogue.outputs(run: stage.run).filter { $0.stage == stage.name }
            if let output = outputs.first(where: { types.contains($0.type) }) { return output.artifact }
            throw CommandFailure.notFound(
                "stage \(stage.name) gave no \(types.map(\.rawValue).joined(separator: " or ")) in run \(stage.run)")
        case .run(let run):
            throw CommandFailure.notFound("\(run.id) is a run; name a stage or an artifact")
        }
    }
}
