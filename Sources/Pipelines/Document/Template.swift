/// Puts pipeline parameters and matrix values in the place of `${params.NAME}` and `${matrix.AXIS}`.
///
/// A scalar that is one lone `${…}` becomes the named value, of whatever shape, with that value's place. Inside a longer
/// text the value's text is spliced in. `$${` stands for a literal `${`.
struct Template {
    let parameters: [String: DocumentNode]
    /// Nil where no matrix can be meant.
    private(set) var axes: [String: DocumentNode]?
    private let weights: [String: Int]

    init(parameters: [String: DocumentNode]) {
        self.parameters = parameters
        weights = parameters.mapValues(\.weight)
    }

    /// The same with the values of a matrix cell.
    func with(axes: [String: DocumentNode]) -> Template {
        var copy = self
        copy.axes = axes
        return copy
    }

    /// The node with every reference replaced; what can't be replaced is reported and broken.
    func filled(_ node: DocumentNode, _ collector: inout DiagnosticCollector) -> DocumentNode {
        guard collector.spend(1, at: node.location) else { return DocumentNode(.broken, at: node.location) }
        switch node.content {
        case .broken: return node
        case .scalar(let text, let isPlain):
            if text.utf8.contains(UInt8(ascii: "{")) { reportLackingDollar(in: text, at: node.location, &collector) }
            guard text.utf8.contains(UInt8(ascii: "$")) else { return node }
            return filled(text, isPlain: isPlain, at: node.location, &collector)
        case .sequence(let items):
            var filledItems: [DocumentNode] = []
            for item in items { filledItems.append(filled(item, &collector)) }
            return DocumentNode(.sequence(filledItems), at: node.location)
        case .mapping(let entries):
            var filledEntries: [DocumentNode.Entry] = []
            for entry in entries {
                if entry.key.utf8.contains(UInt8(ascii: "$")), entry.key.contains("${") {
                    collector.report(entry.keyLocation, "found \(quoted(entry.key)) as a key; keys can't contain '${'")
                    continue
                }
                let value = filled(entry.value, &collector)
                filledEntries.append(.init(key: entry.key, keyLocation: entry.keyLocation, value: value))
            }
            return DocumentNode(.mapping(filledEntries), at: node.location)
        }
    }

    /// `{matrix.AXIS}` of an axis that there is, and `{params.NAME}`, would be passed on as they are.
    private func reportLackingDollar(
        in text: String, at location: SourceLocation, _ collector: inout DiagnosticCollector
    ) {
        for match in text.matches(of: #/(\$?)\{((matrix|params)\.([^{}]+))\}/#) where match.1.isEmpty {
            let (name, values) = (String(match.4), match.3 == "matrix" ? axes ?? [:] : parameters)
            guard values[name] != nil else { continue }
            collector.report(
                location,
                "found '{\(match.2)}', which is no reference; write '${\(match.2)}' for its value, or '{ \(match.2) }' for the text itself"
            )
        }
    }

    private func filled(
        _ text: String, isPlain: Bool, at location: SourceLocation, _ collector: inout DiagnosticCollector
    ) -> DocumentNode {
        let broken = DocumentNode(.broken, at: location)
        var result = ""
        var isBroken = false
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    collector.report(
                        location, "found '${' without its '}' in \(quoted(text)); write '$${' for a literal '${'")
                    return broken
                }
                let name = String(rest[rest.index(dollar, offsetBy: 2)..<end])
                rest = rest[rest.index(after: end)...]
                guard let value = value(of: name, at: location, &collector) else {
                    isBroken = true
                    continue
                }
                if dollar == text.startIndex, rest.isEmpty { return value }
                switch value.content {
                case .scalar(let spliced, _): result += spliced
                case .broken: isBroken = true
                case .sequence, .mapping:
                    collector.report(
                        location,
                        "'${\(name)}' is \(value.found), which can't be part of the text \(quoted(text)); it must stand alone"
                    )
                    isBroken = true
                }
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return isBroken ? broken : DocumentNode(.scalar(result + rest, isPlain: isPlain), at: location)
    }

    /// The value that `params.NAME` or `matrix.AXIS` means, or nil once its absence is reported.
    private func value(
        of name: String, at location: SourceLocation, _ collector: inout DiagnosticCollector
    ) -> DocumentNode? {
        if name.hasPrefix("params.") {
            let name = String(name.dropFirst(7))
            if let value = parameters[name] {
                let isAffordable = collector.spend(weights[name] ?? 1, at: location)
                return isAffordable ? value : DocumentNode(.broken, at: location)
            }
        } else if name.hasPrefix("matrix."), let axes {
            if let value = axes[String(name.dropFirst(7))] { return value }
        }
        let valid = parameters.keys.map { "params." + $0 }.sorted() + (axes ?? [:]).keys.map { "matrix." + $0 }.sorted()
        let advice = collector.advice(on: name, valid: valid)
        collector.report(location, "unknown name \(quoted(name)) in '${…}'\(advice) (write '$${' for a literal '${')")
        return nil
    }
}
