/// The arguments of a call, evaluated.
struct Arguments {
    var positional: [Value] = []
    var keywords: [(name: String, value: Value)] = []

    /// The values of a function's parameters by position; nil for those that weren't given.
    ///
    /// - Parameter required: How many of them must be given.
    func bound(_ function: String, _ parameters: [String], required: Int = 0) throws(TemplateError) -> [Value?] {
        guard positional.count <= parameters.count else {
            throw .rendering(
                "\(function)() takes at most \(parameters.count) arguments, \(positional.count) were given")
        }
        var values: [Value?] = positional + [Value?](repeating: nil, count: parameters.count - positional.count)
        for (name, value) in keywords {
            guard let place = parameters.firstIndex(of: name) else {
                throw .rendering("\(function)() has no parameter '\(name)'")
            }
            guard values[place] == nil else { throw .rendering("\(function)() got two values for '\(name)'") }
            values[place] = value
        }
        for place in 0..<required where values[place] == nil {
            throw .rendering("\(function)() needs a value for '\(parameters[place])'")
        }
        return values
    }

    /// The value of an integer parameter.
    static func integer(_ value: Value?, _ fallback: Int, _ function: String) throws(TemplateError) -> Int {
        guard let value else { return fallback }
        guard let integer = value.integer else {
            if case .undefined(let why) = value { throw .rendering(why) }
            throw .rendering("\(function)() needs an integer, not \(value.typeName)")
        }
        return integer
    }

    static func string(_ value: Value?, _ function: String) throws(TemplateError) -> String {
        guard let text = value?.string else {
            if case .undefined(let why)? = value { throw .rendering(why) }
            throw .rendering("\(function)() needs a string, not \(value?.typeName ?? "nothing")")
        }
        return text
    }
}
