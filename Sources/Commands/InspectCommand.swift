import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Stages
import Tasks

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show a composition's connections, and what it costs in parameters and training (Appendix C).",
        discussion: """
            EXAMPLE
              calm inspect composed
            """)

    @Argument(help: ArgumentHelp(Reference.help), completion: .custom(Completion.references))
    var composition: String

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        let digest = try Reference(composition, in: catalogue, withOutputs: true)
            .artifact(of: [.composition], in: catalogue, store: store)
        let stored = try StoredComposition(Artifact(digest, in: store), tasks: .builtIn)
        let summary = CompositionSummary(of: stored)
        let costs = try TrainingCosts(of: digest, summary, in: catalogue)
        try json
            ? output(json: document(digest, summary, costs))
            : output(text(digest, summary) + costs.text, terminator: "")
    }

    private func text(_ digest: Digest, _ summary: CompositionSummary) -> String {
        var text = "composition \(digest)\n"
        text += "  anchor \(summary.anchor.digest.short): \(summary.anchor.layers) blocks of width "
        text += "\(summary.anchor.width), \(summary.anchor.parameters) parameters\n"
        for model in summary.augmenting {
            text += "  augmenting \(model.digest.short): \(model.layers) blocks of width \(model.width), "
            text += "\(model.parameters) parameters\n"
            for connection in model.connections {
                text += "    block \(connection.own) → anchor block \(connection.anchor)\n"
            }
        }
        text += "  \(summary.heads) heads, rotary base \(summary.rotaryBase.map { "\($0)" } ?? "none"), "
        text += "inputs \(summary.normalizesInputs ? "normalised" : "as they are")\n\n"
        text += columns([
            ["parameters", "added", "anchor", "share"],
            row("paper's formula", summary.byFormula),
            row("counted truly", summary.truly),
        ])
        return text + "  The paper (Appendix C.1) leaves W_O out, and counts the anchor's embedding once a block.\n"
    }

    private func row(_ name: String, _ count: CompositionSummary.Count) -> [String] {
        [name, "\(count.added)", "\(count.anchor)", String(format: "%.2f%%", count.share * 100)]
    }

    private func document(_ digest: Digest, _ summary: CompositionSummary, _ costs: TrainingCosts) -> JSONValue {
        let count = { (count: CompositionSummary.Count) in
            JSONValue.object([
                "added": .int(count.added), "anchor": .int(count.anchor), "share": .double(count.share),
            ])
        }
        return .object([
            "composition": .string(digest.hex), "anchor": .string(summary.anchor.digest.hex),
            "augmenting": .array(summary.augmenting.map { .string($0.digest.hex) }),
            "connections": .array(
                summary.augmenting.map { model in
                    .array(model.connections.map { .array([.int($0.own), .int($0.anchor)]) })
                }),
            "heads": .int(summary.heads), "rotaryBase": .number(summary.rotaryBase),
            "normalizesInputs": .bool(summary.normalizesInputs),
            "overhead": .object(["formula": count(summary.byFormula), "true": count(summary.truly)]),
            "training": costs.json,
        ])
    }
}
