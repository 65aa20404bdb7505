import Artifacts

/// Why a stage runs: the differences between its key document and an earlier one, field by field.
package enum Why {
    package static let noEarlierExecution = "no earlier execution"
    package static let forced = "--force"
    /// How many inputs of a role are named.
    private static let maximumLabels = 8

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
            return earlier == document ? [] : [changed("", nil, nil, "the earlier key document can't be read")]
        }
        var found: [Difference] = []
        if old["kind"] != new["kind"] {
            let kinds = "kind \(text(old["kind"])) → \(text(new["kind"]))"
            found.append(changed("kind", old["kind"], new["kind"], kinds))
        } else if old["version"] != new["version"] {
            let versions = "version \(text(old["version"])) → \(text(new["version"]))"
            found.append(changed("version", old["version"], new["version"], "kind \(text(new["kind"])) \(versions)"))
        }
        found += inputDifferences(from: old["in"], to: new["in"], inputs: inputs)
        found += listDifferences(from: old, to: new)
        let handled: Set = ["kind", "version", "in", "lists", "environment"]
        let rest = Set(old.keys).union(new.keys).subtracting(handled).sorted(by: >)
        // `with` comes first, so that what the pipeline says stands before what the caller's environment says.
        for field in rest {
            found += fieldDifferences(field, from: old[field], to: new[field])
        }
        found += environmentDifferences(from: old["environment"], to: new["environment"])
        if found.isEmpty { found = unnamedDifferences(from: old, to: new) }
        return found
    }

    /// For keys that differ though no field of theirs does: where a name is spelled by other Unicode scalars.
    private static func unnamedDifferences(
        from old: [String: JSONValue], to new: [String: JSONValue]
    ) -> [Difference] {
        let both = [old, new].map { JSONValue.object($0.filter { $0.key != "environment" }).canonical }
        guard !both[0].utf8.elementsEqual(both[1].utf8) else { return [] }
        let difference = TextDifference(from: both[0], to: both[1])
        return [changed("", nil, nil, "\(difference.before) → \(difference.now)")]
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
            func sorted(_ digests: [JSONValue]) -> [String] { digests.map(\.canonical).sorted() }
            if sorted(before) == sorted(after) {
                return difference("in.\(role): another order of inputs")
            }
            let others = (inputs[role] ?? []).enumerated().filter { before.indices.contains($0.offset) }
                .filter { before[$0.offset] != after[$0.offset] }.map(\.element)
            return difference("in.\(role) changed (\(labels(others)))", others)
        }
    }

    /// Of inputs that are the same, whether they are a list, and how its members are called.
    private static func listDifferences(from old: [String: JSONValue], to new: [String: JSONValue]) -> [Difference] {
        let (before, now) = (members(old["lists"]), members(new["lists"]))
        let (inputs, earlier) = (members(new["in"]), members(old["in"]))
        return Set(before.keys).union(now.keys).sorted().compactMap { role in
            guard before[role] != now[role], inputs[role] == earlier[role] else { return nil }
            let text =
                switch (before[role], now[role]) {
                case (nil, _): "in.\(role) is a list now"
                case (_, nil): "in.\(role) is no list any more"
                default: "in.\(role): its members have other names"
                }
            return changed("lists.\(role)", before[role], now[role], text)
        }
    }

    /// One a field; fields of objects each for themselves, elements of lists together.
    private static func fieldDifferences(_ path: String, from old: JSONValue?, to new: JSONValue?) -> [Difference] {
        guard !old.isSame(as: new) else { return [] }
        if case .object(let before) = old ?? .object([:]), case .object(let after) = new ?? .object([:]) {
            return Set(before.keys).union(after.keys).sorted().flatMap {
                fieldDifferences("\(path).\($0)", from: before[$0], to: after[$0])
            }
        }
        return [changed(path, old, new, ValueDifference(path, from: old, to: new).text)]
    }

    /// The names of the variables whose values changed. The values themselves may be secrets: they are shown nowhere, nor are
    /// their digests, by which they could be guessed.
    private static func environmentDifferences(from old: JSONValue?, to new: JSONValue?) -> [Difference] {
        guard !old.isSame(as: new) else { return [] }
        let (before, now) = (members(old), members(new))
        let names = Set(before.keys).union(now.keys).sorted().filter { !before[$0].isSame(as: now[$0]) }
        return names.map { name in
            let what =
                switch (before[name], now[name]) {
                case (nil, _): "added"
                case (_, nil): "removed"
                case (.null, _): "is set now"
                case (_, .null): "isn't set any more"
                default: "changed"
                }
            return changed("environment.\(name)", nil, nil, "environment.\(name) \(what)")
        }
    }

    private static func text(_ value: JSONValue?) -> String { value.map { ValueDifference.text($0) } ?? "none" }

    private static func members(_ value: JSONValue?) -> [String: JSONValue] {
        if case .object(let members) = value { members } else { [:] }
    }

    /// `stage corpus, file notes.txt`
    private static func labels(_ inputs: [BoundInput]?) -> String {
        let all = (inputs ?? []).map { "\($0.origin.rawValue) \($0.label)" }
        let shown = all.prefix(maximumLabels).joined(separator: ", ")
        return all.count > maximumLabels ? "\(shown) and \(all.count - maximumLabels) more" : shown
    }
}
