import Artifacts
import Foundation

/// Random changes to a pipeline, its files, its environment and its store; each says what it did.
struct TruthEdits {
    private typealias Stage = PipelineDraft.Stage

    private static let fileNames = ["a.txt", "b.txt", "c.txt"]
    private static let words = ["no", "null", "true", "1", "1.0", "w", "x y", "a: b", "#", "ä"]

    let world: TruthWorld
    var random: RandomSource
    private var nextNumber = 0
    private var snapshots: [(draft: PipelineDraft, files: [String: String])] = []

    init(_ world: TruthWorld, seed: UInt64) throws {
        self.world = world
        random = RandomSource(seed: seed)
        for name in Self.fileNames { try world.write(fileText(), to: name) }
        for _ in 0..<(3 + random.below(5)) { _ = addStage() }
    }

    mutating func apply() throws -> String {
        snapshots.append((world.draft, world.files))
        switch random.below(30) {
        case 0: return "nothing"
        case 1...4: return changeParameter()
        case 5: return removeParameter()
        case 6: return giveDefault()
        case 7...9: return changeInputs()
        case 10: return renameStage()
        case 11:
            world.draft.stages.shuffle(using: &random)
            return "another order of stages"
        case 12...13:
            world.draft.style = random.next()
            return "another style"
        case 14: return changeRemarks()
        case 15...18: return try changeFile()
        case 19: return changePipelineParameter()
        case 20: return changeCells()
        case 21: return changeEnvironment()
        case 22:
            world.build = random.below(TruthKinds.registries.count)
            return "build \(world.build) of the kinds"
        case 23:
            world.cores = 1 + random.below(4)
            return "\(world.cores) cores"
        case 24: return try revert()
        case 25: return random.once(in: 2) ? addStage() : removeStage()
        case 26: return try deleteRecord()
        case 27: return try deleteObject()
        case 28:
            try world.deleteCatalogue()
            return "no catalogue"
        default:
            try random.once(in: 2) ? world.moveStore() : world.reopen()
            return "the store moved, or opened anew"
        }
    }

    private mutating func fileText() -> String { "file \(random.below(4))\nline \(random.below(4))\n" }

    private mutating func pickStage(where condition: (Stage) -> Bool = { _ in true }) -> Int? {
        let found = world.draft.stages.indices.filter { condition(world.draft.stages[$0]) }
        return found.isEmpty ? nil : random.pick(found)
    }

    private mutating func value(_ name: String, of stage: Stage) -> PipelineDraft.Value {
        let isParameter = random.once(in: 5)
        switch name {
        case "seed", "limit", "lines", "extra":
            if name == "limit", random.once(in: 3) { return .null }
            return isParameter ? .parameter("number") : .int(random.below(4))
        case "modulo": return .int(random.pick([1, 2, 3, 1000]))
        case "mode": return .text(random.pick(["plain", "upper"]))
        case "tags":
            return isParameter ? .parameter("list") : .words((0..<random.below(3)).map { _ in random.pick(Self.words) })
        case "names": return .words(["A", "B", "C"].filter { _ in random.once(in: 2) })
        default:
            if !stage.cells.isEmpty, random.once(in: 2) { return .cell }
            if isParameter { return random.once(in: 2) ? .parameter("word") : .spliced("s", "word") }
            return .text(random.pick(Self.words))
        }
    }

    /// Those that every build of the kinds has.
    private func parameters(of stage: Stage) -> [String] {
        world.model.defaults(stage.kind).keys.filter { $0 != "extra" }.sorted()
    }

    private mutating func changeParameter() -> String {
        guard let index = pickStage() else { return "no stage" }
        let stage = world.draft.stages[index]
        guard let name = parameters(of: stage).randomElement(using: &random) else { return "no parameter" }
        let new = value(name, of: stage)
        world.draft.stages[index].with[name] = new
        return "\(stage.name).\(name) = \(new)"
    }

