extension StageResolver {
    /// The gates of every cell.
    mutating func resolveGates() -> [[Gate]] {
        var gates: [[Gate]] = Array(repeating: [], count: cells.count)
        for index in declarations.indices {
            guard let expect = declarations[index].expect else { continue }
            switch expect.content {
            case .sequence(let rules):
                for rule in rules { apply(rule, toStage: index, &gates) }
            case .mapping, .scalar, .broken:
                let subject = "stage \(quoted(declarations[index].name)): 'expect'"
                guard let entries = collector.entries(of: expect, subject) else { continue }
                for cell in cellRanges[index] { gates[cell] += self.gates(entries, of: cell) }
            }
        }
        return gates
    }

    /// One item of the list form: metrics, and with `when` the cells they are for.
    private mutating func apply(_ rule: DocumentNode, toStage index: Int, _ gates: inout [[Gate]]) {
        let subject = "stage \(quoted(declarations[index].name)): 'expect'"
        guard let entries = collector.entries(of: rule, subject) else { return }
        let when = entries.first { $0.key == "when" }
        let metrics = entries.filter { $0.key != "when" }
        if metrics.isEmpty {
            collector.report(rule.location, "\(subject): expected a metric with a gate such as '>= 0.8', found none")
        }
        var range = Array(cellRanges[index])
        if let when {
            guard let chosen = cells(when, ofStage: index, subject) else { return }
            range = chosen
        }
        for cell in range { gates[cell] += self.gates(metrics, of: cell) }
    }

    /// The cells that a `when:` picks, or nil once its mistakes are reported.
    private mutating func cells(_ when: DocumentNode.Entry, ofStage index: Int, _ subject: String) -> [Int]? {
        let declaration = declarations[index]
        let subject = "\(subject): 'when'"
        if declaration.axes.isEmpty {
            collector.report(when.keyLocation, "\(subject): the stage has no matrix whose cells could be picked")
            return nil
        }
        guard let entries = collector.entries(of: template.filled(when.value, &collector), subject) else { return nil }
        var picked: [String: Set<String>] = [:]
        var isSound = !declaration.hasBrokenMatrix
        for entry in entries {
            guard let axis = declaration.axes.first(where: { $0.name == entry.key }) else {
                collector.report(
                    entry.keyLocation, unknown: "\(subject): unknown axis", entry.key,
                    valid: declaration.axes.map(\.name))
                isSound = false
                continue
            }
            if declaration.hasBrokenMatrix { continue }
            let items: [DocumentNode]
            if case .sequence(let list) = entry.value.content { items = list } else { items = [entry.value] }
            picked[axis.name] = []
            for item in items {
                guard let text = collector.text(of: item, "\(subject): axis \(quoted(axis.name))") else {
                    isSound = false
                    continue
                }
                if axis.texts.contains(text) {
                    picked[axis.name]?.insert(text)
                } else {
                    collector.report(
                        item.location, unknown: "\(subject): unknown value", text, of: "axis \(quoted(axis.name))",
                        valid: axis.texts)
                    isSound = false
                }
            }
            if items.isEmpty {
                collector.report(
                    entry.value.location, "\(subject): expected a value of axis \(quoted(axis.name)), found none")
            }
        }
        guard isSound else { return nil }
        return cellRanges[index].filter { cell in
            picked.allSatisfy { axis, values in cells[cell].text(axis).map(values.contains) ?? false }
        }
    }

    /// Reports a metric that the stage's kind never gives: its gate could not be met.
    private mutating func check(_ entry: DocumentNode.Entry, of cell: Int, stage: String) {
        guard let checked = checked[cell], checked.lackOfMetrics == nil, !entry.key.isEmpty,
            let metrics = checked.kind.metrics, !metrics.contains(where: { $0.declares(entry.key) })
        else { return }
        collector.report(
            entry.keyLocation, unknown: "stage \(quoted(stage)): unknown metric", entry.key, of: checked.kind.name,
            valid: metrics.map(\.name))
    }

    private mutating func gates(_ entries: [DocumentNode.Entry], of cell: Int) -> [Gate] {
        let template = template(for: cell)
        let name = declarations[cells[cell].declaration].name
        var gates: [Gate] = []
        for entry in entries {
            let subject = "stage \(quoted(name)): gate on \(quoted(entry.key))"
            if entry.key.isEmpty {
                collector.report(entry.keyLocation, "stage \(quoted(name)): 'expect': expected the name of a metric")
            }
            if let lack = checked[cell]?.lackOfMetrics { collector.report(entry.keyLocation, "\(subject): \(lack)") }
            check(entry, of: cell, stage: name)
            let node = template.filled(entry.value, &collector)
            let items: [DocumentNode]
            if case .sequence(let list) = node.content { items = list } else { items = [node] }
            for item in items where !item.isBroken {
                do throws(GateMistake) {
                    guard case .scalar(let text, _) = item.content else { throw .otherwise }
                    gates.append(try Gate(metric: entry.key, text))
                } catch {
                    collector.report(item.location, "\(subject): \(error.expectation), found \(item.found)")
                }
            }
        }
        return gates
    }
}

extension MatrixAxis {
    /// The values as written.
    var texts: [String] {
        values.map { node in
            if case .scalar(let text, _) = node.content { text } else { "" }
        }
    }
}
