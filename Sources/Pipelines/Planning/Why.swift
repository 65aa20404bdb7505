import Artifacts

/// Why a stage runs: the differences between its key document and an earlier one, field by field.
package enum Why {
    package static let noEarlierExecution = "no earlier execution"
    package static let forced = "--force"

    /// One field of a key document that changed.
    package struct Difference: Hashable, Sendable {
        /// `with.steps`, `in.corpus`, `version`.
        package let field: String
        /// Nil if the field wasn't there.
        package let before: JSONValue?
        /// Nil if the field is gone.
        package let now: JSONValue?
        /// `with.steps: 800 → 1000`
        package let text: String
        /// The stages whose outputs made it change.
        package let stages: [String]
    }

    /// `with.steps: 800 → 1000; in.corpus changed (stage corpus)`.
    package static func line(
        from earlier: JSONValue, to document: JSONValue, inputs: [String: [BoundInput]], atMost limit: Int = 4
    ) -> String {
        line(differences(from: earlier, to: document, inputs: inputs), atMost: limit)
    }

    package static func line(_ differences: [Difference], atMost limit: Int = 4) -> String {
        let all = differences.map(\.text)
        guard !all.isEmpty else { return noEarlierExecution }
        let shown = all.prefix(limit).joined(separator: "; ")
        return all.count > limit ? "\(shown); and \(all.count - limit) more" : shown
    }

    /// One a field: kind and version first, then inputs, parameters and the rest, each sorted by name.
    package static func differences(
        from earlier: JSONValue, to document: JSONValue, inputs: [String: [BoundInput]]
    ) -> [Difference] {
        guard case .object(let old) = earlier, case .object(let new) = document else {
            let text = "the earlier key document can't be read"
            return earlier == document
                ? [] : [Difference(field: "", before: earlier, now: document, text: text, stages: [])]
        }
        var found: [Difference] = []
        if old["kind"] != new["kind"] {
            found.append(changed("kind", old["kind"], new["kind"], "kind \(text(old["kind"])) → \(text(new["kind"]))"))
        } else if old["version"] != new["version"] {
            let versions = "version \(text(old["version"])) → \(text(new["version"]))"
            found.append(changed("version", old["version"], new["version"], "kind \(text(new["kind"])) \(versions)"))
        }
        found += inputDifferences(from: old["in"], to: new["in"], inputs: inputs)
        let handled: Set = ["kind", "version", "in"]
        let rest = Set(old.keys).union(new.keys).subtracting(handled).sorted(by: >)
        // `with` comes first, so that what the pipeline says stands before what the caller's environment says.
        for field in rest {
            found += fieldDifferences(field, from: old[field], to: new[field])
        }
        return found
    }

    private static func changed(
        _ field: String, _ before: JSONValue?, _ now: JSONValue?, _ text: String, stages: [String] = []
    ) -> Difference {
        Difference(field: field, before: before, now: now, text: text, stages: stages)
    }

    private static func inputDifferences(
        from old: JSONValue?, to new: JSONValue?, inputs: [String: [BoundInput]]
    ) -> [Difference] {
        let (old, new) = (members(old), members(new))
        return Set(old.keys).union(new.keys).sorted().compactMap { role in
            guard old[role] != new[role] else { return nil }
            func difference(_ text: String, _ from: [BoundInput] = []) -> Difference {
                let stages = from.filter { $0.origin == .stage }.map(\.label)
                return changed("in.\(role)", old[role], new[role], text, stages: stages)
            }
            guard case .array(let before) = old[role] else {
                return difference("in.\(role) added (\(labels(inputs[role])))", inputs[role] ?? [])
            }
            guard case .array(let after) = new[role] else { return difference("in.\(role) removed") }
            guard before.count == after.count else {
                return difference("in.\(role): \(before.count) inputs → \(after.count) inputs", inputs[role] ?? [])
            }
            if before.sorted(by: { text($0) < text($1) }) == after.sorted(by: { text($0) < text($1) }) {
                return difference("in.\(role): another order of inputs")
            }
            let others = (inputs[role] ?? []).enumerated().filter { before.indices.contains($0.offset) }
                .filter { before[$0.offset] != after[$0.offset] }.map(\.element)
            return difference("in.\(role) changed (\(labels(others)))", others)
        }
    }

    private static func fieldDifferences(_ path: String, from old: JSONValue?, to new: JSONValue?) -> [Difference] {
        guard old != new else { return [] }
        if case .object(let before) = old ?? .object([:]), case .object(let after) = new ?? .object([:]) {
            return Set(before.keys).union(after.keys).sorted().flatMap {
                fieldDifferences("\(path).\($0)", from: before[$0], to: after[$0])
            }
        }
        guard let old else { return [changed(path, nil, new, "\(path) added (\(text(new)))")] }
        guard let new else { return [changed(path, old, nil, "\(path) removed (was \(text(old)))")] }
        return [changed(path, old, new, "\(path): \(text(old)) → \(text(new))")]
    }

    private static func members(_ value: JSONValue?) -> [String: JSONValue] {
        if case .object(let members) = value { members } else { [:] }
    }

    /// `stage corpus, file notes.txt`
    private static func labels(_ inputs: [BoundInput]?) -> String {
        (inputs ?? []).map { "\($0.origin.rawValue) \($0.label)" }.joined(separator: ", ")
    }

    /// A value as a person would write it, cut where it gets long.
    private static func text(_ value: JSONValue?) -> String {
        let full: String
        switch value {
        case nil: full = "none"
        case .string(let word): full = word
        case .some(let other): full = other.canonical
        }
        return full.count <= 60 ? full : "\(full.prefix(40))… (\(full.count) characters)"
    }
}
