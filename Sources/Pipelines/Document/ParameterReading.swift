import Artifacts
import Foundation

extension ParameterType {
    /// The node's value as this type, or nil once what is wrong is reported.
    ///
    /// - Parameter subject: what the value is, such as `stage 'a': parameter 'steps'`.
    func value(of node: DocumentNode, _ subject: String, _ collector: inout DiagnosticCollector) -> JSONValue? {
        if node.isBroken { return nil }
        func mismatch() -> JSONValue? {
            collector.report(node.location, "\(subject): expected \(expectation), found \(node.found)")
            return nil
        }
        switch (self, node.content) {
        case (.optional(let type), _):
            return node.isNull ? .null : type.value(of: node, subject, &collector)
        case (.either(let types), _):
            return either(types, node, subject, &collector)
        case (.choice(let words), .scalar(let text, _)):
            if words.contains(text) { return .string(text) }
            let advice = collector.advice(on: text, valid: words)
            collector.report(node.location, "\(subject): found \(node.found)\(advice)")
            return nil
        case (_, .scalar(let text, let isPlain)):
            return scalar(text, isPlain: isPlain) ?? mismatch()
        case (.list(let type), .sequence(let items)):
            var values: [JSONValue] = []
            for (index, item) in items.enumerated() {
                if let value = type.value(of: item, "\(subject)[\(index)]", &collector) { values.append(value) }
            }
            return values.count == items.count ? .array(values) : nil
        case (.map(let type), .mapping(let entries)):
            var values: [String: JSONValue] = [:]
            for entry in entries {
                values[entry.key] = type.value(of: entry.value, "\(subject).\(entry.key)", &collector)
            }
            return values.count == entries.count ? .object(values) : nil
        default: return mismatch()
        }
    }

    private func scalar(_ text: String, isPlain: Bool) -> JSONValue? {
        switch self {
        case .int(let range): plainInteger(text).flatMap { range.contains($0) ? .int($0) : nil }
        case .double(let range): plainNumber(text).flatMap { range.contains($0) ? .double($0) : nil }
        case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
        case .string: text.isEmpty && isPlain ? nil : .string(text)
        case .choice, .list, .map, .optional, .either: nil
        }
    }

    /// The first type that fits; if none does, the complaint of the only one with the node's shape, or of all together.
    private func either(
        _ types: [ParameterType], _ node: DocumentNode, _ subject: String, _ collector: inout DiagnosticCollector
    ) -> JSONValue? {
        for type in types {
            var trial = DiagnosticCollector()
            let value = type.value(of: node, subject, &trial)
            if let value, trial.isEmpty { return value }
        }
        let alike = types.filter { $0.hasShape(of: node) }
        if alike.count == 1, let type = alike.first {
            switch node.content {
            case .sequence, .mapping: return type.value(of: node, subject, &collector)
            case .scalar, .broken: break
            }
        }
        collector.report(node.location, "\(subject): expected \(expectation), found \(node.found)")
        return nil
    }

    private func hasShape(of node: DocumentNode) -> Bool {
        switch (self, node.content) {
        case (.list, .sequence), (.map, .mapping): true
        case (.int, .scalar), (.double, .scalar), (.bool, .scalar), (.string, .scalar), (.choice, .scalar): true
        case (.optional(let type), _): type.hasShape(of: node)
        case (.either(let types), _): types.contains { $0.hasShape(of: node) }
        default: false
        }
    }

    /// What a value must be, for messages: `an integer from 1 to 10`.
    var expectation: String {
        switch self {
        case .int(let range):
            "an integer" + limits(range, isLowest: range.lowerBound == .min, isHighest: range.upperBound == .max)
        case .double(let range):
            "a number"
                + limits(
                    range, isLowest: range.lowerBound <= -Double.greatestFiniteMagnitude,
                    isHighest: range.upperBound >= Double.greatestFiniteMagnitude)
        case .bool: "true or false"
        case .string: "a string"
        case .choice(let words): enumeration(of: words.map(quoted))
        case .list(let type): "a list, each item \(type.expectation)"
        case .map(let type): "a mapping, each value \(type.expectation)"
        case .optional(let type): "\(type.expectation) or null"
        case .either(let types): types.map(\.expectation).joined(separator: ", or ")
        }
    }

    private func limits<Bound>(_ range: ClosedRange<Bound>, isLowest: Bool, isHighest: Bool) -> String {
        func text(_ bound: Bound) -> String {
            let text = "\(bound)"
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        return switch (isLowest, isHighest) {
        case (true, true): ""
        case (false, true): " of at least \(text(range.lowerBound))"
        case (true, false): " of at most \(text(range.upperBound))"
        case (false, false): " from \(text(range.lowerBound)) to \(text(range.upperBound))"
        }
    }
}

/// A plain decimal integer: no underscores, no exponent, no leading zeros or plus sign; nil if it doesn't fit 64 bits.
func plainInteger(_ text: String) -> Int? {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard let first = digits.first, digits.allSatisfy({ (48...57).contains($0) }), first != 48 || digits.count == 1
    else { return nil }
    return Int(text)
}

/// A decimal number with an optional fraction and exponent, such as `1`, `-0.5` or `1e-3`; nil unless finite.
func plainNumber(_ text: String) -> Double? {
    let allowed = "0123456789+-.eE".utf8
    guard text.utf8.allSatisfy({ allowed.contains($0) }), let first = text.utf8.first, first != UInt8(ascii: "+"),
        let value = Double(text), value.isFinite
    else { return nil }
    // One spelling for zero in stage keys.
    return value == 0 ? 0 : value
}
