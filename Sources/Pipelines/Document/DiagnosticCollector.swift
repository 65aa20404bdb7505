import Artifacts

/// Gathers diagnostics while a pipeline is read, each once, so that all are shown together.
struct DiagnosticCollector {
    /// More than this many are counted, not shown.
    static let limit = 1_000

    private var found: Set<Diagnostic> = []
    /// How many more names may be compared in search of the nearest: bounds the work for a file full of mistakes.
    private var comparisons = 2_000_000

    /// How many more values `${…}` and matrices may bring forth.
    private var values = 5_000_000

    var isEmpty: Bool { found.isEmpty }

    mutating func report(_ location: SourceLocation, _ message: String) {
        found.insert(Diagnostic(location, message))
    }

    /// Reports a name that isn't among the valid ones, with the nearest of them.
    ///
    /// - Parameters:
    ///   - subject: what is unknown and where, such as `stage 'a': unknown parameter`.
    ///   - owner: what should have it, such as `toy.train`.
    mutating func report(
        _ location: SourceLocation, unknown subject: String, _ name: String, of owner: String? = nil, valid: [String]
    ) {
        let owner = owner.map { " of \($0)" } ?? ""
        report(location, "\(subject) \(quoted(name))\(owner)\(advice(on: name, valid: valid))")
    }

    /// `; did you mean 'x'?`, or the valid names if none is near.
    mutating func advice(on name: String, valid: [String]) -> String {
        if valid.isEmpty { return "; there are none" }
        if comparisons >= valid.count {
            comparisons -= valid.count
            if let nearest = nearestName(to: name, among: valid) { return "; did you mean \(quoted(nearest))?" }
        }
        return "; expected \(enumeration(of: valid))"
    }

    /// Pays for values that an expansion brings forth; false, and reported once, if there are too many.
    mutating func spend(_ count: Int, at location: SourceLocation) -> Bool {
        if values < 0 { return false }
        values -= count
        if values >= 0 { return true }
        report(location, "the pipeline grows beyond all bounds once '${…}', lists and matrices are expanded")
        return false
    }

    /// All that was reported, sorted.
    var diagnostics: PipelineDiagnostics {
        var sorted = found.sorted { ($0.location, $0.message) < ($1.location, $1.message) }
        if sorted.count > Self.limit {
            let file = sorted[0].location.file
            let rest = sorted.count - Self.limit
            sorted.removeLast(rest)
            sorted.append(
                Diagnostic(SourceLocation(file: file, line: 0, column: 0), "\(rest) more errors are not shown"))
        }
        return PipelineDiagnostics(sorted)
    }
}

/// The text in single quotes, shortened, what can't be seen in it written as escapes.
func quoted(_ text: String) -> String {
    if text.utf8.count <= 80, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return "'\(text)'" }
    var shown = "'"
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == 80 {
            shown += "…"
            break
        }
        if !scalar.isPrintable {
            shown += scalar.escaped(asASCII: true)
        } else {
            shown.unicodeScalars.append(scalar)
        }
    }
    return shown + "'"
}

/// `a`, `a or b`, `a, b or c`; a long list is cut.
func enumeration(of words: [String], limit: Int = 8) -> String {
    if words.count > limit {
        return words.prefix(limit).joined(separator: ", ") + ", … (\(words.count) in all)"
    }
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
}
