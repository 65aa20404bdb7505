/// The variables of a template, a loop's turn, a macro's call; what isn't found in one is looked for in the one around it.
final class Scope {
    private var variables: [Bytes: Value] = [:]
    let parent: Scope?

    init(in parent: Scope?) { self.parent = parent }

    func value(_ name: String) -> Value? {
        let key = Bytes(name)
        var scope: Scope? = self
        while let current = scope {
            if let value = current.variables[key] { return value }
            scope = current.parent
        }
        return nil
    }

    func set(_ name: String, _ value: Value) { variables[Bytes(name)] = value }

    func clear() { variables = [:] }
}
