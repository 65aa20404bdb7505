/// Fills placeholders into a shell script so that each is taken as it is, whatever characters it has.
///
/// Outside quotes a text becomes one quoted word, or a part of one (`{in.parts}/*.csv` is still a pattern); inside quotes, a
/// here-document or a comment it is escaped as that place needs. So the script is read as a shell would read it, as far as
/// quotes go.
package struct ShellScript {
    /// What surrounds a place in the script.
    fileprivate enum Frame {
        case command(Command)
        case single, dollarSingle, double, comment
        /// `${…}`
        case parameter(isInDouble: Bool)
        /// `$((…))` or `((…))`
        case arithmetic(depth: Int)
        case document(Delimiter)
    }

    /// Commands, up to what ends them.
    fileprivate struct Command {
        enum End {
            case script, parenthesis
            case backtick(isInDouble: Bool)
        }

        var end: End
        /// Open parentheses, and `case`s without their `esac`, whose patterns end in parentheses of their own.
        var parentheses = 0
        var cases = 0
        /// Whether a command may begin here.
        var isAtCommand = true
        /// What stands of a word so far; quotes and the like are in it as 0.
        var word: [UInt8] = []
    }

    /// How a here-document ends, and whether it is taken as it stands.
    fileprivate struct Delimiter {
        let word: [UInt8]
        let stripsTabs: Bool
        let isQuoted: Bool
    }

    private let bytes: [UInt8]
    private let value: (CommandPlaceholder) throws -> String
    private var place = 0
    private var result: [UInt8] = []
    private var frames: [Frame] = [.command(Command(end: .script))]
    /// Here-documents that begin at the next line.
    private var documents: [Delimiter] = []
    private var isAtLineStart = false
    /// How many steps may still be taken ahead, to see what a `((` is; and how many such looks are within each other.
    private var stepsAhead = 1_000_000
    private var looksAhead = 0

    /// The script with each placeholder replaced by its value.
    package static func filled(_ script: String, by value: (CommandPlaceholder) throws -> String) throws -> String {
        try withoutActuallyEscaping(value) { value in
            var script = ShellScript(bytes: Array(script.utf8), value: value)
            while script.place < script.bytes.count { try script.step() }
            return String(decoding: script.result, as: UTF8.self)
        }
    }

    private init(bytes: [UInt8], value: @escaping (CommandPlaceholder) throws -> String) {
        self.bytes = bytes
        self.value = value
    }

    private mutating func step() throws {
        // A backslash before a placeholder was meant for its brace.
        let start = at("\\{") && !isLiteral ? place + 1 : place
        if let (placeholder, end) = CommandPlaceholder.first(in: bytes[start...]) {
            let text = try value(placeholder)
            result += placeholder.isRaw ? Array(text.utf8) : Array(quoted(text).utf8)
            noteWord(0)
            (place, isAtLineStart) = (end, false)
            return
        }
        guard let frame = frames.last else { return copy(1) }
        switch frame {
        case .command: stepInCommand()
        case .single: copy(1, popping: at("'"))
        case .dollarSingle: if at("\\") { copy(2) } else { copy(1, popping: at("'")) }
        case .double:
            if at("\\") { copy(2) } else if !stepIntoExpansion(isInDouble: true) { copy(1, popping: at("\"")) }
        case .parameter(let isInDouble):
            if at("\\") {
                copy(2)
            } else if at("\"") {
                push(.double, 1)
            } else if at("'"), !isInDouble {
                push(.single, 1)
            } else if !stepIntoExpansion(isInDouble: isInDouble) {
                copy(1, popping: at("}"))
            }
        case .arithmetic(let depth): stepInArithmetic(depth)
        case .comment:
            // The line's end belongs to what surrounds the comment.
            if at("\n") { frames.removeLast() } else { copy(1) }
        case .document(let delimiter): stepInDocument(delimiter)
        }
    }

    private mutating func stepInCommand() {
        if at("\\") {
            noteWord(0)
            return copy(2)
        }
        if stepIntoExpansion(isInDouble: false) { return }
        switch bytes[place] {
        case UInt8(ascii: "'"):
            noteWord(0)
            push(.single, 1)
        case UInt8(ascii: "\""):
            noteWord(0)
            push(.double, 1)
        case UInt8(ascii: "#") where command.word.isEmpty: push(.comment, 1)
        case UInt8(ascii: "<") where at("<<<"): copy(3)
        case UInt8(ascii: "<") where at("<<"): readDelimiter()
        case UInt8(ascii: "("):
            endWord()
            if command.isAtCommand, at("(("), isArithmetic(after: 2) { return push(.arithmetic(depth: 0), 2) }
            change { ($0.parentheses, $0.isAtCommand) = ($0.parentheses + 1, true) }
            copy(1)
        case UInt8(ascii: ")"):
            endWord()
            closeParenthesis()
        case UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "\n"):
            endWord()
            change { $0.isAtCommand = true }
            let isLineEnd = at("\n")
            copy(1)
            if isLineEnd { beginDocument() }
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "<"), UInt8(ascii: ">"):
            endWord()
            copy(1)
        default:
            noteWord(bytes[place])
            copy(1)
        }
    }

    /// `$(`, `${`, `$'`, a backtick: true if one begins, or ends, here.
    private mutating func stepIntoExpansion(isInDouble: Bool) -> Bool {
        if at("`") {
            noteWord(0)
            if let open = frames.lastIndex(where: { $0.isBacktick }) {
                // Whatever was left open within ends with it.
                frames.removeSubrange(open...)
                copy(1)
            } else {
                push(.command(Command(end: .backtick(isInDouble: isInDouble))), 1)
            }
            return true
        }
        guard at("$") else { return false }
        noteWord(0)
        if at("$(("), isArithmetic(after: 3) {
            push(.arithmetic(depth: 0), 3)
        } else if at("$(") {
            push(.command(Command(end: .parenthesis)), 2)
        } else if at("${") {
            push(.parameter(isInDouble: isInDouble), 2)
        } else if at("$'"), !isInDouble {
            push(.dollarSingle, 2)
        } else {
            copy(1)
        }
        return true
    }

    private mutating func closeParenthesis() {
        let command = command
        if command.parentheses > 0 {
            change { $0.parentheses -= 1 }
        } else if command.cases > 0 {
            change { $0.isAtCommand = true }
        } else if case .parenthesis = command.end {
            return copy(1, popping: true)
        }
        copy(1)
    }

    private mutating func stepInArithmetic(_ depth: Int) {
        if at("\\") { return copy(2) }
        if stepIntoExpansion(isInDouble: true) { return }
        if at("\"") { return push(.double, 1) }
        if at("(") || (at(")") && depth > 0) {
            frames[frames.count - 1] = .arithmetic(depth: depth + (at("(") ? 1 : -1))
            return copy(1)
        }
        if at("))") { copy(2, popping: true) } else { copy(1, popping: at(")")) }
    }

    /// Whether a `((` that ends `count` bytes from here is closed by `))`; else it is a command in parentheses within others.
    private mutating func isArithmetic(after count: Int) -> Bool {
        guard looksAhead < 8 else { return true }
        var ahead = ShellScript(bytes: bytes) { _ in "" }
        (ahead.place, ahead.frames, ahead.documents) = (place + count, frames + [.arithmetic(depth: 0)], documents)
        (ahead.stepsAhead, ahead.looksAhead) = (stepsAhead, looksAhead + 1)
        defer { stepsAhead = ahead.stepsAhead }
        while ahead.place < bytes.count, ahead.frames.count > frames.count, ahead.stepsAhead > 0 {
            if ahead.frames.count == frames.count + 1, case .arithmetic(0) = ahead.frames.last, ahead.at(")") {
                return ahead.at("))")
            }
            ahead.stepsAhead -= 1
            // Only a value can throw.
            guard (try? ahead.step()) != nil else { return true }
        }
        return true
    }

    private mutating func stepInDocument(_ delimiter: Delimiter) {
        if isAtLineStart {
            let line = bytes[place...].prefix { $0 != UInt8(ascii: "\n") }
            let text = delimiter.stripsTabs ? line.drop { $0 == UInt8(ascii: "\t") } : line
            if text.elementsEqual(delimiter.word) {
                frames.removeLast()
                copy(min(line.count + 1, bytes.count - place))
                beginDocument()
                return
            }
        }
        if !delimiter.isQuoted {
            if at("\\") { return copy(2) }
            if stepIntoExpansion(isInDouble: true) { return }
        }
        copy(1)
    }

    /// `<<EOF`, `<<-EOF`, `<< 'EOF'`
    private mutating func readDelimiter() {
        endWord()
        copy(2)
        let stripsTabs = at("-")
        if stripsTabs { copy(1) }
        while at(" ") || at("\t") { copy(1) }
        var (word, isQuoted): ([UInt8], Bool) = ([], false)
        var quote: UInt8?
        while place < bytes.count {
            let byte = bytes[place]
            if let open = quote {
                if byte == open { quote = nil } else { word.append(byte) }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                (quote, isQuoted) = (byte, true)
            } else if byte == UInt8(ascii: "\\") {
                isQuoted = true
            } else if " \t\n;&|<>()".utf8.contains(byte) {
                break
            } else {
                word.append(byte)
            }
            copy(1)
        }
        if !word.isEmpty { documents.append(Delimiter(word: word, stripsTabs: stripsTabs, isQuoted: isQuoted)) }
    }

    private mutating func beginDocument() {
        guard !documents.isEmpty else { return }
        frames.append(.document(documents.removeFirst()))
        isAtLineStart = true
    }
}

