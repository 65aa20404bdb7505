import Artifacts
import Foundation

/// Computes from scratch what a draft's stages give: no store, no keys of the pipeline's, no cache.
struct NaiveModel {
    /// An artifact by its content alone.
    struct Output: Hashable {
        let digest: Digest
        let blob: Digest
        let text: String

        /// Writes the manifest by hand, to be independent of the store's own code.
        init(_ text: String, type: String = "dataset", member: String = "text.txt") {
            self.text = text
            blob = Digest(of: Data(text.utf8))
            let members = "{\"\(member)\":{\"digest\":\"\(blob.hex)\",\"size\":\(text.utf8.count)}}"
            let manifest = "{\"format\":1,\"members\":\(members),\"metadata\":{},\"type\":\"\(type)\"}"
            digest = Digest(of: Data(manifest.utf8))
        }
    }

    /// One stage or cell, and everything that its result depends on.
    struct Stage {
        let name: String
        let kind: String
        /// `with.seed`, `in.parts`, `environment.A`, `labels.parts`, `version`: what a key has to hold, as text.
        var fields: [String: String] = [:]
        var outputs: [String: Output] = [:]
        var length = 0

        /// Equal for stages that give the same by definition.
        var key: String {
            kind + fields.sorted { $0.key < $1.key }.map { "\n\($0.key)=\($0.value)" }.joined()
        }
    }

    let draft: PipelineDraft
    let files: [String: String]
    let environment: [String: String]
    /// Which of `TruthKinds.registries` is in use.
    let build: Int

    /// By name.
    func stages() -> [String: Stage] {
        var cells: [String: Stage] = [:]
        for stage in draft.stages.sorted(by: { $0.number < $1.number }) {
            for cell in stage.cells.isEmpty ? [nil] : stage.cells.map(Optional.some) {
                let result = result(of: stage, cell, cells)
                cells[result.name] = result
            }
        }
        return cells
    }

    /// What a stage kind takes when the pipeline is silent, as it stands in a key.
    func defaults(_ kind: PipelineDraft.Stage.Kind) -> [String: PipelineDraft.Value] {
        switch kind {
        case .source:
            let common: [String: PipelineDraft.Value] = [
                "seed": .int(0), "text": .text("abc"), "mode": .text("plain"), "limit": .null, "tags": .words([]),
                "note": .text("none"),
            ]
            return build == 3 ? common.merging(["extra": .int(0)]) { $1 } : common
        case .mix: return ["separator": .text("-"), "modulo": .int(build == 2 ? 3 : 1000)]
        case .read: return ["lines": .int(1)]
        case .environment: return ["names": .words([])]
        case .names: return [:]
        }
    }

    private func version(_ kind: PipelineDraft.Stage.Kind) -> Int {
        switch kind {
        case .source: build == 1 ? 2 : 1
        case .read: 7
        case .mix, .environment, .names: 1
        }
    }

    private func text(_ value: PipelineDraft.Value, _ cell: String?) -> String {
        switch value {
        case .int(let number): "\(number)"
        case .text(let text): text
        case .words(let words): "[" + words.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        case .null: "null"
        case .parameter(let name): draft.parameters[name].map { text($0, cell) } ?? "?"
        case .spliced(let start, let name): start + (draft.parameters[name].map { text($0, cell) } ?? "?")
        case .cell: cell ?? "?"
        }
    }

    private func words(_ value: PipelineDraft.Value) -> [String] {
        switch value {
        case .words(let words): words
        case .parameter(let name): draft.parameters[name].map(words) ?? []
        default: []
        }
    }

    private func result(of stage: PipelineDraft.Stage, _ cell: String?, _ done: [String: Stage]) -> Stage {
        let with = defaults(stage.kind).merging(stage.with) { $1 }
        func value(_ name: String) -> String { text(with[name] ?? .null, cell) }
        var result = Stage(name: stage.name + (cell.map { "[cell=\($0)]" } ?? ""), kind: "truth.\(stage.kind)")
        result.fields["version"] = "\(version(stage.kind))"
        for name in with.keys { result.fields["with.\(name)"] = value(name) }
        var inputs: [String: [(label: String, output: Output)]] = [:]
        for (role, references) in stage.inputs where !references.isEmpty {
            inputs[role] = references.flatMap { resolve($0, done) }
            result.fields["in.\(role)"] = inputs[role, default: []].map(\.output.digest.hex).joined(separator: ",")
        }
        func contents(_ roles: String...) -> String {
            roles.flatMap { (inputs[$0] ?? []).map(\.output.text) + ["|"] }.joined(separator: ";")
        }
        switch stage.kind {
        case .source:
            let text = value("mode") == "upper" ? value("text").uppercased() : value("text")
            let limit = value("limit") == "null" ? "none" : value("limit")
            result.outputs["data"] = Output("source:\(value("seed")):\(text):\(limit):\(value("tags"))")
            result.outputs["size"] = Output("size:\(text.utf8.count)")
        case .mix:
            var number = 17
            for byte in (contents("parts", "base", "context") + value("separator")).utf8 {
                number = (number * 31 + Int(byte)) % (1 << 32)
            }
            result.outputs["data"] = Output("mix:\(number % (Int(value("modulo")) ?? 1))")
            result.outputs["count"] = Output("count:\(inputs["parts", default: []].count)")
        case .read:
            let lines = contents("file").split(separator: "\n").prefix(Int(value("lines")) ?? 0)
            result.outputs["data"] = Output("read:" + lines.joined(separator: "\n"))
        case .environment:
            let names = words(with["names"] ?? .null)
            for name in names { result.fields["environment.\(name)"] = environment[name] ?? "null" }
            let letters = names.map { environment[$0].map { String($0.prefix(1)) } ?? "unset" }
            result.outputs["data"] = Output("environment:" + letters.joined(separator: ","))
        case .names:
            let labels = inputs["parts", default: []].map(\.label)
            result.fields["labels.parts"] = "[" + labels.map { "\"\($0)\"" }.joined(separator: ",") + "]"
            result.outputs["data"] = Output("names:" + labels.joined(separator: ","))
        }
        result.length = result.outputs["data"]?.text.utf8.count ?? 0
        return result
    }

    private func resolve(
        _ reference: PipelineDraft.Reference, _ done: [String: Stage]
    ) -> [(label: String, output: Output)] {
        switch reference {
        case .file(let name): return [(name, Output(files[name] ?? "?", type: "file", member: name))]
        case .stage(let number, let cell, let role):
            guard let stage = draft.stage(number) else { return [] }
            let names = cell.map { ["\(stage.name)[cell=\($0)]"] } ?? stage.names
            return names.compactMap { name in done[name]?.outputs[role ?? "data"].map { (name, $0) } }
        }
    }
}