    private mutating func removeParameter() -> String {
        guard let index = pickStage(where: { !$0.with.isEmpty }) else { return "no parameter" }
        let name = random.pick(world.draft.stages[index].with.keys.sorted())
        world.draft.stages[index].with[name] = nil
        return "\(world.draft.stages[index].name) without \(name)"
    }

    private mutating func giveDefault() -> String {
        guard let index = pickStage() else { return "no stage" }
        let stage = world.draft.stages[index]
        let defaults = world.model.defaults(stage.kind)
        for name in parameters(of: stage) where stage.with[name] == nil {
            world.draft.stages[index].with[name] = defaults[name]
        }
        return "\(stage.name) says its defaults"
    }

    private mutating func changePipelineParameter() -> String {
        let name = random.pick(["number", "word", "list"])
        switch name {
        case "number": world.draft.parameters[name] = .int(random.below(4))
        case "word": world.draft.parameters[name] = .text(random.pick(Self.words))
        default: world.draft.parameters[name] = .words((0..<random.below(3)).map { _ in random.pick(Self.words) })
        }
        return "params.\(name)"
    }

    private mutating func reference(for stage: Int, files: Bool = true) -> PipelineDraft.Reference? {
        let earlier = world.draft.stages.filter { $0.number < stage }
        if files, earlier.isEmpty || random.once(in: 4) { return .file(random.pick(Self.fileNames)) }
        guard let producer = earlier.randomElement(using: &random) else { return nil }
        let roles: [String?] =
            switch producer.kind {
            case .source: [nil, "data", "size"]
            case .mix: [nil, "data", "count"]
            case .read, .environment, .names: [nil, "data"]
            }
        let cell = producer.cells.randomElement(using: &random)
        return .stage(producer.number, cell: cell, role: random.pick(roles))
    }

    private mutating func changeInputs() -> String {
        guard let index = pickStage(where: { [.mix, .names, .read].contains($0.kind) }) else { return "no inputs" }
        var stage = world.draft.stages[index]
        let role =
            stage.kind == .mix
            ? random.pick(["parts", "parts", "base", "context"]) : stage.kind == .read ? "file" : "parts"
        var references = stage.inputs[role] ?? []
        switch role {
        case "file": references = [.file(random.pick(Self.fileNames))]
        case "base":
            references = references.isEmpty ? reference(for: stage.number, files: false).map { [$0] } ?? [] : []
        default:
            if references.count > 1, random.once(in: 3) {
                references.shuffle(using: &random)
            } else if references.count > 1 || role == "context" && !references.isEmpty, random.once(in: 2) {
                references.remove(at: random.below(references.count))
            } else if let new = reference(for: stage.number) {
                references.insert(new, at: random.below(references.count + 1))
            }
        }
        stage.inputs[role] = references.isEmpty ? nil : references
        world.draft.stages[index] = stage
        return "\(stage.name).\(role): \(references)"
    }

    private mutating func renameStage() -> String {
        guard let index = pickStage() else { return "no stage" }
        let old = world.draft.stages[index].name
        world.draft.stages[index].name = "s\(world.draft.stages[index].number)-\(random.below(100))"
        return "\(old) renamed \(world.draft.stages[index].name)"
    }

    private mutating func changeRemarks() -> String {
        guard let index = pickStage() else { return "no stage" }
        world.draft.description = random.pick(["first", "second: really", "#3"])
        world.draft.stages[index].gate = random.pick([nil, ">= 0", "< 0"])
        world.draft.stages[index].timeout = random.pick([nil, 60, 600])
        world.draft.stages[index].description = random.pick([nil, "a stage"])
        return "remarks on \(world.draft.stages[index].name)"
    }

