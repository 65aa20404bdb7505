import Foundation

extension RunFilter {
    /// Reads a condition.
    ///
    /// - Parameter now: what times such as `-7d` count from, in seconds since 1970.
    package init(_ text: String, now: Double) throws(RunFilterProblem) {
        var parser = RunFilterParser(places: try RunFilterLexer.tokens(of: text), now: now)
        self = try parser.condition()
        guard parser.current.token == .end else {
            throw parser.problem("expected 'and', 'or' or the end, found \(parser.found)")
        }
    }
}

private struct RunFilterParser {
    private static let depthLimit = 20
    private static let comparisonLimit = 200

    private let places: [RunFilterLexer.Place]
    private let now: Double
    private var position = 0
    private var depth = 0
    private var comparisons = 0

    init(places: [RunFilterLexer.Place], now: Double) {
        self.places = places
        self.now = now
    }

    var current: RunFilterLexer.Place { places[position] }

    var found: String { current.token == .end ? "the end" : "'\(current.text)'" }

    func problem(_ message: String) -> RunFilterProblem {
        RunFilterProblem(column: current.column, message: message)
    }

    private mutating func take(_ token: RunFilterLexer.Token) -> Bool {
        guard current.token == token, token != .end else { return false }
        position += 1
        return true
    }

    mutating func condition() throws(RunFilterProblem) -> RunFilter {
        var terms = [try term()]
        while take(.or) { terms.append(try term()) }
        return terms.count == 1 ? terms[0] : .any(terms)
    }

    private mutating func term() throws(RunFilterProblem) -> RunFilter {
        var factors = [try factor()]
        while take(.and) { factors.append(try factor()) }
        return factors.count == 1 ? factors[0] : .all(factors)
    }

    private mutating func factor() throws(RunFilterProblem) -> RunFilter {
        guard current.token == .not || current.token == .open else { return try comparison() }
        depth += 1
        guard depth <= Self.depthLimit else { throw problem("nested deeper than \(Self.depthLimit)") }
        defer { depth -= 1 }
        if take(.not) { return .not(try factor()) }
        position += 1
        let inner = try condition()
        guard take(.close) else { throw problem("expected 'and', 'or' or ')', found \(found)") }
        return inner
    }

    private mutating func comparison() throws(RunFilterProblem) -> RunFilter {
        comparisons += 1
        guard comparisons <= Self.comparisonLimit else {
            throw problem("more than \(Self.comparisonLimit) comparisons")
        }
        guard case .word(let name, isQuoted: false) = current.token else {
            throw problem("expected a field, found \(found). \(Self.validFields)")
        }
        guard let field = Self.field(name) else { throw problem("unknown field '\(name)'. \(Self.validFields)") }
        position += 1
        guard case .comparison(let comparison) = current.token else {
            throw problem("expected a comparison after '\(name)', found \(found); there are \(Self.signs)")
        }
        guard field.allows(comparison) else {
            let valid = RunFilter.Comparison.allCases.filter(field.allows).map(\.rawValue).joined(separator: " ")
            throw problem("'\(name)' can't be compared by '\(current.text)'; it can by \(valid)")
        }
        position += 1
        guard case .word(let text, _) = current.token else {
            throw problem("expected a value after '\(comparison.rawValue)', found \(found)")
        }
        guard let value = field.value(text, comparison, now) else {
            throw problem("'\(name)' is \(field.expected(comparison)), found '\(text)'")
        }
        position += 1
        return .comparison(field, comparison, value)
    }

    private static let validFields = "Fields are \(RunFilter.fields.joined(separator: ", "))"
    private static let signs = RunFilter.Comparison.allCases.map(\.rawValue).joined(separator: " ")

    private static func field(_ name: String) -> RunFilter.Field? {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 1 {
            switch name {
            case "run": return .run
            case "pipeline": return .pipeline
            case "file": return .file
            case "command": return .command
            case "exit": return .exit
            case "state": return .state
            case "started": return .started
            case "seconds": return .seconds
            case "output": return .output(nil)
            case "gate": return .gate(nil)
            default: return nil
            }
        }
        guard !parts[1].isEmpty else { return nil }
        switch parts[0] {
        case "param", "params": return .parameter(parts[1])
        case "metric", "metrics": return .metric(parts[1])
        case "output", "outputs": return .output(parts[1])
        case "gate", "gates": return .gate(parts[1])
        case "stage", "stages":
            // A matrix cell's name may hold dots within its brackets; a property comes after them.
            guard let dot = parts[1].lastIndex(of: "."), !parts[1][dot...].contains("]"), dot > parts[1].startIndex,
                let property = RunFilter.StageProperty(rawValue: String(parts[1][dot...].dropFirst()))
            else { return .stage(parts[1], .state) }
            return .stage(String(parts[1][..<dot]), property)
        default: return nil
        }
    }
}

