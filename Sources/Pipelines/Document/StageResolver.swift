import Artifacts
import Foundation

/// Turns the stages of a pipeline file into cells in topological order, each with its parameters, inputs and gates.
struct StageResolver {
    static let maximumStages = 100_000

    let registry: StageRegistry
    let template: Template
    /// The path of the folder from which the files of inputs are looked for; nil to leave that unchecked.
    let folder: String?
    /// No input may be a folder that holds it.
    let store: StorePlace?
    var collector: DiagnosticCollector
    /// What is wrong with files that inputs name, nil if nothing is: the cells of a matrix name the same ones.
    var checkedFiles: [FileReference: InputFileFault?] = [:]

    var declarations: [StageDeclaration] = []
    var declarationNames: [String] = []
    var declarationIndex: [String: Int] = [:]
    /// In the order of the file, each matrix in the order of its cells.
    var cells: [StageCell] = []
    var cellIndex: [String: Int] = [:]
    /// The cells of each declaration.
    var cellRanges: [Range<Int>] = []
    /// By cell; nil if its kind is unknown.
    var checked: [CheckedStage?] = []

    init(
        registry: StageRegistry, parameters: [String: DocumentNode], folder: URL?, store: StorePlace?,
        collector: DiagnosticCollector
    ) {
        self.registry = registry
        template = Template(parameters: parameters)
        self.folder = folder?.path
        self.store = store
        self.collector = collector
    }

    mutating func resolve(_ entries: [DocumentNode.Entry]) -> [ResolvedStage] {
        declare(entries)
        guard cells.count <= Self.maximumStages else { return [] }
        checked = cells.indices.map { check($0) }
        let inputs = cells.indices.map { resolveInputs(of: $0) }
        let gates = resolveGates()
        let order = TopologicalOrder(dependencies: inputs.map { $0.dependencies.map(\.cell) })
        for cycle in order.cycles { report(cycle, inputs) }
        plan(order.sorted, inputs)
        return order.sorted.compactMap { cell in
            guard let stage = checked[cell] else { return nil }
            let declaration = declarations[cells[cell].declaration]
            return ResolvedStage(
                name: cells[cell].name, description: declaration.description, kind: stage.kind,
                parameters: stage.parameters, inputs: inputs[cell].references,
                lists: inputs[cell].lists, outputs: stage.outputs,
                gates: gates[cell], location: declaration.location, limits: declaration.limits)
        }
    }

    private mutating func declare(_ entries: [DocumentNode.Entry]) {
        let reader = DeclarationReader(registry: registry, template: template)
        for entry in entries {
            let declaration = reader.stage(entry, &collector)
            let index = declarations.count
            declarationIndex[declaration.name] = index
            declarations.append(declaration)
            declarationNames.append(declaration.name)
            let first = cells.count
            if first <= Self.maximumStages { cells += declaration.cells(index: index) }
            cellRanges.append(first..<cells.count)
            for cell in first..<cells.count { cellIndex[cells[cell].name] = cell }
            if first <= Self.maximumStages, cells.count > Self.maximumStages {
                collector.report(
                    declaration.location, "more than \(Self.maximumStages) stages with their matrix cells, the limit")
            }
        }
    }

    private mutating func check(_ cell: Int) -> CheckedStage? {
        let declaration = declarations[cells[cell].declaration]
        let template = template(for: cell)
        guard let kind = declaration.kind else {
            for entry in declaration.with ?? [] { _ = template.filled(entry.value, &collector) }
            return nil
        }
        return CheckedStage(
            kind, stage: declaration.name, location: declaration.location, with: declaration.with, template: template,
            &collector)
    }

    /// The template of a cell; the axes of a broken matrix have broken values.
    func template(for cell: Int) -> Template {
        let declaration = declarations[cells[cell].declaration]
        if !declaration.hasBrokenMatrix { return template.with(axes: cells[cell].values) }
        var axes: [String: DocumentNode] = [:]
        for axis in declaration.axes { axes[axis.name] = DocumentNode(.broken, at: declaration.location) }
        return template.with(axes: axes)
    }

    private mutating func report(_ cycle: [Int], _ inputs: [ResolvedInputs]) {
        guard let first = cycle.first, let last = cycle.last else { return }
        let location = inputs[first].dependencies.first { $0.cell == last }?.location
        var names = cycle.prefix(10).map { cells[$0].name }
        if cycle.count > 10 { names.append("… (\(cycle.count) stages)") }
        names.append(cells[first].name)
        collector.report(
            location ?? declarations[cells[first].declaration].location,
            "stages wait for each other in a cycle: \(names.joined(separator: " -> "))")
    }
}
