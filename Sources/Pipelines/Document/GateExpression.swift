/// What is wrong with the text of a gate.
struct GateMistake: Error {
    let expectation: String

    /// It is nothing like a gate.
    static let otherwise = GateMistake(
        expectation:
            "expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', or with earlier runs, "
            + "such as '>= baseline - 0.01'")
}

extension Gate {
    /// Reads `>= 0.8`, `>= baseline - 0.01`, `<= median(10) * 1.05`.
    init(metric: String, _ text: String) throws(GateMistake) {
        let text = text.drop { $0 == " " }
        guard let comparison = Comparison.allCases.first(where: { text.hasPrefix($0.rawValue) }) else {
            throw .otherwise
        }
        self.init(
            metric: metric, comparison: comparison, bound: try GateBound(text.dropFirst(comparison.rawValue.count)))
    }
}

extension GateBound {
    /// More runs than anybody keeps; it bounds what is read for one gate.
    static let maximumRuns = 1_000

    /// `NUMBER`, or `[NUMBER *] PAST [* NUMBER] [+ NUMBER | - NUMBER]`.
    fileprivate init(_ text: Substring) throws(GateMistake) {
        if let number = plainNumber(text.trimmed) {
            self = .number(number)
            return
        }
        var rest = text.drop { $0 == " " }
        var factor = 1.0
        if let star = rest.firstIndex(of: "*"), let number = plainNumber(rest[..<star].trimmed) {
            factor = number
            rest = rest[rest.index(after: star)...].drop { $0 == " " }
        }
        let past = try GateBound.past(&rest)
        var offset = 0.0
        rest = rest.drop { $0 == " " }
        if rest.first == "*" {
            guard factor == 1 else { throw GateMistake(expectation: "expected one factor") }
            rest = rest.dropFirst()
            // The sign of the offset, which isn't that of an exponent.
            let end = rest.indices.dropFirst().first { index in
                let before = rest[rest.index(before: index)]
                return (rest[index] == "+" || rest[index] == "-") && before != "e" && before != "E"
                    && !rest[..<index].allSatisfy { $0 == " " }
            }
            factor = try GateBound.number(rest[..<(end ?? rest.endIndex)], after: "*")
            rest = end.map { rest[$0...] } ?? ""
        }
        if let sign = rest.first {
            guard sign == "+" || sign == "-" else {
                throw GateMistake(
                    expectation: "expected '* NUMBER', '+ NUMBER', '- NUMBER' or nothing after '\(past)'")
            }
            offset = try GateBound.number(rest.dropFirst(), after: sign)
            if sign == "-" { offset = -offset }
        }
        self = .history(past, factor: factor, offset: offset == 0 ? 0 : offset)
    }

    private static func number(_ text: Substring, after sign: Character) throws(GateMistake) -> Double {
        guard let number = plainNumber(text.trimmed) else {
            throw GateMistake(expectation: "expected a number after '\(sign)'")
        }
        return number
    }

    /// Takes `baseline` or `median(10)` off the front.
    private static func past(_ rest: inout Substring) throws(GateMistake) -> Past {
        let word = String(rest.prefix { $0.isASCII && $0.isLetter })
        rest = rest.dropFirst(word.count)
        switch word {
        case "baseline": return .baseline
        case "median":
            guard rest.first == "(", let end = rest.firstIndex(of: ")"),
                let count = plainInteger(rest[..<end].dropFirst().trimmed), (1...maximumRuns).contains(count)
            else {
                throw GateMistake(
                    expectation:
                        "expected 'median(N)' with the number of runs, from 1 to \(maximumRuns), such as 'median(10)'")
            }
            rest = rest[rest.index(after: end)...]
            return .median(of: count)
        default:
            guard let near = nearestName(to: word, among: ["baseline", "median"]) else { throw .otherwise }
            throw GateMistake(expectation: "expected '\(near)'")
        }
    }
}

extension Substring {
    /// Without spaces at its ends.
    fileprivate var trimmed: String {
        guard let end = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...end].drop { $0 == " " })
    }
}
