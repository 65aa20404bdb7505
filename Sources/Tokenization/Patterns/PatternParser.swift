/// A regular expression as a tree.
indirect enum PatternNode: Sendable, Hashable {
    case empty
    case set(ScalarSet)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    case repeated(PatternNode, minimum: Int, maximum: Int?, Mode)
    case look(PatternNode, isAhead: Bool, isNegative: Bool)
    case atomic(PatternNode)
    case anchor(Anchor)

    enum Mode: Sendable, Hashable {
        case greedy
        case lazy
        case possessive
    }

    enum Anchor: Sendable, Hashable {
        case lineStart
        case lineEnd
        case textStart
        case textEnd
        case wordBoundary(Bool)
    }

    /// Whether it can match nothing.
    var canBeEmpty: Bool {
        switch self {
        case .set: false
        case .empty, .look, .anchor: true
        case .sequence(let nodes): nodes.allSatisfy { $0.canBeEmpty }
        case .alternatives(let nodes): nodes.contains { $0.canBeEmpty }
        case .repeated(let node, let minimum, _, _): minimum == 0 || node.canBeEmpty
        case .atomic(let node): node.canBeEmpty
        }
    }

    /// The number of characters that it matches, if that is always the same.
    var fixedLength: Int? {
        switch self {
        case .set: return 1
        case .empty, .look, .anchor: return 0
        case .sequence(let nodes):
            return nodes.reduce(0) { sum, node in
                sum.flatMap { sum in node.fixedLength.map { sum + $0 } }
            }
        case .alternatives(let nodes):
            let lengths = Set(nodes.map { $0.fixedLength })
            return lengths.count == 1 ? lengths.first ?? nil : nil
        case .repeated(let node, let minimum, let maximum, _):
            return minimum == maximum ? node.fixedLength.map { $0 * minimum } : nil
        case .atomic(let node): return node.fixedLength
        }
    }
}

