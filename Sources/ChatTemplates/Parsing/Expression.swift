/// A node of an expression. Its depth is bounded, so that whatever recurs over it does so within the stack.
final class Expression: Sendable {
    enum Kind: Sendable {
        case constant(Constant)
        case name(String)
        case list([Expression])
        case tuple([Expression])
        case dictionary([(key: Expression, value: Expression)])
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
        case or(Expression, Expression)
        case and(Expression, Expression)
        case not(Expression)
        case compare(Expression, [(symbol: String, operand: Expression)])
        case binary(String, Expression, Expression)
        case negative(Expression)
        case positive(Expression)
        case concatenation([Expression])
        case attribute(Expression, String)
        case element(Expression, Expression)
        case slice(Expression, from: Expression?, to: Expression?, by: Expression?)
        case call(Expression, Arguments)
        /// Without an operand it is applied to a captured block.
        case filter(Expression?, name: String, Arguments)
        case test(Expression, name: String, Arguments)
    }

    enum Constant: Sendable {
        case none
        case bool(Bool)
        case integer(Int)
        case float(Double)
        case string(String)
    }

    /// The arguments of a call.
    struct Arguments: Sendable {
        var positional: [Expression] = []
        var keywords: [(name: String, value: Expression)] = []
        var moreArguments: Expression?
        var moreKeywords: Expression?

        var all: [Expression] {
            positional + keywords.map(\.value) + [moreArguments, moreKeywords].compactMap { $0 }
        }
    }

    let kind: Kind
    let offset: Int
    let depth: Int

    init(_ kind: Kind, at offset: Int, over parts: [Expression]) throws(TemplateError) {
        self.kind = kind
        self.offset = offset
        depth = 1 + (parts.map(\.depth).max() ?? 0)
        guard depth <= 200 else { throw TemplateError(.limit, "expression nested too deeply", at: offset) }
    }
}
