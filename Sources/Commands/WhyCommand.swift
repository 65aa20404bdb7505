import ArgumentParser
import Artifacts
import Catalogue
import Pipelines
import Reports

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a stage ran, or didn't, in a run.",
        discussion: """
            Compares the stage with the run before, field by field, and follows what it reads up to the edit that began
            the change. It reads the catalogue alone: the pipeline file may have changed since, or be gone.

            EXAMPLES
              calm why composed
              calm why "scores[model=composed]" --run latest
            """)

    @Argument(help: "The stage; a matrix stage's name lists its cells.", completion: .custom(Completion.stages))
    var stage: String

    @Option(
        name: .customLong("run"), help: "The run, by id or prefix (default: the latest that has the stage).",
        completion: .custom(Completion.runs))
    var reference: String?

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let catalogue = try Catalogue(store: try store.open())
        let clear = try ClearVariables(in: catalogue)
        defer { clear.warn() }
        let run =
            try reference.map { try Reference.run($0, in: catalogue) } ?? catalogue.latestRun(ofStage: stage)
            ?? catalogue.latestRun(ofCellsOf: stage) ?? Reference.latest(in: catalogue)
        let stages = try catalogue.stages(run: run.id)
        if let stage = stages.first(where: { $0.name == stage }) {
            let explanation = try Explanation(of: stage, in: run, catalogue)
            try json ? output(json: clear.masking(explanation.json)) : output(clear.masking(explanation.text(in: run)))
        } else if let matrix = MatrixStage(stage, among: stages) {
            let cells = try matrix.cells.map { try Explanation(of: $0, in: run, catalogue) }
            if json { return try output(json: clear.masking(.array(cells.map(\.json)))) }
            let heading = "\(stage) has \(counted(cells.count, "cell")) in run \(run.id); `calm why CELL` says more\n"
            let rows = columns(matrix.cells.map { [$0.name, $0.state, $0.why] })
            try output(clear.masking(heading + rows), terminator: "")
        } else {
            let known = stages.map(\.name).joined(separator: ", ")
            throw CommandFailure.notFound("run \(run.id) has no stage '\(stage)'; it has: \(known)")
        }
    }
}

extension Explanation {
    fileprivate func text(in run: RunRow) -> String {
        var lines = ["\(stage.name) \(stage.ending) in run \(run.id): \(stage.why)"]
        if let since {
            let past = formerName.map { "run \(since), where it was called \($0)" } ?? "run \(since)"
            lines.append(
                !isKnown
                    ? "what has changed since \(past) isn't known: the catalogue has no key of it any more"
                    : differences.isEmpty
                        ? "no field of its key has changed since \(past)" : "changed since \(past):")
        } else {
            lines.append("no run before has a result of it")
        }
        if stage.state == "cached", !differences.isEmpty {
            lines.append("  not rerun, because this very key had been executed before")
        }
        // Where it all began stands first, and is left out of the chain.
        let beginnings = causes.flatMap(\.beginnings)
        for beginning in beginnings {
            let changes = beginning.ownDifferences.map(\.line)
            let start = "  it began with stage \(beginning.stage.name): "
            lines += [start + (changes.first ?? beginning.stage.why)] + changes.dropFirst().map { "    " + $0 }
        }
        lines += chain(indent: 1, without: Set(beginnings.map(\.stage.name)))
        return lines.joined(separator: "\n")
    }

    /// What differs, and below it the same of the stages that it was caused by.
    private func chain(indent: Int, without beginnings: Set<String>) -> [String] {
        let space = String(repeating: "  ", count: indent)
        let isSaid = beginnings.contains(stage.name)
        var lines = (isSaid ? differences.filter { !$0.stages.isEmpty } : differences).map { space + $0.line }
        lines += unchanged.map { "\(space)stage \($0) ran, but gave the same as before" }
        for cause in causes {
            let rest = cause.chain(indent: indent + 1, without: beginnings)
            let isBeginning = beginnings.contains(cause.stage.name)
            let why = isBeginning ? "see above" : cause.stage.why
            lines.append("\(space)stage \(cause.stage.name) \(cause.stage.ending): \(why)")
            lines += rest
        }
        lines += explainedAbove.map { "\(space)stage \($0): see above" }
        return lines
    }

    fileprivate var json: JSONValue {
        guard case .object(let members) = stage.json else { return stage.json }
        let more: [String: JSONValue] = [
            "since": .optional(since), "formerName": .optional(formerName), "isKnown": .bool(isKnown),
            "differences": .array(differences.map(\.json)),
            "causes": .array(causes.map(\.json)), "unchanged": .array(unchanged.map(JSONValue.string)),
            "beginnings": .array(beginnings.map { .string($0.stage.name) }),
        ]
        return .object(members.merging(more) { own, _ in own })
    }
}

extension Why.Difference {
    /// `{"field", "before", "now"}`; null for a field that wasn't there, or is gone.
    var json: JSONValue {
        .object(["field": .string(field), "before": before ?? .null, "now": now ?? .null])
    }

    /// The difference on a line of its own: for inputs with the digests before and now.
    var line: String {
        guard field.hasPrefix("in."), case .array(let old) = before, case .array(let new) = now else { return text }
        let pairs = zip(old, new).filter { $0 != $1 }.compactMap { pair -> String? in
            guard let one = pair.0.text, let other = pair.1.text else { return nil }
            return "\(one.prefix(12))… → \(other.prefix(12))…"
        }
        guard !pairs.isEmpty else { return text }
        let more = pairs.count > 2 ? " and \(pairs.count - 2) more" : ""
        return "\(text): \(pairs.prefix(2).joined(separator: ", "))\(more)"
    }
}
