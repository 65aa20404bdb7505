extension Manifest {
    /// The member at a path, links followed as far as they lead to one.
    package func member(at path: String) -> (name: String, member: Member)? {
        guard let name = links.resolved(path), let member = members[name] else { return nil }
        return (name, member)
    }
}