/// Reads the part of Oniguruma's syntax that tokenizers use; what it doesn't know is an error, not a guess.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var ignoresCase = false
    private var depth = 0

    static let deepest = 64
    static let largestCount = 1000

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    static func parse(_ text: String) throws(TokenizerError) -> PatternNode {
        var parser = PatternParser(text)
        let node = try parser.parseAlternatives()
        if parser.index < parser.scalars.count { throw parser.error("an unmatched ')'") }
        return node
    }

    private func error(_ message: String) -> TokenizerError {
        TokenizerError("pattern: \(message) at character \(index + 1) of \(String(String.UnicodeScalarView(scalars)))")
    }

    private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[index...].starts(with: wanted) else { return false }
        index += wanted.count
        return true
    }

    private mutating func parseAlternatives() throws(TokenizerError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw error("groups nested deeper than \(Self.deepest) levels") }
        // A flag that is set within a group holds to its end.
        let outerFlag = ignoresCase
        defer { ignoresCase = outerFlag }
        var alternatives = [try parseSequence()]
        while take("|") { alternatives.append(try parseSequence()) }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func parseSequence() throws(TokenizerError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let node = try parseAtom()
            nodes.append(try parseQuantifiers(node))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func parseQuantifiers(_ atom: PatternNode) throws(TokenizerError) -> PatternNode {
        var node = atom
        while let (minimum, maximum, isInterval) = try parseCount() {
            var mode = PatternNode.Mode.greedy
            if take("?") {
                mode = .lazy
            } else if !isInterval, take("+") {
                mode = .possessive
            }
            if node.canBeEmpty, maximum == nil || (maximum ?? 0) > 1 {
                throw error("a repetition of what can be empty, which isn't supported,")
            }
            node = .repeated(node, minimum: minimum, maximum: maximum, mode)
        }
        return node
    }

    private mutating func parseCount() throws(TokenizerError) -> (Int, Int?, isInterval: Bool)? {
        if take("*") { return (0, nil, false) }
        if take("+") { return (1, nil, false) }
        if take("?") { return (0, 1, false) }
        guard next == "{" else { return nil }
        let start = index
        index += 1
        let minimum = parseNumber()
        var maximum = minimum
        if take(",") { maximum = parseNumber() }
        guard take("}"), minimum != nil || maximum != nil else {
            // A brace by itself is a character.
            index = start
            return nil
        }
        let least = minimum ?? 0
        guard least <= Self.largestCount, (maximum ?? 0) <= Self.largestCount, maximum.map({ $0 >= least }) ?? true
        else { throw error("a count out of range") }
        return (least, maximum, true)
    }

    private mutating func parseNumber() -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar), (value ?? 0) < 1_000_000 {
            value = (value ?? 0) * 10 + Int(scalar.value - 48)
            index += 1
        }
        return value
    }

    private mutating func parseAtom() throws(TokenizerError) -> PatternNode {
        guard let scalar = next else { return .empty }
        switch scalar {
        case "(": return try parseGroup()
        case "[":
            index += 1
            return .set(try parseSet())
        case ".":
            index += 1
            return .set(ScalarSet([.range(0x0A...0x0A)], isNegated: true))
        case "^":
            index += 1
            return .anchor(.lineStart)
        case "$":
            index += 1
            return .anchor(.lineEnd)
        case "\\": return try parseEscape()
        case "*", "+", "?": throw error("nothing to repeat")
        default:
            index += 1
            return .set(try literal(scalar.value))
        }
    }

    private mutating func parseGroup() throws(TokenizerError) -> PatternNode {
        func closed(_ node: PatternNode) throws(TokenizerError) -> PatternNode {
            guard take(")") else { throw error("a group that isn't closed") }
            return node
        }
        if take("(?:") { return try closed(try parseAlternatives()) }
        if take("(?>") { return try closed(.atomic(try parseAlternatives())) }
        for (text, isAhead, isNegative) in [
            ("(?=", true, false), ("(?!", true, true), ("(?<=", false, false), ("(?<!", false, true),
        ] where take(text) {
            let node = try parseAlternatives()
            if !isAhead, node.fixedLength == nil { throw error("a look behind of no fixed length") }
            return try closed(.look(node, isAhead: isAhead, isNegative: isNegative))
        }
        for (text, flag) in [("(?i:", true), ("(?-i:", false)] where take(text) {
            let outer = ignoresCase
            ignoresCase = flag
            defer { ignoresCase = outer }
            return try closed(try parseAlternatives())
        }
        if take("(?i)") {
            ignoresCase = true
            return .empty
        }
        if take("(?") { throw error("a kind of group that isn't supported") }
        index += 1
        return try closed(try parseAlternatives())
    }

    private mutating func parseEscape() throws(TokenizerError) -> PatternNode {
        for (text, anchor) in [
            ("\\A", PatternNode.Anchor.textStart), ("\\z", .textEnd), ("\\b", .wordBoundary(true)),
            ("\\B", .wordBoundary(false)),
        ] where take(text) { return .anchor(anchor) }
        switch try parseEscapedItem() {
        case .range(let range) where range.count == 1: return .set(try literal(range.lowerBound))
        case let item: return .set(ScalarSet([item]))
        }
    }

    /// What a backslash and the characters after it stand for, within a set or not.
    private mutating func parseEscapedItem() throws(TokenizerError) -> ScalarSet.Item {
        index += 1
        guard let scalar = next else { throw error("a backslash at the end") }
        index += 1
        func single(_ value: UInt32) -> ScalarSet.Item { .range(value...value) }
        switch scalar {
        case "n": return single(0x0A)
        case "r": return single(0x0D)
        case "t": return single(0x09)
        case "f": return single(0x0C)
        case "v": return single(0x0B)
        case "a": return single(0x07)
        case "e": return single(0x1B)
        case "s": return .whiteSpace(true)
        case "S": return .whiteSpace(false)
        case "w": return .word(true)
        case "W": return .word(false)
        case "d", "D":
            let digits = ScalarSet.categories("Nd") ?? 0
            return .categories(scalar == "d" ? digits : ~digits)
        case "p", "P": return try parseProperty(isNegated: scalar == "P")
        case "x":
            if take("{") { return single(try parseHexadecimal(upTo: 8, closing: "}")) }
            let value = try parseHexadecimal(upTo: 2, closing: nil)
            guard value < 0x80 else { throw error("a byte, which isn't supported") }
            return single(value)
        case "u": return single(try parseHexadecimal(upTo: 4, closing: nil))
        default:
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            if isLetter { throw error("an escape '\\\(scalar)', which isn't supported,") }
            return single(scalar.value)
        }
    }

    private mutating func parseHexadecimal(upTo count: Int, closing: String?) throws(TokenizerError) -> UInt32 {
        var value: UInt32 = 0
        var digits = 0
        while digits < count, let scalar = next, let digit = Character(scalar).hexDigitValue, scalar.isASCII {
            value = value << 4 | UInt32(digit)
            digits += 1
            index += 1
        }
        if let closing, !take(closing) { throw error("a number that isn't closed") }
        guard digits > 0, Unicode.Scalar(value) != nil else { throw error("a number that is no character") }
        return value
    }

    private mutating func parseProperty(isNegated: Bool) throws(TokenizerError) -> ScalarSet.Item {
        guard take("{") else { throw error("a property without '{'") }
        let isNegated = take("^") ? !isNegated : isNegated
        var name = ""
        while let scalar = next, scalar != "}" {
            name.unicodeScalars.append(scalar)
            index += 1
        }
        guard take("}") else { throw error("a property that isn't closed") }
        if let mask = ScalarSet.categories(name) { return .categories(isNegated ? ~mask : mask) }
        let script = name.lowercased()
        if PatternTables.script(script) != nil { return .script(script, !isNegated) }
        throw error("the property '\(name)', which isn't supported,")
    }

    private mutating func parseSet() throws(TokenizerError) -> ScalarSet {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw error("sets nested deeper than \(Self.deepest) levels") }
        let isNegated = take("^")
        var items: [ScalarSet.Item] = []
        /// The operands of `&&` before the one that is being read.
        var operands: [ScalarSet] = []
        while true {
            guard let scalar = next else { throw error("a set that isn't closed") }
            if scalar == "]", !items.isEmpty {
                index += 1
                break
            }
            if scalar == "[" {
                if scalars[index...].starts(with: "[:".unicodeScalars) {
                    throw error("a POSIX set, which isn't supported,")
                }
                index += 1
                items.append(.set(try parseSet()))
                continue
            }
            if take("&&") {
                if ignoresCase { throw error("an intersection without regard to case, which isn't supported,") }
                operands.append(ScalarSet(items))
                items = []
                continue
            }
            items.append(try parseSetItem())
        }
        if ignoresCase { items += try foldings(of: items) }
        if !operands.isEmpty { items = [.intersection(operands + [ScalarSet(items)])] }
        return ScalarSet(items, isNegated: isNegated)
    }

    private mutating func parseSetItem() throws(TokenizerError) -> ScalarSet.Item {
        func one() throws(TokenizerError) -> ScalarSet.Item {
            if next == "\\" {
                let item = try parseEscapedItem()
                if case .word(let wanted) = item { return .wordInSet(wanted) }
                return item
            }
            guard let scalar = next else { throw error("a set that isn't closed") }
            index += 1
            return .range(scalar.value...scalar.value)
        }
        let first = try one()
        guard case .range(let start) = first, next == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
            return first
        }
        index += 1
        guard case .range(let end) = try one(), start.lowerBound <= end.upperBound else {
            throw error("a range that isn't one")
        }
        return .range(start.lowerBound...end.upperBound)
    }

    /// A character, with its other cases if case is ignored.
    private func literal(_ scalar: UInt32) throws(TokenizerError) -> ScalarSet {
        let item = ScalarSet.Item.range(scalar...scalar)
        return ScalarSet(ignoresCase ? [item] + (try foldings(of: [item])) : [item])
    }

    private func foldings(of items: [ScalarSet.Item]) throws(TokenizerError) -> [ScalarSet.Item] {
        var result: [ScalarSet.Item] = []
        for case .range(let range) in items {
            guard range.upperBound < 0x80 else {
                throw error("ignoring the case of what isn't ASCII, which isn't supported,")
            }
            for scalar in range {
                let lower = scalar | 0x20
                guard (0x61...0x7A).contains(lower) else { continue }
                result.append(.range(scalar ^ 0x20...scalar ^ 0x20))
                // ſ and the sign of Kelvin are folded to letters of ASCII.
                if lower == 0x73 { result.append(.range(0x17F...0x17F)) }
                if lower == 0x6B { result.append(.range(0x212A...0x212A)) }
            }
        }
        return result
    }
}
