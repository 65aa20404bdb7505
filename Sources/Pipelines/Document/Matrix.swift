import Artifacts

extension DeclarationReader {
    /// Cells of one matrix at most.
    static let maximumCells = 10_000

    /// The axes of a `matrix:`; `isBroken` once a mistake in them is reported.
    func matrix(
        _ entry: DocumentNode.Entry, _ subject: String, _ collector: inout DiagnosticCollector
    ) -> (axes: [MatrixAxis], isBroken: Bool) {
        let subject = "\(subject): matrix"
        guard let entries = collector.entries(of: entry.value, subject) else { return ([], true) }
        if entries.isEmpty {
            collector.report(entry.keyLocation, "\(subject): expected at least one axis, found none")
            return ([], true)
        }
        var axes: [MatrixAxis] = []
        var isBroken = false
        for entry in entries {
            let node = template.filled(entry.value, &collector)
            let values = values(of: node, "\(subject): axis \(quoted(entry.key))", &collector)
            axes.append(MatrixAxis(name: entry.key, values: values ?? []))
            if !isName(entry.key) { collector.report(entry.keyLocation, nameRule("\(subject): axis", entry.key)) }
            if values == nil || !isName(entry.key) { isBroken = true }
        }
        if !isBroken, axes.reduce(1, { min($0 * $1.values.count, Self.maximumCells + 1) }) > Self.maximumCells {
            collector.report(entry.keyLocation, "\(subject): more than \(Self.maximumCells) cells, the limit")
            isBroken = true
        }
        return (axes, isBroken)
    }

    /// Whether the stage's name, or the longest of its cells, is short enough; if not, that is reported.
    func isShort(
        _ name: String, _ axes: [MatrixAxis], at location: SourceLocation, _ collector: inout DiagnosticCollector
    ) -> Bool {
        // `name[axis=value,axis=value]`
        let label = axes.reduce(0) { sum, axis in
            let longest = axis.values.map { if case .scalar(let text, _) = $0.content { text.utf8.count } else { 0 } }
            return sum + axis.name.utf8.count + (longest.max() ?? 0) + 2
        }
        let length = name.utf8.count + (axes.isEmpty ? 0 : label + 1)
        guard length > StageName.byteLimit else { return true }
        let what = axes.isEmpty ? "its name" : "the name of a cell"
        collector.report(
            location, "stage \(quoted(name)): \(what) has \(length) bytes, the limit is \(StageName.byteLimit)")
        return false
    }

    private func values(
        of node: DocumentNode, _ subject: String, _ collector: inout DiagnosticCollector
    ) -> [DocumentNode]? {
        guard case .sequence(let items) = node.content else {
            if !node.isBroken { collector.report(node.location, "\(subject): expected a list, found \(node.found)") }
            return nil
        }
        if items.isEmpty {
            collector.report(node.location, "\(subject): expected at least one value, found an empty list")
            return nil
        }
        var seen: Set<String> = []
        var isSound = true
        for item in items {
            guard case .scalar(let text, _) = item.content else {
                if !item.isBroken {
                    collector.report(item.location, "\(subject): expected a single value, found \(item.found)")
                }
                isSound = false
                continue
            }
            if !isCellValue(text) {
                collector.report(
                    item.location,
                    "\(subject): found \(item.found), expected a value that can stand in a cell's name: not empty, no comma "
                        + "outside brackets, brackets in pairs, no blanks around it, no invisible characters")
                isSound = false
            } else if !seen.insert(text).inserted {
                collector.report(item.location, "\(subject): the value \(item.found) is repeated")
                isSound = false
            }
        }
        return isSound ? items : nil
    }

    /// True if `[axis=text]` can be read back.
    private func isCellValue(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            !first.properties.isWhitespace, !last.properties.isWhitespace, StageName.isPrintable(text)
        else { return false }
        var depth = 0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "[": depth += 1
            case "]": depth -= 1
            case "," where depth == 0: return false
            default: break
            }
            if depth < 0 { return false }
        }
        return depth == 0
    }
}

/// A stage without a matrix, or one cell of a matrix.
struct StageCell {
    /// `scores`, or `scores[model=composed,task=kv-subs]`.
    let name: String
    /// The index of the stage's declaration.
    let declaration: Int
    /// By axis.
    let values: [String: DocumentNode]

    /// The text of the value on an axis.
    func text(_ axis: String) -> String? {
        if case .scalar(let text, _)? = values[axis]?.content { text } else { nil }
    }
}

extension StageDeclaration {
    /// The product of the axes, the last one running fastest.
    func cells(index: Int) -> [StageCell] {
        if hasBrokenMatrix || axes.isEmpty { return [StageCell(name: name, declaration: index, values: [:])] }
        var partial: [(label: [String], values: [String: DocumentNode])] = [([], [:])]
        for axis in axes {
            partial = partial.flatMap { label, values in
                axis.values.map { node in
                    var text = ""
                    if case .scalar(let written, _) = node.content { text = written }
                    return (label + ["\(axis.name)=\(text)"], values.merging([axis.name: node]) { $1 })
                }
            }
        }
        return partial.map { label, values in
            StageCell(name: "\(name)[\(label.joined(separator: ","))]", declaration: index, values: values)
        }
    }
}
