/// Renders a parsed template.
final class Interpreter {
    let budget: Budget
    let root: Scope
    private var depth = 0
    private var loopDepth = 0
    private var namespaces: [Namespace] = []
    private var scopes: [Scope] = []
    /// Where each `{% generation %}` begins and ends in the output, in scalars.
    private(set) var generated: [Range<Int>] = []
    private var captures = 0

    /// How a body ended.
    private enum Outcome { case normal, breakLoop, continueLoop }

    init(budget: Budget, root: Scope) {
        self.budget = budget
        self.root = root
        scopes = [root]
    }

    func render(_ statements: [Statement]) throws(TemplateError) -> String {
        var output = ""
        _ = try run(statements, root, &output)
        return output
    }

    /// Takes apart what may refer to itself, or be a chain too long to be released recursively.
    func finish() {
        for namespace in namespaces { namespace.clear() }
        for scope in scopes { scope.clear() }
        namespaces = []
        scopes = []
    }

    func makeNamespace() throws(TemplateError) -> Namespace {
        try budget.charge(16)
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    /// Runs `body` one level deeper.
    func nested<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 1000 else { throw TemplateError(.limit, "calls nested too deeply") }
        return try body()
    }

    /// Runs `body`, and gives an error without a place this one.
    func placed<Result>(_ offset: Int, _ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        do throws(TemplateError) {
            return try body()
        } catch {
            guard error.offset == nil else { throw error }
            var error = error
            error.offset = offset
            throw error
        }
    }

    private func run(
        _ statements: [Statement], _ scope: Scope, _ output: inout String
    ) throws(TemplateError) -> Outcome {
        for statement in statements {
            try budget.charge(1)
            let outcome = try nested { () throws(TemplateError) in
                try placed(statement.offset) { () throws(TemplateError) in
                    try run(statement, scope, &output)
                }
            }
            if outcome != .normal { return outcome }
        }
        return .normal
    }

    private func append(_ text: String, _ output: inout String) throws(TemplateError) {
        try budget.charge(bytes: text.utf8.count)
        output += text
    }

    private func run(_ statement: Statement, _ scope: Scope, _ output: inout String) throws(TemplateError) -> Outcome {
        switch statement.kind {
        case .data(let text): try append(text, &output)
        case .output(let expressions):
            for expression in expressions { try append(try evaluate(expression, scope).text(budget), &output) }
        case .conditional(let branches, let otherwise):
            for (test, body) in branches where try evaluate(test, scope).isTrue { return try run(body, scope, &output) }
            return try run(otherwise, scope, &output)
        case .loop(let loop):
            if loop.isRecursive {
                try append(try recursive(loop, try evaluate(loop.sequence, scope), scope, depth0: 0), &output)
            } else {
                try runLoop(loop, try evaluate(loop.sequence, scope), scope, depth0: 0, &output, recurse: nil)
            }
        case .set(let target, let value): try assign(try evaluate(value, scope), to: target, scope)
        case .setBlock(let target, let filter, let body):
            var value = Value.string(try captured(body, scope).text)
            if let filter { value = try apply(filter, to: value, scope) }
            try assign(value, to: target, scope)
        case .macro(let definition):
            scopes.append(scope)
            scope.set(definition.name, .macro(Macro(definition, scope)))
        case .callBlock(let call, let definition):
            guard case .call(let callee, let arguments) = call.kind else { return .normal }
            scopes.append(scope)
            var evaluated = try self.arguments(arguments, scope)
            evaluated.keywords.append(("caller", .macro(Macro(definition, scope))))
            try append(try self.call(try evaluate(callee, scope), evaluated).text(budget), &output)
        case .filterBlock(let filter, let body):
            let text = try captured(body, Scope(in: scope)).text
            try append(try apply(filter, to: .string(text), scope).text(budget), &output)
        case .with(let pairs, let body):
            let inner = Scope(in: scope)
            for (target, value) in pairs { try assign(try evaluate(value, scope), to: target, inner) }
            return try run(body, inner, &output)
        case .generation(let body):
            let start = output.unicodeScalars.count
            try budget.charge(bytes: output.utf8.count)
            let text = try captured(body, Scope(in: scope)).text
            if captures == 0 { generated.append(start..<start + text.unicodeScalars.count) }
            try append(text, &output)
        case .scope(let body): return try run(body, Scope(in: scope), &output)
        case .autoescape(let value, let body):
            guard try !evaluate(value, scope).isTrue else { throw .unsupported("automatic escaping is not supported") }
            return try run(body, Scope(in: scope), &output)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        case .unsupported(let why): throw .unsupported(why)
        }
        return .normal
    }

