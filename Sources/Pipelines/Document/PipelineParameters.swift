/// Reads `params:` and what `--set` puts in its place.
enum PipelineParameters {
    static func read(
        _ node: DocumentNode?, _ overrides: [String: String], _ collector: inout DiagnosticCollector
    ) -> [String: DocumentNode] {
        var parameters: [String: DocumentNode] = [:]
        let entries = node.map { collector.entries(of: $0, "params") } ?? []
        for entry in entries ?? [] {
            if !isName(entry.key) { collector.report(entry.keyLocation, nameRule("params:", entry.key)) }
            parameters[entry.key] = unescaped(entry.value, &collector)
        }
        let valid = parameters.keys.map { "params." + $0 }.sorted()
        for (name, text) in overrides.sorted(by: { $0.key < $1.key }) {
            let location = SourceLocation(file: "--set \(name)", line: 0, column: 0)
            if name.hasPrefix("params."), parameters[String(name.dropFirst(7))] != nil {
                let value = override(text, location, &collector)
                parameters[String(name.dropFirst(7))] = unescaped(value, &collector)
            } else if entries != nil {
                collector.report(location, unknown: "unknown parameter", name, of: "the pipeline", valid: valid)
            }
        }
        return parameters
    }

    /// A flow list, flow mapping or quoted text is read as YAML; anything else is text as it stands.
    private static func override(
        _ text: String, _ location: SourceLocation, _ collector: inout DiagnosticCollector
    ) -> DocumentNode {
        let trimmed = text.drop { $0 == " " }
        guard let first = trimmed.first, "[{\"'".contains(first) else {
            return DocumentNode(.scalar(text, isPlain: true), at: location)
        }
        var trial = DiagnosticCollector()
        let node = YAMLReader.read(text, file: location.file, &trial)
        for diagnostic in trial.diagnostics.diagnostics { collector.report(location, diagnostic.message) }
        return node.map { moved($0, to: location) } ?? DocumentNode(.broken, at: location)
    }

    private static func moved(_ node: DocumentNode, to location: SourceLocation) -> DocumentNode {
        switch node.content {
        case .scalar, .broken: DocumentNode(node.content, at: location)
        case .sequence(let items): DocumentNode(.sequence(items.map { moved($0, to: location) }), at: location)
        case .mapping(let entries):
            DocumentNode(
                .mapping(
                    entries.map { .init(key: $0.key, keyLocation: location, value: moved($0.value, to: location)) }),
                at: location)
        }
    }

    /// Parameters don't refer to one another: `$${` becomes `${`, and a reference is reported.
    private static func unescaped(_ node: DocumentNode, _ collector: inout DiagnosticCollector) -> DocumentNode {
        switch node.content {
        case .broken: return node
        case .scalar(let text, let isPlain):
            let parts = text.split(separator: "$${", omittingEmptySubsequences: false)
            if parts.contains(where: { $0.contains("${") }) {
                collector.report(
                    node.location,
                    "found \(node.found) in params, where '${…}' isn't replaced; write '$${' for a literal '${'")
                return DocumentNode(.broken, at: node.location)
            }
            return DocumentNode(.scalar(parts.joined(separator: "${"), isPlain: isPlain), at: node.location)
        case .sequence(let items):
            var result: [DocumentNode] = []
            for item in items { result.append(unescaped(item, &collector)) }
            return DocumentNode(.sequence(result), at: node.location)
        case .mapping(let entries):
            var result: [DocumentNode.Entry] = []
            for entry in entries {
                let value = unescaped(entry.value, &collector)
                result.append(.init(key: entry.key, keyLocation: entry.keyLocation, value: value))
            }
            return DocumentNode(.mapping(result), at: node.location)
        }
    }
}
