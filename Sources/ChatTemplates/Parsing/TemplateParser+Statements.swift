extension TemplateParser {
    /// A statement from its name to before its `%}`.
    mutating func statement(at offset: Int) throws(TemplateError) -> Statement {
        let start = current.offset
        tagOffset = offset
        let name = try expectName()
        let kind: Statement.Kind
        switch name {
        case "if": kind = try conditional()
        case "for": kind = .loop(try loop())
        case "set": kind = try set()
        case "macro":
            let name = try expectName()
            let parameters = try signature()
            kind = .macro(try macro(name, parameters, end: "endmacro"))
        case "call": kind = try callBlock()
        case "filter":
            guard let filter = try filters(on: nil, isInline: true) else { throw fail("expected a filter") }
            kind = .filterBlock(filter, body: try block(end: "endfilter", isSoft: false))
        case "with": kind = try with()
        case "generation":
            kind = .generation(try macro("", [], end: "endgeneration").body)
        case "block": kind = try namedBlock()
        case "autoescape":
            let value = try expression()
            kind = .autoescape(value, body: try block(end: "endautoescape", isSoft: false))
        case "print":
            var values = [try expression()]
            while skip(symbol: ",") { values.append(try expression()) }
            kind = .output(values)
        case "break", "continue":
            guard loopDepth > 0 else { throw fail("'\(name)' outside of a loop", at: start) }
            kind = name == "break" ? .breakLoop : .continueLoop
        case "include", "import", "from", "extends":
            while current.kind != .blockEnd, current.kind != .end { _ = advance() }
            kind = .unsupported("'\(name)' needs other templates, and a chat template has none")
        default: throw fail("unknown tag '\(name)'", at: start)
        }
        return Statement(kind: kind, offset: offset)
    }

    /// A body behind its opening tag's `%}`, and its closing tag's name.
    private mutating func block(end: String, isSoft soft: Bool) throws(TemplateError) -> [Statement] {
        let body = try openedBody(until: [end], isSoft: soft)
        _ = advance()
        return body
    }

    private mutating func openedBody(until closing: [String], isSoft soft: Bool) throws(TemplateError) -> [Statement] {
        _ = skip(symbol: ":")
        try expectBlockEnd()
        let wasSoft = isSoft
        isSoft = soft
        defer { isSoft = wasSoft }
        return try body(until: closing)
    }

    private mutating func conditional() throws(TemplateError) -> Statement.Kind {
        let wasSoft = isSoft
        defer { isSoft = wasSoft }
        isSoft = true
        var branches: [(test: Expression, body: [Statement])] = []
        var otherwise: [Statement] = []
        repeat {
            let test = try tuple(isConditional: false)
            branches.append((test, try openedBody(until: ["elif", "else", "endif"], isSoft: true)))
        } while skip(name: "elif")
        if skip(name: "else") { otherwise = try openedBody(until: ["endif"], isSoft: true) }
        try expect(name: "endif")
        return .conditional(branches, otherwise: otherwise)
    }

    private mutating func loop() throws(TemplateError) -> Statement.Loop {
        let target = try self.target(endsBefore: "in", allowsAttributes: false)
        try expect(name: "in")
        let sequence = try tuple(isConditional: false, endsBefore: "recursive")
        let test = skip(name: "if") ? try expression() : nil
        let isRecursive = skip(name: "recursive")
        loopDepth += 1
        let body = try openedBody(until: ["endfor", "else"], isSoft: false)
        loopDepth -= 1
        let otherwise = skip(name: "else") ? try openedBody(until: ["endfor"], isSoft: false) : []
        try expect(name: "endfor")
        return Statement.Loop(
            target: target, sequence: sequence, test: test, isRecursive: isRecursive, body: body, otherwise: otherwise)
    }

    private mutating func set() throws(TemplateError) -> Statement.Kind {
        let target = try self.target(endsBefore: nil, allowsAttributes: true)
        if skip(symbol: "=") { return .set(target, try tuple()) }
        let filter = try filters(on: nil, isInline: false)
        return .setBlock(target, filter: filter, body: try block(end: "endset", isSoft: false))
    }

    private mutating func with() throws(TemplateError) -> Statement.Kind {
        var pairs: [(target: Statement.Target, value: Expression)] = []
        while current.kind != .blockEnd {
            if !pairs.isEmpty { try expect(symbol: ",") }
            let target = try self.target(endsBefore: nil, allowsAttributes: false)
            try expect(symbol: "=")
            pairs.append((target, try expression()))
        }
        return .with(pairs, body: try block(end: "endwith", isSoft: false))
    }

    private mutating func namedBlock() throws(TemplateError) -> Statement.Kind {
        let name = try expectName()
        _ = skip(name: "scoped")
        _ = skip(name: "required")
        let body = try block(end: "endblock", isSoft: false)
        _ = skip(name: name)
        return .scope(body)
    }

    private mutating func callBlock() throws(TemplateError) -> Statement.Kind {
        let parameters = isSymbol("(") ? try signature() : []
        let start = current.offset
        let call = try expression()
        guard case .call = call.kind else { throw fail("expected a call", at: start) }
        return .callBlock(call, try macro("", parameters, end: "endcall"))
    }

    private mutating func signature() throws(TemplateError) -> [(name: String, fallback: Expression?)] {
        try expect(symbol: "(")
        var parameters: [(name: String, fallback: Expression?)] = []
        while !isSymbol(")") {
            if !parameters.isEmpty { try expect(symbol: ",") }
            let name = try expectName()
            guard !parameters.contains(where: { $0.name == name }) else { throw fail("duplicate parameter '\(name)'") }
            if skip(symbol: "=") {
                parameters.append((name, try expression()))
            } else {
                guard parameters.last?.fallback == nil else {
                    throw fail("a parameter without a default follows one with a default")
                }
                parameters.append((name, nil))
            }
        }
        try expect(symbol: ")")
        return parameters
    }

    private mutating func macro(
        _ name: String, _ parameters: [(name: String, fallback: Expression?)], end: String
    ) throws(TemplateError) -> MacroDefinition {
        let outerLoops = loopDepth
        loopDepth = 0
        specials.append([])
        let body = try block(end: end, isSoft: false)
        loopDepth = outerLoops
        let used = specials.removeLast()
        return MacroDefinition(name: name, parameters: parameters, body: body, specials: used)
    }

    private mutating func target(
        endsBefore end: String?, allowsAttributes: Bool
    ) throws(TemplateError) -> Statement.Target {
        let start = current.offset
        var targets: [Statement.Target] = []
        var isTuple = false
        while true {
            if !targets.isEmpty { try expect(symbol: ",") }
            if isTupleEnd(end) { break }
            targets.append(try singleTarget(allowsAttributes: allowsAttributes))
            guard isSymbol(",") else { break }
            isTuple = true
        }
        guard let first = targets.first else { throw fail("expected a name, found \(current.description)", at: start) }
        return isTuple ? .tuple(targets) : first
    }

    private mutating func singleTarget(allowsAttributes: Bool) throws(TemplateError) -> Statement.Target {
        if skip(symbol: "(") {
            let inner = try nested { (parser) throws(TemplateError) in
                try parser.target(endsBefore: nil, allowsAttributes: allowsAttributes)
            }
            try expect(symbol: ")")
            return inner
        }
        let start = current.offset
        let name = try expectName()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
            throw fail("can't assign to '\(name)'", at: start)
        }
        if allowsAttributes, skip(symbol: ".") { return .attribute(of: name, try expectName()) }
        if name == "loop", !allowsAttributes { throw fail("can't assign to the special variable 'loop'", at: start) }
        return .name(name)
    }
}
