import Foundation

/// A stage as written, before its matrix is expanded and its references are followed.
struct StageDeclaration {
    static let keys = ["uses", "with", "in", "matrix", "expect", "timeout", "retries", "resources", "description"]

    let name: String
    let location: SourceLocation
    let description: String
    /// Nil if `uses` is absent or unknown, which is reported.
    let kind: (any StageKind.Type)?
    /// Nil if what was written isn't a mapping, which is reported.
    let with: [DocumentNode.Entry]?
    let inputs: [DocumentNode.Entry]?
    let expect: DocumentNode?
    /// The name of each axis with its values; empty without a matrix.
    let axes: [MatrixAxis]
    /// True if the matrix has mistakes: its cells are not known.
    let hasBrokenMatrix: Bool
    let limits: StageLimits
}

/// One dimension of a matrix.
struct MatrixAxis {
    let name: String
    let values: [DocumentNode]
}

/// Stage, parameter and axis names: `[A-Za-z0-9][A-Za-z0-9_-]*`.
func isName(_ text: String) -> Bool {
    func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
    guard let first = text.utf8.first, isLetterOrDigit(first) else { return false }
    return text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
}

/// Reads the declarations of a pipeline file.
struct DeclarationReader {
    let registry: StageRegistry
    /// Fills in what stands in a matrix or a `when`.
    let template: Template

    func stage(_ entry: DocumentNode.Entry, _ collector: inout DiagnosticCollector) -> StageDeclaration {
        let name = entry.key
        let subject = "stage \(quoted(name))"
        if !isName(name) { collector.report(entry.keyLocation, nameRule("stage", name)) }
        guard let fields = collector.fields(of: entry.value, subject, valid: StageDeclaration.keys) else {
            return StageDeclaration(
                name: name, location: entry.keyLocation, description: "", kind: nil, with: nil, inputs: nil,
                expect: nil, axes: [], hasBrokenMatrix: true, limits: StageLimits())
        }
        let limits = LimitReading.limits(fields, subject, &collector)
        var matrix = fields["matrix"].map { self.matrix($0, subject, &collector) } ?? (axes: [], isBroken: false)
        if !isShort(name, matrix.axes, at: entry.keyLocation, &collector) { matrix.isBroken = true }
        // Without the names of the axes, nothing that refers to them can be judged.
        let isOpaque = matrix.isBroken && matrix.axes.isEmpty
        return StageDeclaration(
            name: name, location: entry.keyLocation,
            description: fields["description"].flatMap { collector.text(of: $0.value, "\(subject): description") }
                ?? "",
            kind: self.kind(fields["uses"], entry, &collector),
            with: isOpaque ? nil : fields["with"].map { collector.entries(of: $0.value, "\(subject): 'with'") } ?? [],
            inputs: isOpaque ? nil : fields["in"].map { collector.entries(of: $0.value, "\(subject): 'in'") } ?? [],
            expect: isOpaque ? nil : fields["expect"]?.value, axes: matrix.axes, hasBrokenMatrix: matrix.isBroken,
            limits: limits)
    }

    private func kind(
        _ uses: DocumentNode.Entry?, _ stage: DocumentNode.Entry, _ collector: inout DiagnosticCollector
    ) -> (any StageKind.Type)? {
        guard let uses else {
            collector.report(
                stage.keyLocation, "stage \(quoted(stage.key)): expected 'uses:' with the name of a stage kind")
            return nil
        }
        guard let name = collector.text(of: uses.value, "stage \(quoted(stage.key)): 'uses'") else { return nil }
        if let kind = registry[name] { return kind }
        collector.report(
            uses.value.location, unknown: "stage \(quoted(stage.key)): unknown stage kind", name, valid: registry.names)
        return nil
    }
}

/// What a name must look like.
func nameRule(_ subject: String, _ name: String) -> String {
    "\(subject) name \(quoted(name)): expected letters, digits, '_' and '-', a letter or digit first"
}

extension DiagnosticCollector {
    /// The entries of a mapping; nothing at all, or `null`, is an empty one. Nil once something else is reported.
    mutating func entries(of node: DocumentNode, _ subject: String) -> [DocumentNode.Entry]? {
        if case .mapping(let entries) = node.content { return entries }
        if node.isNull { return [] }
        if !node.isBroken { report(node.location, "\(subject): expected a mapping, found \(node.found)") }
        return nil
    }

    /// The entries of a mapping by key; unknown keys are reported.
    mutating func fields(
        of node: DocumentNode, _ subject: String, valid: [String]
    ) -> [String: DocumentNode.Entry]? {
        guard let entries = entries(of: node, subject) else { return nil }
        var fields: [String: DocumentNode.Entry] = [:]
        for entry in entries {
            if valid.contains(entry.key) {
                fields[entry.key] = entry
            } else {
                report(entry.keyLocation, unknown: "\(subject): unknown key", entry.key, valid: valid)
            }
        }
        return fields
    }

    /// The text of a scalar; nil once something else is reported.
    mutating func text(of node: DocumentNode, _ subject: String) -> String? {
        if case .scalar(let text, _) = node.content, !node.isEmpty { return text }
        if !node.isBroken { report(node.location, "\(subject): expected a text, found \(node.found)") }
        return nil
    }
}
