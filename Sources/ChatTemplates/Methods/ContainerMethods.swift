/// The methods of `dict`.
enum DictionaryMethods {
    static func named(_ name: String, _ dictionary: Dictionary) -> Method? {
        switch name {
        case "get":
            return .supported { (interpreter, arguments) throws(TemplateError) in
                guard arguments.keywords.isEmpty else { throw .rendering("dict.get() takes no keyword arguments") }
                let values = try arguments.bound("get", ["key", "default"], required: 1)
                return dictionary.value(try HashKey(values[0] ?? .none, interpreter.budget)) ?? values[1] ?? .none
            }
        case "items":
            return view("dict_items", dictionary) { (pair) throws(TemplateError) in
                .tuple(try Elements([pair.key, pair.value]))
            }
        case "keys": return view("dict_keys", dictionary) { (pair) throws(TemplateError) in pair.key }
        case "values": return view("dict_values", dictionary) { (pair) throws(TemplateError) in pair.value }
        case "copy":
            return .supported { (_, arguments) throws(TemplateError) in
                _ = try arguments.bound("copy", [])
                return .dictionary(dictionary)
            }
        case "pop", "popitem", "update", "clear", "setdefault": return .unsafe
        case "fromkeys": return .unsupported
        default: return nil
        }
    }

    private static func view(
        _ kind: String, _ dictionary: Dictionary,
        _ convert: @escaping ((key: Value, value: Value)) throws(TemplateError) -> Value
    ) -> Method {
        .supported { (interpreter, arguments) throws(TemplateError) in
            _ = try arguments.bound(kind, [])
            try interpreter.budget.charge(2 * dictionary.pairs.count)
            var values: [Value] = []
            for pair in dictionary.pairs { values.append(try convert(pair)) }
            return .view(kind, try Elements(values))
        }
    }

    /// `dict.fromkeys`.
    static func fromKeys() throws(TemplateError) -> Function {
        try Function("dict.fromkeys") { (interpreter, arguments) throws(TemplateError) in
            let values = try arguments.bound("fromkeys", ["iterable", "value"], required: 1)
            let keys = try Iteration.all(values[0] ?? .none, interpreter.budget)
            return .dictionary(try Dictionary(keys.map { ($0, values[1] ?? .none) }, interpreter.budget))
        }
    }
}

/// The methods of `list` and `tuple`.
enum SequenceMethods {
    static func named(_ name: String, _ elements: Elements, _ value: Value) -> Method? {
        let isList = if case .list = value { true } else { false }
        switch name {
        case "count":
            return .supported { (interpreter, arguments) throws(TemplateError) in
                let wanted = try arguments.bound("count", ["value"], required: 1)[0] ?? .none
                var count = 0
                for element in elements.values where try Value.equal(element, wanted, interpreter.budget) { count += 1 }
                return .integer(count)
            }
        case "index":
            return .supported { (interpreter, arguments) throws(TemplateError) in
                let values = try arguments.bound("index", ["value", "start", "stop"], required: 1)
                guard values[1] == nil, values[2] == nil else {
                    throw .unsupported("index() with a start is not supported")
                }
                for (index, element) in elements.values.enumerated()
                where try Value.equal(element, values[0] ?? .none, interpreter.budget) {
                    return .integer(index)
                }
                throw .rendering("the value is not in the \(value.typeName)")
            }
        case "copy" where isList:
            return .supported { (_, arguments) throws(TemplateError) in
                _ = try arguments.bound("copy", [])
                return value
            }
        case "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort": return isList ? .unsafe : nil
        default: return nil
        }
    }
}
