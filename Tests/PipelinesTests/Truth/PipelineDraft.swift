/// A pipeline before it is written as YAML.
struct PipelineDraft {
    /// A value as the pipeline gives it.
    enum Value: Hashable {
        case int(Int)
        case text(String)
        case words([String])
        case null
        /// `${params.NAME}`, alone or after some letters.
        case parameter(String)
        case spliced(String, String)
        /// `${matrix.cell}`
        case cell
    }

    enum Reference: Hashable {
        /// A stage by its number; one cell of its matrix or all; its first output or another.
        case stage(Int, cell: String?, role: String?)
        case file(String)
    }

    struct Stage: Hashable {
        enum Kind: String, CaseIterable { case source, mix, read, environment, names }

        /// Stages refer only to those with smaller numbers.
        let number: Int
        var name: String
        var kind: Kind
        var with: [String: Value] = [:]
        var inputs: [String: [Reference]] = [:]
        /// The values of the one axis of its matrix; empty without a matrix.
        var cells: [String] = []
        var gate: String?
        var timeout: Int?
        var description: String?

        var names: [String] { cells.isEmpty ? [name] : cells.map { "\(name)[cell=\($0)]" } }
    }

    var description = "first"
    var parameters: [String: Value] = ["number": .int(1), "word": .text("w"), "list": .words(["a"])]
    /// In the order of the file.
    var stages: [Stage] = []
    /// Decides about quotes, comments, spacing and flow or block style.
    var style: UInt64 = 0

    func stage(_ number: Int) -> Stage? { stages.first { $0.number == number } }
}

extension PipelineDraft {
    private indirect enum Node {
        /// Text with the quotes that it has to have at least.
        case plain(String)
        case quoted(String)
        case list([Node])
        case map([(String, Node)])
    }

    /// The pipeline as YAML, written in one of many ways.
    var yaml: String {
        var random = RandomSource(seed: style)
        var fields: [(String, Node)] = [
            ("name", .plain("truth")), ("description", .quoted(description)),
            ("params", .map(parameters.sorted { $0.key < $1.key }.map { ($0.key, node($0.value)) })),
        ]
        fields.shuffle(using: &random)
        // The stages come last and are never on one line: that would be all that there is to see of a failure.
        var text = Self.block(.map(fields), indent: 0, &random) + "stages:\n"
        for stage in stages {
            if random.once(in: 4) { text += "\n  # \(stage.name)\n" }
            text += "  \(stage.name):" + Self.value(node(stage, &random), indent: 4, &random)
        }
        return text
    }

    private func node(_ stage: Stage, _ random: inout RandomSource) -> Node {
        var fields: [(String, Node)] = [("uses", .plain("truth.\(stage.kind.rawValue)"))]
        if !stage.with.isEmpty || random.once(in: 3) {
            var with = stage.with.sorted { $0.key < $1.key }.map { ($0.key, node($0.value)) }
            with.shuffle(using: &random)
            fields.append(("with", .map(with)))
        }
        if !stage.inputs.isEmpty {
            var roles = stage.inputs.sorted { $0.key < $1.key }.map { role, references in
                let nodes = references.map(node)
                return (role, nodes.count == 1 && random.once(in: 2) ? nodes[0] : alone(role, nodes))
            }
            roles.shuffle(using: &random)
            fields.append(("in", .map(roles)))
        }
        if !stage.cells.isEmpty { fields.append(("matrix", .map([("cell", .list(stage.cells.map(Node.quoted)))]))) }
        if let gate = stage.gate { fields.append(("expect", .map([("length", .quoted(gate))]))) }
        if let timeout = stage.timeout { fields.append(("timeout", .plain("\(timeout)"))) }
        if let description = stage.description { fields.append(("description", .quoted(description))) }
        fields.shuffle(using: &random)
        return .map(fields)
    }

    /// Roles that take one input don't take a list.
    private func alone(_ role: String, _ nodes: [Node]) -> Node {
        nodes.count == 1 && (role == "file" || role == "base") ? nodes[0] : .list(nodes)
    }

    private func node(_ reference: Reference) -> Node {
        switch reference {
        case .file(let name): return .map([("file", .quoted(name))])
        case .stage(let number, let cell, let role):
            let name = stage(number)?.name ?? "?"
            return .quoted(name + (cell.map { "[cell=\($0)]" } ?? "") + (role.map { "." + $0 } ?? ""))
        }
    }

    private func node(_ value: Value) -> Node {
        switch value {
        case .int(let number): .plain("\(number)")
        case .text(let text): .quoted(text)
        case .words(let words): .list(words.map(Node.quoted))
        case .null: .plain("null")
        case .parameter(let name): .quoted("${params.\(name)}")
        case .spliced(let start, let name): .quoted("\(start)${params.\(name)}")
        case .cell: .quoted("${matrix.cell}")
        }
    }

    private static func block(_ node: Node, indent: Int, _ random: inout RandomSource) -> String {
        let space = String(repeating: " ", count: indent)
        switch node {
        case .plain, .quoted: return flow(node, &random)
        case .list(let items):
            return items.map { "\(space)- \(flow($0, &random))\(comment(&random))\n" }.joined()
        case .map(let fields):
            return fields.map { name, field in
                "\(space)\(name):" + value(field, indent: indent + 2, &random)
            }.joined()
        }
    }

    /// What follows `key:`, on its line or below.
    private static func value(_ node: Node, indent: Int, _ random: inout RandomSource) -> String {
        let isFlow: Bool
        switch node {
        case .plain, .quoted: isFlow = true
        case .list(let items): isFlow = items.isEmpty || random.once(in: 2)
        case .map(let fields): isFlow = fields.isEmpty || random.once(in: 2)
        }
        if isFlow { return " \(flow(node, &random))\(comment(&random))\n" }
        return comment(&random) + "\n" + block(node, indent: indent, &random)
    }

    private static func comment(_ random: inout RandomSource) -> String {
        random.once(in: 6) ? "  # \(random.below(100))" : random.once(in: 20) ? "\n" : ""
    }

    private static func flow(_ node: Node, _ random: inout RandomSource) -> String {
        let space = random.once(in: 3) ? " " : ""
        switch node {
        case .plain(let text): return text
        case .quoted(let text):
            let isSafe = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) } && !text.isEmpty
            if isSafe, random.once(in: 2) { return text }
            return random.once(in: 2) ? "'\(text.replacing("'", with: "''"))'" : "\"\(text)\""
        case .list(let items):
            return "[\(space)" + items.map { flow($0, &random) }.joined(separator: ",\(space) ") + "\(space)]"
        case .map(let fields):
            return "{\(space)" + fields.map { "\($0): \(flow($1, &random))" }.joined(separator: ",\(space) ")
                + "\(space)}"
        }
    }
}