extension RunFilter.Field {
    private enum Kind {
        case text, digest
        case word([String])
        case number, time, textOrNumber
    }

    private var kind: Kind {
        switch self {
        case .pipeline, .file, .command, .stage(_, .kind), .stage(_, .why): .text
        case .run, .output, .stage(_, .key): .digest
        case .state: .word(RunFilter.runStates)
        case .stage(_, .state): .word(RunFilter.stageStates)
        case .gate: .word(RunFilter.gateStates)
        case .exit, .seconds, .metric, .stage(_, .seconds), .stage(_, .attempts): .number
        case .started: .time
        case .parameter: .textOrNumber
        }
    }

    fileprivate func allows(_ comparison: RunFilter.Comparison) -> Bool {
        switch (kind, comparison) {
        case (_, .equal), (_, .notEqual), (.textOrNumber, _): true
        case (.text, .contains), (.text, .lacks): true
        case (.number, .contains), (.number, .lacks), (.time, .contains), (.time, .lacks): false
        case (.number, _), (.time, _): true
        case (.text, _), (.digest, _), (.word, _): false
        }
    }

    fileprivate func value(_ text: String, _ comparison: RunFilter.Comparison, _ now: Double) -> RunFilter.Value? {
        switch kind {
        case .text, .digest: return text.isEmpty ? nil : .text(text)
        case .word(let words): return words.contains(text) ? .text(text) : nil
        case .number: return RunFilterNumber.read(text).map { .number($0) }
        case .time: return RunFilterTime.read(text, now)
        case .textOrNumber:
            switch comparison {
            case .less, .lessOrEqual, .greater, .greaterOrEqual: return RunFilterNumber.read(text).map { .number($0) }
            case .equal, .notEqual, .contains, .lacks: return .text(text)
            }
        }
    }

    fileprivate func expected(_ comparison: RunFilter.Comparison) -> String {
        switch kind {
        case .text: "a text"
        case .digest: "a name or digest, or its beginning"
        case .word(let words): "one of \(words.joined(separator: ", "))"
        case .number: "a number"
        case .time: "a day (2026-11-25), a time in UTC (2026-11-25T08:30) or so long ago (-7d, -12h, -30m)"
        case .textOrNumber: "compared by '\(comparison.rawValue)' with a number"
        }
    }
}

private enum RunFilterNumber {
    /// A finite decimal number: not hexadecimal, infinite or "nan", as `Double` would have it.
    static func read(_ text: String) -> Double? {
        guard text.utf8.count <= 64, text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }),
            let value = Double(text), value.isFinite
        else { return nil }
        return value
    }
}

private enum RunFilterTime {
    static func read(_ text: String, _ now: Double) -> RunFilter.Value? {
        if let match = text.wholeMatch(of: /-(\d{1,6})([mhd])/), let count = Double(match.1) {
            let unit: Double = match.2 == "m" ? 60 : match.2 == "h" ? 3600 : 86_400
            return .time(now - count * unit, length: 0)
        }
        guard let match = text.wholeMatch(of: /(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?Z?)?/),
            let year = Int32(match.1), let month = Int32(match.2), let day = Int32(match.3),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
        parts.tm_hour = match.4.flatMap { Int32($0) } ?? 0
        parts.tm_min = match.5.flatMap { Int32($0) } ?? 0
        parts.tm_sec = match.6.flatMap { Int32($0) } ?? 0
        guard parts.tm_hour < 24, parts.tm_min < 60, parts.tm_sec < 60 else { return nil }
        let seconds = Double(timegm(&parts))
        // The 31st of February has become another day.
        guard parts.tm_mday == day else { return nil }
        return .time(seconds, length: match.4 == nil ? 86_400 : match.6 == nil ? 60 : 1)
    }
}
