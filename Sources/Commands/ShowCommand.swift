import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports
import Stages

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a run, a stage or an artifact: lineage, members, tensors, metrics.",
        discussion: """
            EXAMPLES
              calm show latest
              calm show composed
              calm show scores
              calm show anchor.model
            """)

    @Argument(help: ArgumentHelp(Reference.help), completion: .custom(Completion.references))
    var reference: String

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        let description: (text: String, json: JSONValue)
        if let cells = try MatrixStage(reference, in: catalogue) {
            description = describe(cells)
        } else {
            switch try Reference(reference, in: catalogue) {
            case .run(let run): description = try describe(run, catalogue)
            case .stage(let stage): description = try describe(stage, catalogue)
            case .artifact(let digest): description = try describe(digest, store, catalogue)
            }
        }
        let clear = try ClearVariables(in: catalogue)
        try json
            ? output(json: clear.masking(description.json))
            : output(clear.masking(description.text), terminator: "")
        clear.warn()
    }

    private func describe(_ run: RunRow, _ catalogue: Catalogue) throws -> (String, JSONValue) {
        let stages = try catalogue.stages(run: run.id)
        let gates = try catalogue.gates(run: run.id)
        var text = "run \(run.id) of \(run.pipeline), \(timestamp(run.startedAt))\n"
        text += "  \(run.commandLine)\n"
        text += "  " + (run.exit.map { "exit \($0)" } ?? "unfinished")
        text += run.seconds.map { " after \(formatted(seconds: $0))" } ?? ""
        text += "\n\nstages\n"
        text += columns(stages.map { [$0.name, $0.state, formatted(seconds: $0.seconds), $0.why] })
        if !gates.isEmpty {
            text += "\ngates\n"
            text += columns(
                gates.map { gate in
                    let wording = GateWording(gate)
                    return [
                        gate.passed ? "passed" : "MISSED", gate.stage, gate.metric, wording.expectation,
                        wording.finding,
                    ]
                })
        }
        let document = JSONValue.object([
            "run": run.json, "stages": .array(stages.map(\.json)),
            "gates": .array(
                gates.map {
                    .object([
                        "stage": .string($0.stage), "metric": .string($0.metric), "expected": .string($0.expected),
                        "value": .number($0.value), "passed": .bool($0.passed), "bound": .number($0.bound),
                        "found": .optional($0.found),
                    ])
                }),
        ])
        return (text, document)
    }

    private func describe(_ matrix: MatrixStage) -> (String, JSONValue) {
        let run = matrix.cells[0].run
        let text =
            "\(matrix.name) has \(counted(matrix.cells.count, "cell")) in run \(run); `calm show CELL` says more\n"
        let rows = matrix.cells.map { [$0.name, $0.state, formatted(seconds: $0.seconds), $0.why] }
        return (text + columns(rows), .array(matrix.cells.map(\.json)))
    }

    private func describe(_ stage: RunStageRow, _ catalogue: Catalogue) throws -> (String, JSONValue) {
        var text = "stage \(stage.name) (\(stage.kind)) in run \(stage.run)\n"
        text += "  \(stage.state): \(stage.why)\n"
        if let message = stage.failureMessage { text += "  \(message)\n" }
        var members = ["stage": stage.json]
        if let key = stage.key { text += "  key \(key)\n" }
        let execution = try catalogue.executions(of: [stage])[stage.name]
        if let execution {
            text += "  executed \(timestamp(execution.startedAt)) in \(formatted(seconds: execution.seconds)), "
            text += "\(formatted(seconds: execution.cpuSeconds)) of processor time, "
            text += "peak memory \(formatted(bytes: execution.peakMemoryBytes))\n"
        } else if stage.peakMemoryBytes > 0 {
            text += "  ended after \(formatted(seconds: stage.seconds)), "
            text += "used \(formatted(seconds: stage.cpuSeconds)) of processor time, "
            text += "peak memory \(formatted(bytes: stage.peakMemoryBytes))\n"
        }
        if let document = try execution?.document ?? stage.key.flatMap({ try catalogue.keyDocument($0) }) {
            for (title, name) in [("parameters", "with"), ("inputs", "in")] {
                guard case .object(let fields)? = document.members?[name], !fields.isEmpty else { continue }
                text +=
                    "\n\(title)\n"
                    + columns(fields.sorted { $0.key < $1.key }.map { [$0.key, $0.value.canonical] })
            }
            members["document"] = document.withoutEnvironmentValues
        }
        if let execution {
            text += "\noutputs\n"
            text += columns(execution.outputs.sorted { $0.key < $1.key }.map { [$0.key, $0.value.hex] })
            if !execution.metrics.isEmpty {
                text += "\nmetrics\n"
                text += columns(execution.metrics.sorted { $0.key < $1.key }.map { [$0.key, "\($0.value)"] })
            }
            text += "\nenvironment\n"
            text += columns(execution.environment.sorted { $0.key < $1.key }.map { [$0.key, $0.value] })
            members["outputs"] = .digests(execution.outputs)
            members["metrics"] = .object(execution.metrics.mapValues { .number($0) })
            members["environment"] = .object(execution.environment.mapValues(JSONValue.string))
        }
        return (text, .object(members))
    }

    /// A user's files may be called as they like: one that isn't what its name says has no tensors.
    private func tensors(of artifact: Artifact) throws -> [StoredTensors.Entry] {
        guard artifact.manifest.type != .folder else { return [] }
        do {
            return try StoredTensors(artifact).list
        } catch is StageFailure where artifact.manifest.type == .file {
            return []
        }
    }

    private func describe(_ digest: Digest, _ store: Store, _ catalogue: Catalogue) throws -> (String, JSONValue) {
        let artifact = try Artifact(digest, in: store)
        let manifest = artifact.manifest
        let producers = try catalogue.producers(of: digest)
        let consumers = try catalogue.consumers(of: digest)
        let tensors = try tensors(of: artifact)
        var text = "\(manifest.type.rawValue) \(digest)\n\nmembers\n"
        let members = manifest.members.sorted { $0.key < $1.key }
        // Only where some aren't plain files is there anything to say of their kinds.
        let hasKinds = members.contains { $0.value.kind != .file }
        text += columns(
            members.map { name, member in
                let kind = hasKinds ? [member.kind.text] : []
                return kind + [name, formatted(bytes: member.size), member.digest.hex]
            })
        if !manifest.metadata.isEmpty {
            text += "\nmetadata\n"
            text += columns(manifest.metadata.sorted { $0.key < $1.key }.map { [$0.key, $0.value.canonical] })
        }
        if !tensors.isEmpty {
            text += "\ntensors\n"
            text += columns(tensors.map { [$0.name, $0.type, "\($0.shape)"] })
        }
        for (title, uses) in [("made by", producers), ("read by", consumers)] where !uses.isEmpty {
            text += "\n\(title)\n"
            text += columns(
                uses.map { [$0.stage ?? $0.kind, "as \($0.role)", "key \($0.key.short)", timestamp($0.startedAt)] })
        }
        let lineage = { (uses: [LineageRow]) in
            JSONValue.array(
                uses.map {
                    .object([
                        "stage": .optional($0.stage), "kind": .string($0.kind), "role": .string($0.role),
                        "key": .string($0.key.hex),
                    ])
                })
        }
        let document = JSONValue.object([
            "digest": .string(digest.hex), "type": .string(manifest.type.rawValue),
            "members": .object(
                manifest.members.mapValues {
                    .object(
                        ["digest": .string($0.digest.hex), "size": .int($0.size)].merging($0.kind.json) { own, _ in own
                        })
                }),
            "metadata": .object(manifest.metadata),
            "tensors": .array(
                tensors.map {
                    .object([
                        "name": .string($0.name), "type": .string($0.type),
                        "shape": .array($0.shape.map(JSONValue.int)),
                    ])
                }),
            "producers": lineage(producers), "consumers": lineage(consumers),
        ])
        return (text, document)
    }
}

