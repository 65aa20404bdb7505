import Artifacts
import Foundation

/// What the `in:` of one cell names.
struct ResolvedInputs {
    /// One output of another cell that is read.
    struct Dependency {
        let cell: Int
        let location: SourceLocation
    }

    /// By role, in the order written.
    var references: [String: [InputReference]] = [:]
    /// The roles that were given a list, or a matrix.
    var lists: Set<String> = []
    var dependencies: [Dependency] = []
    /// False once a mistake in them is reported.
    var isSound = true
}

extension StageResolver {
    mutating func resolveInputs(of cell: Int) -> ResolvedInputs {
        let declaration = declarations[cells[cell].declaration]
        let template = template(for: cell)
        let stage = checked[cell]
        var result = ResolvedInputs()
        guard let entries = declaration.inputs else {
            result.isSound = false
            return result
        }
        for entry in entries {
            let subject = "stage \(quoted(declaration.name)): input \(quoted(entry.key))"
            let role = stage.flatMap { inputRole(entry, of: $0, declaration.name, &result) }
            let node = template.filled(entry.value, &collector)
            let items: [DocumentNode]
            if case .sequence(let list) = node.content {
                items = list
                result.lists.insert(entry.key)
                // A kind that takes any roles sees that it was given this one, though nothing is in it.
                if list.isEmpty, stage?.kind.acceptsOtherInputs == true { result.references[entry.key] = [] }
            } else {
                items = [node]
            }
            if let role, !role.arity.takesSeveral, items.count != 1 {
                collector.report(node.location, "\(subject): expected one stage, found a list of \(items.count)")
                result.isSound = false
                continue
            }
            if items.isEmpty, role?.arity != .any {
                collector.report(node.location, "\(subject): expected one or more stages, found an empty list")
                result.isSound = false
            }
            for item in items { resolve(item, entry.key, role, subject, &result) }
        }
        if let stage, stage.hasKnownRoles {
            for role in stage.inputs where role.arity.isRequired && !entries.contains(where: { $0.key == role.name }) {
                let types = role.types.isEmpty ? "anything" : enumeration(of: role.types.map(\.rawValue))
                collector.report(
                    declaration.location,
                    "stage \(quoted(declaration.name)): the input \(quoted(role.name)) of \(stage.kind.name) is missing; "
                        + "expected \(types) (\(role.summary))")
                result.isSound = false
            }
        }
        return result
    }

    private mutating func inputRole(
        _ entry: DocumentNode.Entry, of stage: CheckedStage, _ name: String, _ result: inout ResolvedInputs
    ) -> InputRole? {
        if let role = stage.inputs.first(where: { $0.name == entry.key }) { return role }
        if stage.kind.acceptsOtherInputs { return InputRole(entry.key, [], .any, "") }
        collector.report(
            entry.keyLocation, unknown: "stage \(quoted(name)): unknown input", entry.key, of: stage.kind.name,
            valid: stage.inputs.map(\.name))
        result.isSound = false
        return nil
    }

    /// - Parameter role: nil if it is unknown, so that only the reference itself can be checked.
    private mutating func resolve(
        _ node: DocumentNode, _ key: String, _ role: InputRole?, _ subject: String, _ result: inout ResolvedInputs
    ) {
        switch node.content {
        case .scalar(let text, _):
            guard let reference = StageReference(text) else {
                collector.report(
                    node.location,
                    "\(subject): expected 'stage', 'stage.role', 'stage[axis=value]', { file: path }, { folder: path } or "
                        + "{ glob: pattern }, found \(node.found)"
                )
                break
            }
            guard let producers = producers(of: reference, role, node, subject) else { break }
            if isList(reference) { result.lists.insert(key) }
            for producer in producers {
                guard collector.spend(1, at: node.location) else { break }
                result.dependencies.append(.init(cell: producer, location: node.location))
                guard let output = output(of: producer, reference, role, node, subject) else {
                    result.isSound = false
                    continue
                }
                result.references[key, default: []].append(.output(stage: cells[producer].name, role: output))
            }
            return
        case .mapping(let entries):
            guard let file = file(entries, node, subject) else { break }
            if let role, !role.types.isEmpty, !role.types.contains(file.type) {
                collector.report(
                    node.location,
                    "\(subject) takes \(enumeration(of: role.types.map(\.rawValue))), "
                        + "but a \(file.word) has the type '\(file.type.rawValue)'")
                break
            }
            result.references[key, default: []].append(.beside(file))
            return
        case .sequence:
            collector.report(node.location, "\(subject): expected a stage, found a list in a list")
        case .broken: break
        }
        result.isSound = false
    }

