import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct PinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Keep a run, a stage's result or an artifact: `calm store gc` leaves it and what it was made from.",
        discussion: """
            EXAMPLES
              calm pin baseline latest --note "before the new tokenizer"
              calm pin best composed
            """)

    @Argument(help: "The pin's name; a pin of the same name is replaced.", completion: .custom(Completion.pins))
    var name: String

    @Argument(help: ArgumentHelp(Reference.help), completion: .custom(Completion.references))
    var reference: String

    @Option(help: "What it is kept for.")
    var note = ""

    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard Store.isPinName(name) else {
            throw ValidationError(
                "a pin's name has letters, digits, '.', '_' and '-', a letter or digit first, at most 100: '\(name)'")
        }
    }

    func run() throws {
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        // No collection may take away what is being pinned.
        let lock = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        let reference = try Reference(reference, in: catalogue, withOutputs: true)
        let pin = try pin(reference, catalogue)
        let gone = try gone(pin, reference, store, catalogue)
        guard gone.isEmpty else {
            throw CommandFailure.notFound(
                "\(pin.subject) can't be pinned: \(counted(gone.count, "result")) of it were collected; run the pipeline again"
            )
        }
        try store.pin(pin)
        try output("pinned \(pin.subject) as \(name): \(counted(pin.executions.count, "execution"))")
    }

    /// The keys of results that were collected: of a run those that it had, whatever its keys gave since.
    private func gone(
        _ pin: Pin, _ reference: Reference, _ store: Store, _ catalogue: Catalogue
    ) throws -> [Digest] {
        let stages: [RunStageRow]
        switch reference {
        case .run(let run): stages = try catalogue.stages(run: run.id)
        case .stage(let stage): stages = [stage]
        case .artifact: stages = []
        }
        let results = Set(stages.compactMap(\.keyedResult))
        let others = Set(pin.executions).subtracting(results.map(\.key))
        return try others.filter { !store.hasExecution($0) } + results.filter { try !store.has($0) }.map(\.key)
    }

    private func pin(_ reference: Reference, _ catalogue: Catalogue) throws -> Pin {
        func make(_ subject: String, _ executions: [Digest], _ artifacts: [Digest] = []) -> Pin {
            Pin(
                name: name, subject: subject, note: note, pinnedAt: Date().timeIntervalSince1970,
                executions: Set(executions).sorted(), artifacts: artifacts)
        }
        switch reference {
        case .run(let run):
            let stages = try catalogue.stages(run: run.id).filter { $0.state == "cached" || $0.state == "executed" }
            return make("run \(run.id)", stages.compactMap(\.key))
        case .stage(let stage):
            guard let key = stage.key else {
                throw CommandFailure.notFound("stage \(stage.name) has no result in run \(stage.run)")
            }
            return make("stage \(stage.name) of run \(stage.run)", [key])
        case .artifact(let digest):
            return make("artifact \(digest)", try catalogue.producers(of: digest).map(\.key), [digest])
        }
    }
}

struct UnpinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin", abstract: "Remove a pin; what it kept stays until the next collection.",
        discussion: """
            EXAMPLE
              calm unpin baseline
            """)

    @Argument(help: "The pin's name.", completion: .custom(Completion.pins))
    var name: String

    @OptionGroup var store: StoreOptions

    func run() throws {
        let store = try store.open()
        switch try store.unpin(name) {
        case .removed: try output("removed the pin \(name)")
        case .setAside(let place):
            try output("the pin \(name) couldn't be read as one, so its file was kept: it is \(place) now")
        case .none:
            let names = try store.pinNames().joined(separator: ", ")
            throw CommandFailure.notFound(
                "no pin is called '\(name)'; " + (names.isEmpty ? "there are none" : "there are: \(names)"))
        }
    }
}

struct PinsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pins", abstract: "List the pins.",
        discussion: """
            EXAMPLE
              calm pins --json
            """)

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let (pins, problems) = try store.open().pins()
        defer { for message in problems { complain("warning: \(message)") } }
        if json {
            let documents = pins.map { pin in
                JSONValue.object((pin.json.members ?? [:]).merging(["name": .string(pin.name)]) { own, _ in own })
            }
            try output(json: JSONValue.array(documents))
            return
        }
        if pins.isEmpty { try output("no pins") }
        try output(
            columns(
                pins.map { pin in
                    [
                        pin.name, timestamp(pin.pinnedAt), pin.subject + (pin.baseline == nil ? "" : " (imported)"),
                        pin.note,
                    ]
                }), terminator: "")
    }
}
