/// A value in a template, as Python has it. Lists, tuples and dictionaries don't change once they are made.
indirect enum Value {
    case undefined(String)
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    /// A text that is marked as HTML by `safe` or `escape`: what it is added to is escaped.
    case markup(String)
    case list(Elements)
    case tuple(Elements)
    case dictionary(Dictionary)
    /// `items()`, `keys()` and `values()` of a dictionary.
    case view(String, Elements)
    case range(IntegerRange)
    case lazy(LazySequence)
    case namespace(Namespace)
    case loop(Loop)
    case macro(Macro)
    case function(Function)
}

/// Values in order. Nesting is bounded, so that what recurs over values does so within the stack.
final class Elements {
    let values: [Value]
    let depth: Int

    init(_ values: [Value]) throws(TemplateError) {
        self.values = values
        depth = try Value.depth(over: values)
    }
}

/// A dictionary that keeps its order.
final class Dictionary {
    let pairs: [(key: Value, value: Value)]
    let depth: Int
    private let places: [HashKey: Int]

    init(_ pairs: [(key: Value, value: Value)], _ budget: Budget) throws(TemplateError) {
        var kept: [(key: Value, value: Value)] = []
        var places: [HashKey: Int] = [:]
        for (key, value) in pairs {
            let hash = try HashKey(key, budget)
            // The last value wins, the first key stays.
            if let place = places[hash] {
                kept[place].value = value
            } else {
                places[hash] = kept.count
                kept.append((key, value))
            }
        }
        self.pairs = kept
        self.places = places
        depth = try Value.depth(over: kept.flatMap { [$0.key, $0.value] })
    }

    /// From members whose names differ.
    init(named members: [(String, Value)]) throws(TemplateError) {
        pairs = members.map { (.string($0.0), $0.1) }
        places = .init(
            members.enumerated().map { (HashKey.string(Bytes($0.element.0)), $0.offset) }, uniquingKeysWith: { $1 })
        depth = try Value.depth(over: members.map(\.1))
    }

    func value(_ key: HashKey) -> Value? { places[key].map { pairs[$0].value } }

    subscript(name: String) -> Value? { value(.string(Bytes(name))) }
}

/// A text whose equality is that of its bytes.
struct Bytes: Hashable {
    let text: String
    init(_ text: String) { self.text = text }
    static func == (a: Bytes, b: Bytes) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// A value as a dictionary's key; `1`, `1.0` and `true` are the same.
enum HashKey: Hashable {
    case none
    case number(Double)
    case integer(Int)
    case string(Bytes)
    case tuple([HashKey])
    case undefined

    init(_ value: Value, _ budget: Budget) throws(TemplateError) {
        try budget.charge(1)
        switch value {
        case .none: self = .none
        case .bool(let value): self = .integer(value ? 1 : 0)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = Int(exactly: value).map(HashKey.integer) ?? .number(value)
        case .string(let text), .markup(let text): self = .string(Bytes(text))
        case .tuple(let elements):
            var keys: [HashKey] = []
            for value in elements.values { keys.append(try HashKey(value, budget)) }
            self = .tuple(keys)
        case .undefined: self = .undefined
        default: throw .rendering("unhashable type: '\(value.typeName)'")
        }
    }
}

/// `range(start, stop, step)`.
struct IntegerRange {
    let start: Int
    let stop: Int
    let step: Int

    var count: Int {
        step > 0
            ? (stop > start ? (stop - start - 1) / step + 1 : 0) : (start > stop ? (start - stop - 1) / -step + 1 : 0)
    }

    func value(at index: Int) -> Value { .integer(start + index * step) }
}

/// A sequence whose values are made when they are asked for, once.
final class LazySequence {
    let depth: Int
    private let produce: () throws(TemplateError) -> Value?
    private var isDone = false

    init(over source: Value?, _ produce: @escaping () throws(TemplateError) -> Value?) throws(TemplateError) {
        depth = try Value.depth(over: [source].compactMap { $0 })
        self.produce = produce
    }

    func next() throws(TemplateError) -> Value? {
        if isDone { return nil }
        let value = try produce()
        isDone = value == nil
        return value
    }
}

/// What `namespace()` makes: attributes that can be set.
final class Namespace {
    private(set) var attributes: [(name: String, value: Value)] = []

    subscript(name: String) -> Value? {
        attributes.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    func set(_ name: String, _ value: Value) {
        if let place = attributes.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            attributes[place].value = value
        } else {
            attributes.append((name, value))
        }
    }

    func clear() { attributes = [] }
}

/// A macro with the variables it sees.
final class Macro {
    let definition: MacroDefinition
    let scope: Scope

    init(_ definition: MacroDefinition, _ scope: Scope) {
        self.definition = definition
        self.scope = scope
    }
}

/// A function that isn't written in the template.
final class Function {
    let name: String
    let depth: Int
    let call: (Interpreter, Arguments) throws(TemplateError) -> Value

    init(
        _ name: String, over values: [Value] = [],
        _ call: @escaping (Interpreter, Arguments) throws(TemplateError) -> Value
    ) throws(TemplateError) {
        self.name = name
        self.call = call
        depth = try Value.depth(over: values)
    }
}

extension Value {
    private static let depthLimit = 200

    static func depth(over values: [Value]) throws(TemplateError) -> Int {
        let depth = 1 + (values.map(\.depth).max() ?? 0)
        guard depth <= depthLimit else {
            throw TemplateError(.limit, "a value nested deeper than \(depthLimit) levels")
        }
        return depth
    }

    private var depth: Int {
        switch self {
        case .list(let elements), .tuple(let elements), .view(_, let elements): elements.depth
        case .dictionary(let dictionary): dictionary.depth
        case .lazy(let sequence): sequence.depth
        case .loop(let loop): loop.depth
        case .function(let function): function.depth
        // Namespaces and macros are taken apart at the end of a rendering.
        default: 0
        }
    }

    /// Python's name of the type.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .view(let kind, _): kind
        case .range: "range"
        case .lazy: "generator"
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .macro: "Macro"
        case .function: "function"
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let text), .markup(let text): !text.isEmpty
        case .list(let elements), .tuple(let elements), .view(_, let elements): !elements.values.isEmpty
        case .dictionary(let dictionary): !dictionary.pairs.isEmpty
        case .range(let range): range.count > 0
        case .lazy, .namespace, .macro, .function: true
        case .loop: true
        }
    }

    /// An integer; booleans are integers.
    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    var number: Double? {
        if case .float(let value) = self { value } else { integer.map(Double.init) }
    }

    var string: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// A text without its mark as HTML.
    var unmarked: Value {
        if case .markup(let text) = self { .string(text) } else { self }
    }
}
