import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what differs between two runs: parameters, stages, inputs, metrics, gates, outputs, times.",
        discussion: """
            From the catalogue alone: pipelines and results may have changed since, or be gone. Times are those of the
            executions that gave the results, whichever run they were in. Differences are no failure: it exits with 0, with
            --exit-code with 1 if the runs differ in more than times.

            EXAMPLES
              calm diff
              calm diff 20261125T082536Z latest
            """)

    @Argument(
        help: "The earlier run, by id, prefix or 'latest'; if left out, the one of the same pipeline before the other.",
        completion: .custom(Completion.runs))
    var before: String?

    @Argument(help: "The other run; the latest if left out.", completion: .custom(Completion.runs))
    var now: String?

    @OptionGroup var store: StoreOptions

    @Flag(name: .customLong("exit-code"), help: "Exit 1 if anything but timing differs.")
    var exitCode = false

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let catalogue = try Catalogue(store: try store.open())
        let later = try Reference.run(now, in: catalogue)
        let earlier = try before.map { try Reference.run($0, in: catalogue) } ?? catalogue.run(before: later)
        guard let earlier else {
            throw CommandFailure.notFound(
                "run \(later.id) is the first of \(later.pipeline): name another to compare with")
        }
        let comparison = try RunComparison(from: earlier, to: later, catalogue)
        let clear = try ClearVariables(in: catalogue)
        try json
            ? output(json: clear.masking(comparison.json))
            : output(clear.masking(comparison.text(clear)), terminator: "")
        clear.warn()
        if exitCode, !comparison.isSame { throw CommandFailure("", exitCode: 1) }
    }
}

extension RunComparison {
    /// - Parameter clear: Masks values before they are cut, of which a part may not be recognized.
    fileprivate func text(_ clear: borrowing ClearVariables) -> String {
        func end(_ run: RunRow) -> String {
            (run.exit.map { "exit \($0)" } ?? "unfinished")
                + (run.seconds.map { " after \(formatted(seconds: $0))" } ?? "")
        }
        var text = columns([
            ["before", before.id, before.pipeline, end(before)], ["now", now.id, now.pipeline, end(now)],
        ])
        func section(_ title: String, _ rows: [[String]]) {
            if !rows.isEmpty { text += "\n\(title)\n" + columns(rows) }
        }
        var rows: [[String]] = []
        for change in parameters { rows.append([change.name, Self.arrow(change, clear)]) }
        section("parameters", rows)
        section(
            "metrics",
            stages.flatMap { stage in
                stage.metrics.map { change in
                    let (old, new) = (change.before, change.now)
                    let delta = old.flatMap { old in new.map { $0 - old } }
                    let sign = (delta ?? 0) < 0 ? "" : "+"
                    return [
                        "\(stage.name).\(change.name)", change.arrow { "\($0)" },
                        // 0.9 - 0.7 is 0.2 to people; --json has both numbers whole.
                        delta.map { sign + String(format: "%.12g", $0) } ?? "",
                    ]
                }
            })
        section(
            "gates",
            gates.map { gate in
                [
                    gate.name,
                    gate.arrow {
                        ($0.passed ? "passed" : "MISSED") + ($0.value.map { " (\(formatted(number: $0)))" } ?? "")
                    },
                ]
            })
        section("stages", stages.filter { $0.kind != .same }.flatMap(Self.lines))
        section(
            "outputs",
            Self.bounded(
                stages.flatMap { stage in
                    stage.outputs.map { ["\(stage.name).\($0.name)", $0.arrow { $0.short }] }
                }))
        section(
            "times",
            stages.filter { $0.seconds.before != $0.seconds.now }.map { stage in
                let (old, new) = (stage.seconds.before ?? 0, stage.seconds.now ?? 0)
                let ratio = old > 0 && new > 0 ? String(format: "×%.2f", new / old) : ""
                return [stage.name, stage.seconds.arrow { formatted(seconds: $0) }, ratio]
            })
        return text + (isSame ? "\nno difference but in times\n" : "")
    }

    /// What differs in two texts, and other values cut where they get long: --json has all.
    private static func arrow(_ change: Change<JSONValue>, _ clear: borrowing ClearVariables) -> String {
        var (before, now) = (change.before, change.now)
        if let value = before { before = clear.masking(value) }
        if let value = now { now = clear.masking(value) }
        if let old = before?.text, let new = now?.text, !old.utf8.elementsEqual(new.utf8) {
            let difference = TextDifference(from: old, to: new)
            return "\(difference.before) → \(difference.now)"
        }
        return [before, now].map { $0.map { ValueDifference.text($0) } ?? "–" }.joined(separator: " → ")
    }

    /// Digests tell little to people: the first few, and how many more there are.
    private static func bounded(_ rows: [[String]]) -> [[String]] {
        let limit = 10
        return rows.count <= limit ? rows : rows.prefix(limit) + [["… and \(rows.count - limit) more (--json has all)"]]
    }

    private static func lines(_ stage: Stage) -> [[String]] {
        let states = [stage.before?.state, stage.now?.state].compactMap(\.self)
        let state = Set(states).count == 1 ? states[0] : states.joined(separator: " → ")
        let fields = stage.differences.map(\.line)
        return [
            [
                stage.name, stage.kind == .notReached ? "not reached yet" : stage.kind.rawValue, state,
                fields.first ?? "",
            ]
        ]
            + fields.dropFirst().map { ["", "", "", $0] }
    }

    fileprivate var json: JSONValue {
        .object([
            "before": before.json, "now": now.json, "same": .bool(isSame),
            "parameters": .array(parameters.map { $0.json { $0 } }),
            "stages": .array(
                stages.map { stage in
                    .object([
                        "name": .string(stage.name), "change": .string(stage.kind.rawValue),
                        "state": Change(name: "", before: stage.before?.state, now: stage.now?.state).pair(
                            JSONValue.string),
                        "key": Change(name: "", before: stage.before?.key, now: stage.now?.key).pair {
                            .string($0.hex)
                        },
                        "differences": .array(stage.differences.map(\.json)),
                        "outputs": .array(stage.outputs.map { $0.json { .string($0.hex) } }),
                        "metrics": .array(stage.metrics.map { $0.json { .number($0) } }),
                        "seconds": stage.seconds.pair { .number($0) },
                    ])
                }),
            "gates": .array(
                gates.map { $0.json { .object(["passed": .bool($0.passed), "value": .number($0.value)]) } }),
        ])
    }
}

extension RunComparison.Change {
    /// `800 → 1000`; a dash for what isn't there.
    fileprivate func arrow(_ text: (Value) -> String) -> String {
        "\(before.map(text) ?? "–") → \(now.map(text) ?? "–")"
    }

    fileprivate func pair(_ value: (Value) -> JSONValue) -> JSONValue {
        .object(["before": before.map(value) ?? .null, "now": now.map(value) ?? .null])
    }

    fileprivate func json(_ value: (Value) -> JSONValue) -> JSONValue {
        .object([
            "name": .string(name), "before": before.map(value) ?? .null, "now": now.map(value) ?? .null,
        ])
    }
}
