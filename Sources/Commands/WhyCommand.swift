import ArgumentParser
import Artifacts
import Catalogue
import Pipelines

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a stage ran, or didn't, in a run.",
        discussion: """
            Compares the stage with the run before, field by field, and follows what it reads up to the edit that began
            the change. From the catalogue alone: the pipeline file may have changed since, or be gone.

            EXAMPLES
              calm why composed
              calm why "scores[model=composed]" --run 20261125T082536Z
            """)

    @Argument(help: "The stage.")
    var stage: String

    @Option(name: .customLong("run"), help: "The run, by id or prefix; the latest that has the stage if left out.")
    var reference: String?

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let catalogue = try Catalogue(store: try store.open())
        let run =
            try reference.map { try Reference.run($0, in: catalogue) } ?? catalogue.latestRun(ofStage: stage)
            ?? Reference.latest(in: catalogue)
        let stages = try catalogue.stages(run: run.id)
        guard let stage = stages.first(where: { $0.name == stage }) else {
            let known = stages.map(\.name).joined(separator: ", ")
            throw CommandFailure.notFound("run \(run.id) has no stage '\(stage)'; it has: \(known)")
        }
        let explanation = try Explanation(of: stage, in: run, catalogue)
        try json ? output(json: explanation.json) : output(explanation.text(in: run))
    }
}

extension Explanation {
    fileprivate func text(in run: RunRow) -> String {
        var lines = ["\(stage.name) was \(stage.state) in run \(run.id): \(stage.why)"]
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
        lines += chain(indent: 1)
        return lines.joined(separator: "\n")
    }

    private func chain(indent: Int) -> [String] {
        let space = String(repeating: "  ", count: indent)
        var lines = differences.map { space + $0.line }
        lines += unchanged.map { "\(space)stage \($0) ran, but gave the same as before" }
        for cause in causes {
            lines.append("\(space)stage \(cause.stage.name) was \(cause.stage.state): \(cause.stage.why)")
            lines += cause.chain(indent: indent + 1)
        }
        if indent > 1, isOrigin, !differences.isEmpty { lines[lines.count - 1] += "  ← it began here" }
        return lines
    }

    fileprivate var json: JSONValue {
        guard case .object(let members) = stage.json else { return stage.json }
        let more: [String: JSONValue] = [
            "since": .optional(since), "formerName": .optional(formerName), "isKnown": .bool(isKnown),
            "differences": .array(differences.map(\.json)),
            "causes": .array(causes.map(\.json)), "unchanged": .array(unchanged.map(JSONValue.string)),
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
        return pairs.isEmpty ? text : "\(text): \(pairs.joined(separator: ", "))"
    }
}