    private func captured(
        _ body: [Statement], _ scope: Scope
    ) throws(TemplateError) -> (text: String, outcome: Outcome) {
        captures += 1
        defer { captures -= 1 }
        var text = ""
        let outcome = try run(body, scope, &text)
        return (text, outcome)
    }

    private func runLoop(
        _ statement: Statement.Loop, _ values: Value, _ scope: Scope, depth0: Int, _ output: inout String,
        recurse: ((Value, Int) throws(TemplateError) -> String)?
    ) throws(TemplateError) {
        var passes: ((Value) throws(TemplateError) -> Bool)?
        if let test = statement.test {
            passes = { [unowned self] (value) throws(TemplateError) in
                let inner = Scope(in: scope)
                try self.assign(value, to: statement.target, inner)
                return try self.evaluate(test, inner).isTrue
            }
        }
        let loop = try Loop(over: values, depth0: depth0, budget: budget, passes: passes, recurse: recurse)
        while let value = try loop.next() {
            let inner = Scope(in: scope)
            inner.set("loop", .loop(loop))
            try assign(value, to: statement.target, inner)
            if try run(statement.body, inner, &output) == .breakLoop { break }
        }
        if loop.index0 < 0 { _ = try run(statement.otherwise, Scope(in: scope), &output) }
    }

    private func recursive(
        _ statement: Statement.Loop, _ values: Value, _ scope: Scope, depth0: Int
    ) throws(TemplateError) -> String {
        try nested { () throws(TemplateError) in
            captures += 1
            defer { captures -= 1 }
            var text = ""
            try runLoop(statement, values, scope, depth0: depth0, &text) {
                [unowned self] (values, depth) throws(TemplateError) in
                try self.recursive(statement, values, scope, depth0: depth)
            }
            return text
        }
    }

    func assign(_ value: Value, to target: Statement.Target, _ scope: Scope) throws(TemplateError) {
        switch target {
        case .name(let name): scope.set(name, value)
        case .attribute(let object, let name):
            guard case .namespace(let namespace)? = scope.value(object) else {
                throw .rendering("cannot assign attribute on non-namespace object '\(object)'")
            }
            guard !name.hasPrefix("_") else { throw .rendering("a namespace can't have an attribute '\(name)'") }
            namespace.set(name, value)
        case .tuple(let targets):
            let values = try Iteration.all(value, budget)
            guard values.count == targets.count else {
                throw .rendering("\(targets.count) values to unpack expected, \(values.count) found")
            }
            for (target, value) in zip(targets, values) { try assign(value, to: target, scope) }
        }
    }

    /// Calls a macro: its text.
    func call(_ macro: Macro, _ arguments: Arguments) throws(TemplateError) -> Value {
        let definition = macro.definition
        let scope = Scope(in: macro.scope)
        var keywords = arguments.keywords
        let name = definition.name
        for (index, parameter) in definition.parameters.enumerated() {
            if index < arguments.positional.count {
                scope.set(parameter.name, arguments.positional[index])
            } else if let place = keywords.firstIndex(where: { $0.name == parameter.name }) {
                scope.set(parameter.name, keywords.remove(at: place).value)
            } else if let fallback = parameter.fallback {
                scope.set(parameter.name, try evaluate(fallback, scope))
            } else {
                scope.set(parameter.name, .undefined("parameter '\(parameter.name)' was not provided"))
            }
        }
        let surplus = arguments.positional.dropFirst(definition.parameters.count)
        if definition.specials.contains("varargs") {
            scope.set("varargs", .tuple(try Elements(Array(surplus))))
        } else if !surplus.isEmpty {
            throw .rendering("macro '\(name)' takes not more than \(definition.parameters.count) argument(s)")
        }
        if definition.specials.contains("caller"), !definition.parameters.contains(where: { $0.name == "caller" }) {
            let place = keywords.firstIndex { $0.name == "caller" }
            scope.set("caller", place.map { keywords.remove(at: $0).value } ?? .undefined("No caller defined"))
        }
        if definition.specials.contains("kwargs") {
            scope.set("kwargs", .dictionary(try Dictionary(named: keywords.map { ($0.name, $0.value) })))
        } else if let first = keywords.first {
            throw .rendering("macro '\(name)' takes no keyword argument '\(first.name)'")
        }
        return .string(try nested { () throws(TemplateError) in try captured(definition.body, scope).text })
    }
}