    private mutating func changeCells() -> String {
        guard let index = pickStage(where: { !$0.cells.isEmpty }) else { return "no matrix" }
        let number = world.draft.stages[index].number
        var cells = world.draft.stages[index].cells
        if cells.count > 1, random.once(in: 3) {
            let gone = cells.remove(at: random.below(cells.count))
            for other in world.draft.stages.indices {
                world.draft.stages[other].inputs = world.draft.stages[other].inputs.mapValues { references in
                    references.map { reference in
                        guard case .stage(number, cell: gone, let role) = reference else { return reference }
                        return .stage(number, cell: cells[0], role: role)
                    }
                }
            }
        } else if let new = ["p", "q", "r", "1"].filter({ !cells.contains($0) }).randomElement(using: &random) {
            cells.append(new)
        }
        cells.shuffle(using: &random)
        world.draft.stages[index].cells = cells
        return "\(world.draft.stages[index].name) has the cells \(cells)"
    }

    private mutating func changeEnvironment() -> String {
        let name = random.pick(["A", "B", "C"])
        world.environment[name] = random.pick([nil, "", "apple", "axe", "bee"])
        return "\(name)=\(world.environment[name] ?? "unset")"
    }

    private mutating func changeFile() throws -> String {
        let name = random.pick(Self.fileNames)
        let url = world.url(of: name)
        let files = FileManager.default
        switch random.below(4) {
        case 0:
            try world.write(fileText(), to: name)
            return "\(name) written"
        case 1:
            try files.setAttributes([.modificationDate: Date()], ofItemAtPath: url.path)
            return "\(name) touched"
        case 2:
            // Another file with the same bytes in its place.
            try Data((world.files[name] ?? "").utf8).write(to: url, options: .atomic)
            return "\(name) replaced by its like"
        default:
            let stamp = try files.attributesOfItem(atPath: url.path)[.modificationDate]
            try world.write(fileText(), to: name)
            if let stamp { try files.setAttributes([.modificationDate: stamp], ofItemAtPath: url.path) }
            return "\(name) written with the old time"
        }
    }

    private mutating func revert() throws -> String {
        let position = random.below(snapshots.count)
        world.draft = snapshots[position].draft
        if random.once(in: 2) {
            for (name, text) in snapshots[position].files { try world.write(text, to: name) }
        }
        return "back to edit \(position)"
    }

    private mutating func addStage() -> String {
        nextNumber += 1
        var stage = Stage(number: nextNumber, name: "s\(nextNumber)", kind: random.pick(Stage.Kind.allCases))
        switch stage.kind {
        case .source: if random.once(in: 3) { stage.cells = ["p", "q"] }
        case .read: stage.inputs["file"] = [.file(random.pick(Self.fileNames))]
        case .mix, .names: stage.inputs["parts"] = reference(for: stage.number).map { [$0] }
        case .environment: break
        }
        for name in parameters(of: stage) where random.once(in: 3) {
            stage.with[name] = value(name, of: stage)
        }
        world.draft.stages.append(stage)
        return "\(stage.name) of kind \(stage.kind) added"
    }

    /// One that no other reads from.
    private mutating func removeStage() -> String {
        let read = world.draft.stages.flatMap { stage in
            stage.inputs.values.joined().compactMap { if case .stage(let number, _, _) = $0 { number } else { nil } }
        }
        let count = world.draft.stages.count
        guard count > 2, let index = pickStage(where: { !read.contains($0.number) }) else { return "no leaf" }
        return "\(world.draft.stages.remove(at: index).name) removed"
    }

    private mutating func deleteRecord() throws -> String {
        guard let key = world.memories.keys.sorted().randomElement(using: &random) else { return "no record" }
        try world.deleteRecord(of: key)
        return "no record of \(key.replacing("\n", with: " "))"
    }

    private mutating func deleteObject() throws -> String {
        let objects = Set(world.memories.values.flatMap(\.objects)).sorted()
        guard let object = objects.randomElement(using: &random) else { return "no object" }
        try world.delete(object)
        return "no object \(object.short)"
    }
}
