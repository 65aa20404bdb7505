/// `value.name` and `value[key]`, as Jinja's sandbox has them.
enum Attributes {
    /// The attribute first, then the element of this name.
    static func attribute(_ name: String, of value: Value, _ interpreter: Interpreter) throws(TemplateError) -> Value {
        if case .undefined(let why) = value { throw .rendering(why) }
        if name.hasPrefix("__"), name.hasSuffix("__") {
            return .undefined("access to attribute '\(name)' of '\(value.typeName)' object is unsafe")
        }
        if let found = try own(name, value, interpreter) { return found }
        if case .dictionary(let dictionary) = value, let member = dictionary[name] { return member }
        return .undefined("'\(value.typeName) object' has no attribute '\(name)'")
    }

    /// The element first, then the attribute of this name.
    static func element(_ key: Value, of value: Value, _ interpreter: Interpreter) throws(TemplateError) -> Value {
        if case .undefined(let why) = value { throw .rendering(why) }
        switch value {
        case .dictionary(let dictionary):
            // An unhashable key is no element.
            if let hash = try? HashKey(key, interpreter.budget), let member = dictionary.value(hash) { return member }
        case .list(let elements), .tuple(let elements):
            if let index = key.integer {
                let count = elements.values.count
                let place = index < 0 ? index + count : index
                if place >= 0, place < count { return elements.values[place] }
            }
        case .range(let range):
            if let index = key.integer {
                let place = index < 0 ? index + range.count : index
                if place >= 0, place < range.count { return range.value(at: place) }
            }
        case .markup:
            if key.integer != nil { throw .unsupported("elements of a text marked as HTML are not supported") }
        case .string(let text):
            if let index = key.integer {
                try interpreter.budget.charge(bytes: text.utf8.count)
                let scalars = text.unicodeScalars
                let place = index < 0 ? index + scalars.count : index
                if place >= 0, place < scalars.count {
                    return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: place)]))
                }
            }
        default: break
        }
        if let name = key.string, !(name.hasPrefix("__") && name.hasSuffix("__")),
            let found = try own(name, value, interpreter)
        {
            return found
        }
        let name = key.string.map(Value.quoted) ?? (try? key.representation(interpreter.budget)) ?? ""
        return .undefined("'\(value.typeName) object' has no element \(name)")
    }

    /// What `getattr` finds.
    private static func own(_ name: String, _ value: Value, _ interpreter: Interpreter) throws(TemplateError) -> Value?
    {
        switch value {
        case .namespace(let namespace): return namespace[name]
        case .loop(let loop): return try attribute(name, of: loop)
        case .string(let text): return try method(name, value, StringMethods.named(name, text))
        case .markup(let text):
            guard StringMethods.named(name, text) != nil else { return nil }
            throw .unsupported("the method '\(name)' of a text marked as HTML is not supported")
        case .dictionary(let dictionary):
            return try method(name, value, DictionaryMethods.named(name, dictionary))
        case .list(let elements), .tuple(let elements):
            return try method(name, value, SequenceMethods.named(name, elements, value))
        case .macro(let macro):
            switch name {
            case "name": return .string(macro.definition.name)
            case "arguments":
                return .tuple(try Elements(macro.definition.parameters.map { .string($0.name) }))
            default: return nil
            }
        case .function(let function):
            guard function.name == "dict", name == "fromkeys" else { return nil }
            return .function(try DictionaryMethods.fromKeys())
        case .integer, .float, .bool:
            guard numberAttributes.contains(name) else { return nil }
            throw .unsupported("the attribute '\(name)' of \(value.typeName) is not supported")
        default: return nil
        }
    }

    private static let numberAttributes: Set<String> = [
        "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "fromhex", "hex",
        "imag",
        "is_integer", "numerator", "real", "to_bytes",
    ]

    private static func method(_ name: String, _ value: Value, _ function: Method?) throws(TemplateError) -> Value? {
        guard let function else { return nil }
        switch function {
        case .supported(let call): return .function(try Function("\(value.typeName).\(name)", over: [value], call))
        case .unsupported:
            return .function(
                try Function(name, over: [value]) { (_, _) throws(TemplateError) in
                    throw .unsupported("the method '\(name)' of \(value.typeName) is not supported")
                })
        case .unsafe: return .undefined("access to attribute '\(name)' of '\(value.typeName)' object is unsafe")
        }
    }

    private static func attribute(_ name: String, of loop: Loop) throws(TemplateError) -> Value? {
        switch name {
        case "index": return .integer(loop.index0 + 1)
        case "index0": return .integer(loop.index0)
        case "first": return .bool(loop.index0 == 0)
        case "last": return .bool(try loop.following() == nil)
        case "length": return .integer(try loop.count())
        case "revindex": return .integer(try loop.count() - loop.index0)
        case "revindex0": return .integer(try loop.count() - loop.index0 - 1)
        case "depth": return .integer(loop.depth0 + 1)
        case "depth0": return .integer(loop.depth0)
        case "previtem": return loop.previous ?? .undefined("there is no previous item")
        case "nextitem": return try loop.following() ?? .undefined("there is no next item")
        case "cycle":
            return .function(
                try Function("loop.cycle") { (_, arguments) throws(TemplateError) in
                    guard !arguments.positional.isEmpty else { throw .rendering("no items for cycling given") }
                    return arguments.positional[loop.index0 % arguments.positional.count]
                })
        case "changed":
            return .function(
                try Function("loop.changed") { (_, arguments) throws(TemplateError) in
                    .bool(try loop.changed(arguments.positional))
                })
        default: return nil
        }
    }
}

/// What a method's name stands for.
enum Method {
    case supported((Interpreter, Arguments) throws(TemplateError) -> Value)
    case unsupported
    /// Changes the value, which a template may not.
    case unsafe
}