extension ShellScript {
    private func at(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place + count <= bytes.count else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[place..<place + count]) }
    }

    private mutating func copy(_ count: Int, popping isEnd: Bool = false) {
        let end = min(place + count, bytes.count)
        result += bytes[place..<end]
        place = end
        isAtLineStart = result.last == UInt8(ascii: "\n")
        if isEnd { frames.removeLast() }
    }

    private mutating func push(_ frame: Frame, _ count: Int) {
        copy(count)
        frames.append(frame)
    }

    /// Whether a backslash here means itself.
    private var isLiteral: Bool {
        switch frames.last {
        case .single, .comment: true
        case .document(let delimiter): delimiter.isQuoted
        default: false
        }
    }

    private var command: Command {
        if case .command(let command)? = frames.last { command } else { Command(end: .script) }
    }

    private mutating func change(_ body: (inout Command) -> Void) {
        guard case .command(var command)? = frames.last else { return }
        body(&command)
        frames[frames.count - 1] = .command(command)
    }

    private mutating func noteWord(_ byte: UInt8) { change { $0.word.append(byte) } }

    /// At a word's end: whether it is a keyword, and whether another command may follow it.
    private mutating func endWord() {
        change { command in
            guard !command.word.isEmpty else { return }
            let word = String(decoding: command.word, as: UTF8.self)
            command.word = []
            guard command.isAtCommand else { return }
            switch word {
            case "case": (command.cases, command.isAtCommand) = (command.cases + 1, false)
            case "esac": (command.cases, command.isAtCommand) = (max(0, command.cases - 1), false)
            case "if", "then", "else", "elif", "do", "while", "until", "!", "{", "time": break
            default: command.isAtCommand = false
            }
        }
    }

    /// The text as it has to stand where the script has been read to.
    private func quoted(_ text: String) -> String {
        var quoted =
            switch frames.last {
            case .single: text.replacing("'", with: #"'\''"#)
            case .dollarSingle: text.escaped(#"\'"#)
            case .double, .arithmetic: text.escaped(#"\"$`"#)
            // An apostrophe would begin a string of its own there, and `*` be a pattern.
            case .parameter(isInDouble: true): "\"\(text.escaped(#"\"$`"#))\""
            case .comment: text.replacing("\n", with: " ")
            case .document(let delimiter): delimiter.isQuoted ? text : text.escaped(#"\$`"#)
            case .command, .parameter, nil: text.shellWord
            }
        // What backticks enclose is unescaped before it is read.
        for case .command(let command) in frames {
            guard case .backtick(let isInDouble) = command.end else { continue }
            quoted = quoted.escaped(isInDouble ? #"\"$`"# : #"\$`"#)
        }
        return quoted
    }
}

extension ShellScript.Frame {
    fileprivate var isBacktick: Bool {
        if case .command(let command) = self, case .backtick = command.end { true } else { false }
    }
}
