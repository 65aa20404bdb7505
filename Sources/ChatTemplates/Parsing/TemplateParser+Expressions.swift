extension TemplateParser {
    /// An expression, or several with commas between them.
    mutating func tuple(
        isConditional: Bool = true, endsBefore end: String? = nil, inParentheses: Bool = false
    ) throws(TemplateError) -> Expression {
        let start = current.offset
        var values: [Expression] = []
        var isTuple = false
        while true {
            if !values.isEmpty { try expect(symbol: ",") }
            if isTupleEnd(end) { break }
            values.append(isConditional ? try expression() : try or())
            guard isSymbol(",") else { break }
            isTuple = true
        }
        if !isTuple, let value = values.first { return value }
        guard isTuple || inParentheses else { throw fail("expected an expression, found \(current.description)") }
        return try Expression(.tuple(values), at: start, over: values)
    }

    func isTupleEnd(_ name: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(")"): true
        case .name(let found): found == name
        default: false
        }
    }

    mutating func expression() throws(TemplateError) -> Expression {
        try nested { (parser) throws(TemplateError) in
            let start = parser.current.offset
            let wasSoft = parser.isSoft
            defer { parser.isSoft = wasSoft }
            // Which filters are unknown isn't known before `if` is seen; Jinja decides after parsing.
            parser.isSoft = wasSoft || parser.hasCondition
            var value = try parser.or()
            while parser.skip(name: "if") {
                let test = try parser.or()
                let otherwise = parser.skip(name: "else") ? try parser.expression() : nil
                value = try Expression(
                    .conditional(test: test, then: value, otherwise: otherwise), at: start,
                    over: [test, value] + [otherwise].compactMap { $0 })
            }
            return value
        }
    }

    /// Whether an `if` follows in the expression that starts here.
    private var hasCondition: Bool {
        var open = 0
        var distance = 0
        while true {
            switch peek(distance).kind {
            case .symbol("("), .symbol("["), .symbol("{"): open += 1
            case .symbol(")"), .symbol("]"), .symbol("}"):
                open -= 1
                if open < 0 { return false }
            case .symbol(","), .symbol(":"): if open == 0 { return false }
            case .name("if"): if open == 0 { return true }
            case .blockEnd, .variableEnd, .end: return false
            default: break
            }
            distance += 1
        }
    }

    mutating func or() throws(TemplateError) -> Expression {
        let start = current.offset
        var left = try and()
        while skip(name: "or") {
            let right = try and()
            left = try Expression(.or(left, right), at: start, over: [left, right])
        }
        return left
    }

    private mutating func and() throws(TemplateError) -> Expression {
        let start = current.offset
        var left = try not()
        while skip(name: "and") {
            let right = try not()
            left = try Expression(.and(left, right), at: start, over: [left, right])
        }
        return left
    }

    private mutating func not() throws(TemplateError) -> Expression {
        let start = current.offset
        var count = 0
        while skip(name: "not") { count += 1 }
        var value = try comparison()
        for _ in 0..<count { value = try Expression(.not(value), at: start, over: [value]) }
        return value
    }

    private mutating func comparison() throws(TemplateError) -> Expression {
        let start = current.offset
        let first = try sum()
        var others: [(symbol: String, operand: Expression)] = []
        while true {
            if case .symbol(let symbol) = current.kind, ["==", "!=", "<", "<=", ">", ">="].contains(symbol) {
                _ = advance()
                others.append((symbol, try sum()))
            } else if skip(name: "in") {
                others.append(("in", try sum()))
            } else if isName("not"), peek().kind == .name("in") {
                _ = advance()
                _ = advance()
                others.append(("not in", try sum()))
            } else {
                break
            }
        }
        if others.isEmpty { return first }
        return try Expression(.compare(first, others), at: start, over: [first] + others.map(\.operand))
    }

    private mutating func sum() throws(TemplateError) -> Expression {
        try binary(["+", "-"]) { (parser) throws(TemplateError) in try parser.concatenation() }
    }

    private mutating func concatenation() throws(TemplateError) -> Expression {
        let start = current.offset
        var parts = [try product()]
        while skip(symbol: "~") { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : try Expression(.concatenation(parts), at: start, over: parts)
    }

    private mutating func product() throws(TemplateError) -> Expression {
        try binary(["*", "/", "//", "%"]) { (parser) throws(TemplateError) in
            try parser.binary(["**"]) { (parser) throws(TemplateError) in try parser.unary(withFilters: true) }
        }
    }

    private mutating func binary(
        _ operators: [String], _ operand: (inout TemplateParser) throws(TemplateError) -> Expression
    ) throws(TemplateError) -> Expression {
        let start = current.offset
        var left = try operand(&self)
        while case .symbol(let symbol) = current.kind, operators.contains(symbol) {
            _ = advance()
            let right = try operand(&self)
            left = try Expression(.binary(symbol, left, right), at: start, over: [left, right])
        }
        return left
    }

    private mutating func unary(withFilters: Bool) throws(TemplateError) -> Expression {
        let start = current.offset
        var value: Expression
        if isSymbol("-") || isSymbol("+") {
            let isNegative = advance().kind == .symbol("-")
            let operand = try nested { (parser) throws(TemplateError) in try parser.unary(withFilters: false) }
            value = try Expression(isNegative ? .negative(operand) : .positive(operand), at: start, over: [operand])
        } else {
            value = try primary()
        }
        value = try postfix(value)
        return withFilters ? try filtersAndTests(value) : value
    }

    private mutating func primary() throws(TemplateError) -> Expression {
        let token = advance()
        let constant: Expression.Constant
        switch token.kind {
        case .name("true"), .name("True"): constant = .bool(true)
        case .name("false"), .name("False"): constant = .bool(false)
        case .name("none"), .name("None"): constant = .none
        case .name(let name):
            if ["caller", "varargs", "kwargs"].contains(name), !specials.isEmpty {
                specials[specials.count - 1].insert(name)
            }
            return try Expression(.name(name), at: token.offset, over: [])
        case .string(let text):
            var text = text
            while case .string(let more) = current.kind {
                text += more
                _ = advance()
            }
            constant = .string(text)
        case .integer(let value): constant = .integer(value)
        case .float(let value): constant = .float(value)
        case .symbol("("):
            let value = try tuple(inParentheses: true)
            try expect(symbol: ")")
            return value
        case .symbol("["):
            let values = try items(until: "]") { (parser) throws(TemplateError) in try parser.expression() }
            return try Expression(.list(values), at: token.offset, over: values)
        case .symbol("{"):
            let pairs = try items(until: "}") { (parser) throws(TemplateError) in
                let key = try parser.expression()
                try parser.expect(symbol: ":")
                return (key: key, value: try parser.expression())
            }
            return try Expression(.dictionary(pairs), at: token.offset, over: pairs.flatMap { [$0.key, $0.value] })
        default: throw fail("unexpected \(token.description)", at: token.offset)
        }
        return try Expression(.constant(constant), at: token.offset, over: [])
    }

    private mutating func items<Item>(
        until end: String, _ parse: (inout TemplateParser) throws(TemplateError) -> Item
    ) throws(TemplateError) -> [Item] {
        var items: [Item] = []
        while !isSymbol(end) {
            if !items.isEmpty { try expect(symbol: ",") }
            if isSymbol(end) { break }
            items.append(try parse(&self))
        }
        try expect(symbol: end)
        return items
    }

    private mutating func postfix(_ value: Expression) throws(TemplateError) -> Expression {
        var value = value
        while true {
            let start = current.offset
            if skip(symbol: ".") {
                let token = advance()
                switch token.kind {
                case .name(let name): value = try Expression(.attribute(value, name), at: start, over: [value])
                case .integer(let index):
                    let index = try Expression(.constant(.integer(index)), at: token.offset, over: [])
                    value = try Expression(.element(value, index), at: start, over: [value])
                default:
                    throw fail("expected a name or a number after '.', found \(token.description)", at: token.offset)
                }
            } else if skip(symbol: "[") {
                value = try subscripted(value, start)
            } else if isSymbol("(") {
                let arguments = try self.arguments()
                value = try Expression(.call(value, arguments), at: value.offset, over: [value] + arguments.all)
            } else {
                return value
            }
        }
    }

    private mutating func subscripted(_ value: Expression, _ start: Int) throws(TemplateError) -> Expression {
        var bounds: [Expression?] = [nil]
        var commas: [Expression] = []
        if !isSymbol(":") { bounds[0] = try expression() }
        if let index = bounds[0], isSymbol("]") || isSymbol(",") {
            commas.append(index)
            while skip(symbol: ",") { commas.append(try expression()) }
            try expect(symbol: "]")
            let index = commas.count == 1 ? index : try Expression(.tuple(commas), at: start, over: commas)
            return try Expression(.element(value, index), at: start, over: [value, index])
        }
        while bounds.count < 3, skip(symbol: ":") {
            bounds.append(isSymbol(":") || isSymbol("]") ? nil : try expression())
        }
        while bounds.count < 3 { bounds.append(nil) }
        try expect(symbol: "]")
        return try Expression(
            .slice(value, from: bounds[0], to: bounds[1], by: bounds[2]), at: start,
            over: [value] + bounds.compactMap { $0 })
    }

    private mutating func filtersAndTests(_ value: Expression) throws(TemplateError) -> Expression {
        var value = value
        while true {
            let start = current.offset
            if isSymbol("|") {
                value = try filters(on: value, isInline: false) ?? value
            } else if skip(name: "is") {
                value = try test(value, start)
            } else if isSymbol("(") {
                let arguments = try self.arguments()
                value = try Expression(.call(value, arguments), at: value.offset, over: [value] + arguments.all)
            } else {
                return value
            }
        }
    }

    /// Filters, each behind its `|`; the first without one if it is `isInline`.
    mutating func filters(on value: Expression?, isInline: Bool) throws(TemplateError) -> Expression? {
        var value = value
        var isInline = isInline
        while isInline || isSymbol("|") {
            if !isInline { _ = advance() }
            isInline = false
            let start = current.offset
            let name = try dottedName()
            guard isSoft || Filters.names.contains(name) else { throw fail("no filter named '\(name)'", at: start) }
            let arguments = isSymbol("(") ? try self.arguments() : Expression.Arguments()
            value = try Expression(
                .filter(value, name: name, arguments), at: start, over: [value].compactMap { $0 } + arguments.all)
        }
        return value
    }

    private mutating func dottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while skip(symbol: ".") { name += "." + (try expectName()) }
        return name
    }

    private mutating func test(_ value: Expression, _ start: Int) throws(TemplateError) -> Expression {
        let isNegated = skip(name: "not")
        let place = current.offset
        let name = try dottedName()
        guard isSoft || TemplateTests.names.contains(name) else { throw fail("no test named '\(name)'", at: place) }
        var arguments = Expression.Arguments()
        if isSymbol("(") {
            arguments = try self.arguments()
        } else if startsArgument {
            if isName("is") { throw fail("tests with 'is' can't be chained") }
            let argument = try primary()
            arguments.positional = [try postfix(argument)]
        }
        let test = try Expression(.test(value, name: name, arguments), at: start, over: [value] + arguments.all)
        return isNegated ? try Expression(.not(test), at: start, over: [test]) : test
    }

    /// Whether a test's argument without parentheses starts here.
    private var startsArgument: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .integer, .float, .symbol("["), .symbol("{"): true
        default: false
        }
    }

    private mutating func arguments() throws(TemplateError) -> Expression.Arguments {
        let start = current.offset
        var arguments = Expression.Arguments()
        let invalid = fail("invalid order of arguments", at: start)
        try expect(symbol: "(")
        var isFirst = true
        while !isSymbol(")") {
            if !isFirst {
                try expect(symbol: ",")
                if isSymbol(")") { break }
            }
            isFirst = false
            if skip(symbol: "*") {
                guard arguments.moreArguments == nil, arguments.moreKeywords == nil else { throw invalid }
                arguments.moreArguments = try expression()
            } else if skip(symbol: "**") {
                guard arguments.moreKeywords == nil else { throw invalid }
                arguments.moreKeywords = try expression()
            } else if case .name(let name) = current.kind, peek().kind == .symbol("=") {
                guard arguments.moreKeywords == nil else { throw invalid }
                _ = advance()
                _ = advance()
                guard !arguments.keywords.contains(where: { $0.name == name }) else {
                    throw fail("duplicate argument '\(name)'")
                }
                arguments.keywords.append((name, try expression()))
            } else {
                guard arguments.moreArguments == nil, arguments.moreKeywords == nil, arguments.keywords.isEmpty else {
                    throw invalid
                }
                arguments.positional.append(try expression())
            }
        }
        try expect(symbol: ")")
        return arguments
    }
}