    /// Whether a reference means a stage's matrix, or a part of it: a list, however many cells there are.
    private func isList(_ reference: StageReference) -> Bool {
        guard let index = declarationIndex[reference.stage], !declarations[index].axes.isEmpty else { return false }
        let chosen = Set((reference.selection ?? []).map(\.axis))
        return !declarations[index].axes.allSatisfy { chosen.contains($0.name) }
    }

    /// The cells that a reference means, or nil once it is reported that there is none or no single one.
    private mutating func producers(
        of reference: StageReference, _ role: InputRole?, _ node: DocumentNode, _ subject: String
    ) -> [Int]? {
        guard let index = declarationIndex[reference.stage] else {
            collector.report(
                node.location, unknown: "\(subject): unknown stage", reference.stage, valid: declarationNames)
            return nil
        }
        let declaration = declarations[index]
        let range = cellRanges[index]
        if declaration.hasBrokenMatrix { return nil }
        var found = Array(range)
        if let selection = reference.selection {
            guard let chosen = cells(selection, of: index, node, subject) else { return nil }
            found = chosen
        }
        if found.count > 1, let role, !role.arity.takesSeveral {
            let names = enumeration(of: found.prefix(9).map { cells[$0].name }, limit: 8)
            collector.report(
                node.location,
                "\(subject) takes one stage, but \(node.found) has \(found.count) cells; name one of them: \(names)")
            return nil
        }
        return found
    }

    /// The cells with the given values, or nil once it is reported that there is none.
    private mutating func cells(
        _ selection: [(axis: String, value: String)], of index: Int, _ node: DocumentNode, _ subject: String
    ) -> [Int]? {
        let declaration = declarations[index]
        let name = "\(declaration.name)[\(selection.map { "\($0.axis)=\($0.value)" }.joined(separator: ","))]"
        if let cell = cellIndex[name] { return [cell] }
        if declaration.axes.isEmpty {
            collector.report(
                node.location, "\(subject): \(quoted(declaration.name)) has no matrix, found \(node.found)")
            return nil
        }
        for (axis, value) in selection {
            guard let axis = declaration.axes.first(where: { $0.name == axis }) else {
                collector.report(
                    node.location, unknown: "\(subject): unknown axis", axis, of: quoted(declaration.name),
                    valid: declaration.axes.map(\.name))
                return nil
            }
            let values = axis.texts
            guard values.contains(value) else {
                collector.report(
                    node.location,
                    unknown: "\(subject): unknown value", value,
                    of: "axis \(quoted(axis.name)) of \(quoted(declaration.name))", valid: values)
                return nil
            }
        }
        let matching = cellRanges[index].filter { cell in
            selection.allSatisfy { cells[cell].text($0.axis) == $0.value }
        }
        if matching.isEmpty { collector.report(node.location, "\(subject): no cell is named \(node.found)") }
        return matching.isEmpty ? nil : matching
    }

    /// The role of the output that a reference means, or nil once it is reported as unknown or of the wrong type.
    private mutating func output(
        of producer: Int, _ reference: StageReference, _ role: InputRole?, _ node: DocumentNode, _ subject: String
    ) -> String? {
        guard let stage = checked[producer] else { return nil }
        let name = cells[producer].name
        let output = reference.role.map { role in stage.outputs.first { $0.name == role } } ?? stage.outputs.first
        guard let output else {
            guard stage.hasKnownRoles else { return nil }
            if let role = reference.role {
                collector.report(
                    node.location, unknown: "\(subject): unknown output", role,
                    of: "\(quoted(name)) (\(stage.kind.name))",
                    valid: stage.outputs.map(\.name))
            } else {
                collector.report(node.location, "\(subject): \(quoted(name)) (\(stage.kind.name)) has no outputs")
            }
            return nil
        }
        if let role, !role.types.isEmpty, !role.types.contains(output.type) {
            collector.report(
                node.location,
                "\(subject) takes \(enumeration(of: role.types.map(\.rawValue))), "
                    + "but \(quoted("\(name).\(output.name)") ) is \(output.type.rawValue)")
            return nil
        }
        return output.name
    }
}
