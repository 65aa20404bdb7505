import Artifacts

/// How one folder differs from another.
enum FolderChanges {
    /// `with a.csv changed, b.csv added and 3 more changes`; nil unless both are folders that differ.
    static func text(from old: Manifest?, to new: Manifest?, atMost limit: Int = 3) -> String? {
        guard let old, let new, old.type == .folder, new.type == .folder else { return nil }
        let names = Set(old.members.keys).union(new.members.keys).filter { old.members[$0] != new.members[$0] }.sorted()
        guard !names.isEmpty else { return nil }
        let shown = names.prefix(limit).map { name in
            let change = old.members[name] == nil ? "added" : new.members[name] == nil ? "removed" : "changed"
            return "\(name) \(change)"
        }
        let rest = names.count - shown.count
        let more = rest > 0 ? " and \(rest) more change\(rest == 1 ? "" : "s")" : ""
        return "with \(shown.joined(separator: ", "))\(more)"
    }
}

extension Planner {
    /// The inputs, where a folder differs from that of an earlier execution with what differs in it.
    func named(_ inputs: [String: [BoundInput]], since document: JSONValue) -> [String: [BoundInput]] {
        let earlier = document.members?["in"]?.members ?? [:]
        return Dictionary(
            uniqueKeysWithValues: inputs.map { role, inputs in
                guard case .array(let old)? = earlier[role] else { return (role, inputs) }
                let named = zip(inputs, old).map { input, old -> BoundInput in
                    guard input.origin == .folder || input.origin == .glob,
                        let old = old.text.flatMap(Digest.init(hex:)),
                        old != input.digest,
                        let text = FolderChanges.text(from: cache.manifest(old), to: cache.manifest(input.digest))
                    else { return input }
                    return BoundInput(digest: input.digest, origin: input.origin, label: "\(input.label) \(text)")
                }
                return (role, named + inputs.dropFirst(named.count))
            })
    }
}