extension Manifest.Member.Kind {
    fileprivate var text: String {
        switch self {
        case .file: "file"
        case .executable: "executable"
        case .folder: "empty folder"
        case .link(let target): "link to \(target)"
        }
    }

    /// As manifests have it.
    fileprivate var json: [String: JSONValue] {
        switch self {
        case .file: [:]
        case .executable: ["kind": .string("executable")]
        case .folder: ["kind": .string("folder")]
        case .link(let target): ["kind": .string("link"), "target": .string(target)]
        }
    }
}

extension JSONValue {
    /// A key document that says of the environment's variables only whether they were set: values may be secrets.
    fileprivate var withoutEnvironmentValues: JSONValue {
        guard case .object(var fields) = self, case .object(let variables) = fields["environment"] else { return self }
        fields["environment"] = .object(variables.mapValues { $0 == .null ? .null : .string("set") })
        return .object(fields)
    }
}

extension RunStageRow {
    var json: JSONValue {
        .object([
            "run": .string(run), "name": .string(name), "kind": .string(kind), "state": .string(state),
            "key": .optional(key?.hex), "seconds": .number(seconds), "why": .string(why),
            "failure": .optional(failureMessage), "location": .string(location), "attempts": .int(attempts),
            "cpuSeconds": .number(cpuSeconds), "peakMemoryBytes": .int(peakMemoryBytes),
        ])
    }
}
