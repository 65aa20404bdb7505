extension Interpreter {
    func evaluate(_ expression: Expression, _ scope: Scope) throws(TemplateError) -> Value {
        try budget.charge(1)
        return try nested { () throws(TemplateError) in
            try placed(expression.offset) { () throws(TemplateError) in
                try value(of: expression, scope)
            }
        }
    }

    private func value(of expression: Expression, _ scope: Scope) throws(TemplateError) -> Value {
        switch expression.kind {
        case .constant(.none): return .none
        case .constant(.bool(let value)): return .bool(value)
        case .constant(.integer(let value)): return .integer(value)
        case .constant(.float(let value)): return .float(value)
        case .constant(.string(let text)): return .string(text)
        case .name(let name): return scope.value(name) ?? .undefined("'\(name)' is undefined")
        case .list(let items): return .list(try Elements(try values(items, scope)))
        case .tuple(let items): return .tuple(try Elements(try values(items, scope)))
        case .dictionary(let pairs):
            var evaluated: [(key: Value, value: Value)] = []
            for (key, value) in pairs { evaluated.append((try evaluate(key, scope), try evaluate(value, scope))) }
            return .dictionary(try Dictionary(evaluated, budget))
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test, scope).isTrue { return try evaluate(then, scope) }
            guard let otherwise else {
                return .undefined("the inline if-expression evaluated to false and no else section was defined")
            }
            return try evaluate(otherwise, scope)
        case .or(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? value : try evaluate(right, scope)
        case .and(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? try evaluate(right, scope) : value
        case .not(let operand): return .bool(!(try evaluate(operand, scope).isTrue))
        case .compare(let first, let others):
            var left = try evaluate(first, scope)
            for (symbol, operand) in others {
                let right = try evaluate(operand, scope)
                guard try compare(left, symbol, right) else { return .bool(false) }
                left = right
            }
            return .bool(true)
        case .binary(let symbol, let left, let right):
            return try Arithmetic.apply(symbol, try evaluate(left, scope), try evaluate(right, scope), self)
        case .negative(let operand): return try Arithmetic.negative(try evaluate(operand, scope))
        case .positive(let operand):
            let value = try evaluate(operand, scope)
            if case .bool(let flag) = value { return .integer(flag ? 1 : 0) }
            guard value.number != nil else { throw Arithmetic.failure("unary +", value, nil) }
            return value
        case .concatenation(let parts):
            var text = ""
            for part in parts { text += try evaluate(part, scope).text(budget) }
            try budget.charge(bytes: text.utf8.count)
            return .string(text)
        case .attribute(let object, let name):
            return try Attributes.attribute(name, of: try evaluate(object, scope), self)
        case .element(let object, let key):
            return try Attributes.element(try evaluate(key, scope), of: try evaluate(object, scope), self)
        case .slice(let object, let from, let to, let by):
            var bounds: [Value] = []
            let object = try evaluate(object, scope)
            for bound in [from, to, by] {
                bounds.append(try bound.map { (b) throws(TemplateError) in try evaluate(b, scope) } ?? .none)
            }
            return try Slicing.slice(object, bounds[0], bounds[1], bounds[2], budget)
        case .call(let callee, let arguments):
            let function = try evaluate(callee, scope)
            return try call(function, try self.arguments(arguments, scope))
        case .filter(let operand, let name, let arguments):
            guard let operand else { throw .rendering("a filter without a value") }
            return try Filters.apply(name, to: try evaluate(operand, scope), try self.arguments(arguments, scope), self)
        case .test(let operand, let name, let arguments):
            let value = try evaluate(operand, scope)
            return .bool(try TemplateTests.holds(name, value, try self.arguments(arguments, scope), self))
        }
    }

    private func values(_ expressions: [Expression], _ scope: Scope) throws(TemplateError) -> [Value] {
        var values: [Value] = []
        for expression in expressions { values.append(try evaluate(expression, scope)) }
        return values
    }

    func compare(_ left: Value, _ symbol: String, _ right: Value) throws(TemplateError) -> Bool {
        switch symbol {
        case "==": try Value.equal(left, right, budget)
        case "!=": try !Value.equal(left, right, budget)
        case "in": try right.contains(left, budget)
        case "not in": try !right.contains(left, budget)
        case "<": try Value.less(left, right, budget, symbol)
        case ">": try Value.less(right, left, budget, symbol)
        // Not the negation of the opposite: NaN is neither.
        case "<=": try Value.less(left, right, budget, symbol) ? true : try Value.equal(left, right, budget)
        default: try Value.less(right, left, budget, symbol) ? true : try Value.equal(left, right, budget)
        }
    }

    func arguments(_ arguments: Expression.Arguments, _ scope: Scope) throws(TemplateError) -> Arguments {
        var result = Arguments()
        result.positional = try values(arguments.positional, scope)
        for (name, value) in arguments.keywords { result.keywords.append((name, try evaluate(value, scope))) }
        if let more = arguments.moreArguments {
            result.positional += try Iteration.all(try evaluate(more, scope), budget)
        }
        if let more = arguments.moreKeywords {
            guard case .dictionary(let dictionary) = try evaluate(more, scope) else {
                throw .rendering("what follows ** must be a mapping")
            }
            for (key, value) in dictionary.pairs {
                guard let name = key.string else { throw .rendering("keywords must be strings") }
                guard !result.keywords.contains(where: { $0.name == name }) else {
                    throw .rendering("got multiple values for keyword argument '\(name)'")
                }
                result.keywords.append((name, value))
            }
        }
        return result
    }

    func call(_ callee: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch callee {
        case .macro(let macro): return try call(macro, arguments)
        case .function(let function):
            return try nested { () throws(TemplateError) in try function.call(self, arguments) }
        case .loop(let loop):
            guard let recurse = loop.recurse else {
                throw .rendering("the loop must have the 'recursive' marker to be called recursively")
            }
            let values = try arguments.bound("loop", ["iterable"], required: 1)
            return .string(try recurse(values[0] ?? .none, loop.depth0 + 1))
        case .undefined(let why): throw .rendering(why)
        default: throw .rendering("'\(callee.typeName)' object is not callable")
        }
    }

    /// Applies the filters of `{% filter … %}` or `{% set x | … %}` to a captured text.
    func apply(_ filter: Expression, to value: Value, _ scope: Scope) throws(TemplateError) -> Value {
        guard case .filter(let inner, let name, let arguments) = filter.kind else { return value }
        let operand = try inner.map { (f) throws(TemplateError) in try apply(f, to: value, scope) } ?? value
        return try placed(filter.offset) { () throws(TemplateError) in
            try Filters.apply(name, to: operand, try self.arguments(arguments, scope), self)
        }
    }
}
