/// A regular expression that is matched by backtracking, in the order in which Oniguruma tries.
struct PatternProgram: Sendable, Hashable {
    enum Instruction: Sendable, Hashable {
        /// A character of a set.
        case set(Int)
        /// As many characters of a set as there are, or as few, within bounds.
        case run(set: Int, minimum: Int, maximum: Int, PatternNode.Mode)
        /// Goes on at one place, and at the other if that fails.
        case branch(Int, Int)
        case jump(Int)
        /// Matches what comes up to `.done`, at `behind` characters before, and goes on at `next`.
        case look(isNegative: Bool, behind: Int?, next: Int)
        /// Matches what comes up to `.done` in the first way that works.
        case atomic(next: Int)
        case anchor(PatternNode.Anchor)
        case done
        case fail
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ScalarSet] = []

    static let largestProgram = 20_000

    init(_ text: String) throws(TokenizerError) {
        let node = try PatternParser.parse(text)
        try append(node)
        instructions.append(.done)
        instructions.append(.fail)
    }

    /// A place where nothing matches.
    var failure: Int { instructions.count - 1 }

    private mutating func index(of set: ScalarSet) -> Int {
        if let index = sets.firstIndex(of: set) { return index }
        sets.append(set)
        return sets.count - 1
    }

    private mutating func append(_ node: PatternNode) throws(TokenizerError) {
        if instructions.count > Self.largestProgram { throw TokenizerError("pattern: too large") }
        switch node {
        case .empty: break
        case .set(let set): instructions.append(.set(index(of: set)))
        case .sequence(let nodes): for node in nodes { try append(node) }
        case .alternatives(let nodes): try append(alternatives: nodes)
        case .repeated(let node, let minimum, let maximum, let mode):
            try append(repeated: node, minimum, maximum, mode)
        case .look(let node, let isAhead, let isNegative):
            let place = instructions.count
            instructions.append(.done)
            try append(node)
            instructions.append(.done)
            instructions[place] = .look(
                isNegative: isNegative, behind: isAhead ? nil : node.fixedLength, next: instructions.count)
        case .atomic(let node): try append(atomic: node)
        case .anchor(let anchor): instructions.append(.anchor(anchor))
        }
    }

    private mutating func append(atomic node: PatternNode) throws(TokenizerError) {
        let place = instructions.count
        instructions.append(.done)
        try append(node)
        instructions.append(.done)
        instructions[place] = .atomic(next: instructions.count)
    }

    private mutating func append(alternatives nodes: [PatternNode]) throws(TokenizerError) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            if index == nodes.count - 1 {
                try append(node)
                break
            }
            let branch = instructions.count
            instructions.append(.done)
            try append(node)
            ends.append(instructions.count)
            instructions.append(.done)
            instructions[branch] = .branch(branch + 1, instructions.count)
        }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func append(
        repeated node: PatternNode, _ minimum: Int, _ maximum: Int?, _ mode: PatternNode.Mode
    ) throws(TokenizerError) {
        if case .set(let set) = node {
            instructions.append(.run(set: index(of: set), minimum: minimum, maximum: maximum ?? .max, mode))
            return
        }
        if mode == .possessive {
            return try append(atomic: .repeated(node, minimum: minimum, maximum: maximum, .greedy))
        }
        for _ in 0..<minimum { try append(node) }
        func branch(_ place: Int, _ end: Int) -> Instruction {
            mode == .greedy ? .branch(place + 1, end) : .branch(end, place + 1)
        }
        if let maximum {
            var places: [Int] = []
            for _ in minimum..<maximum {
                places.append(instructions.count)
                instructions.append(.done)
                try append(node)
            }
            for place in places { instructions[place] = branch(place, instructions.count) }
        } else {
            let place = instructions.count
            instructions.append(.done)
            try append(node)
            instructions.append(.jump(place))
            instructions[place] = branch(place, instructions.count)
        }
    }
}
