/// A node of a template's body.
struct Statement: Sendable {
    indirect enum Kind: Sendable {
        case data(String)
        case output([Expression])
        case conditional([(test: Expression, body: [Statement])], otherwise: [Statement])
        case loop(Loop)
        case set(Target, Expression)
        case setBlock(Target, filter: Expression?, body: [Statement])
        case macro(MacroDefinition)
        case callBlock(Expression, MacroDefinition)
        case filterBlock(Expression, body: [Statement])
        case with([(target: Target, value: Expression)], body: [Statement])
        /// `{% generation %}`: what the assistant said.
        case generation([Statement])
        /// A body with variables of its own: `{% block %}`.
        case scope([Statement])
        case autoescape(Expression, body: [Statement])
        case breakLoop
        case continueLoop
        /// Needs other templates.
        case unsupported(String)
    }

    let kind: Kind
    let offset: Int

    struct Loop: Sendable {
        let target: Target
        let sequence: Expression
        let test: Expression?
        let isRecursive: Bool
        let body: [Statement]
        let otherwise: [Statement]
    }

    /// What is assigned to.
    indirect enum Target: Sendable {
        case name(String)
        case attribute(of: String, String)
        case tuple([Target])
    }
}

/// A macro, or the body of a call block.
final class MacroDefinition: Sendable {
    let name: String
    let parameters: [(name: String, fallback: Expression?)]
    let body: [Statement]
    /// Which of `caller`, `varargs` and `kwargs` its body uses.
    let specials: Set<String>

    init(name: String, parameters: [(name: String, fallback: Expression?)], body: [Statement], specials: Set<String>) {
        self.name = name
        self.parameters = parameters
        self.body = body
        self.specials = specials
    }
}
