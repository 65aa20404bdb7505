import Foundation

/// What a document of a format that nobody has named says of failures: by words of failure as the names of elements and as values,
/// and by false values of what is named after success.
///
/// It counts in documents about tests alone: settings, logs and other tools' findings are full of such words.
struct UnknownFormat {
    /// Whether an element has a name such as `test`, `suite` or `scenario`.
    private(set) var isOfTests = false
    /// What first spoke of a failure.
    private(set) var said: String?
    /// How often something did.
    private(set) var noted = 0
    private var open: [Element] = []
    /// Attributes that may have any value.
    private let meaningless: Set<String>

    init(meaningless: Set<String>) { self.meaningless = meaningless }

    private struct Element {
        let name: String
        let word: String
        /// Whether its name is one of a failure.
        let isFailure: Bool
        /// Its own text, up to its 64th byte.
        var text = ""
        var hasElements = false
        var hasAttributes = false
        /// Whether it has a number that counts, and whether one of them isn't 0.
        var hasCount = false
        var hasPositiveCount = false
        var isNil = false
        /// What says that nothing was successful, unless something in the same place counts tests.
        var zero: String?
        /// What its `name` or `key` says that its value is.
        var subject: String?
        /// The text of the `<key>` before the next element, in property lists.
        var key: String?
    }

    // MARK: Reading

    mutating func begin(_ reader: XMLReader) {
        let name = String(cString: reader.name)
        let word = JUnitWords.normalized(name)
        if UnknownWords.isOfTests(word) { isOfTests = true }
        if let last = open.indices.last { open[last].hasElements = true }
        var element = Element(name: name, word: word, isFailure: UnknownWords.isFailure(word))
        var values: [(name: String, word: String, value: String)] = []
        // A doubt of an entity can only be of its value.
        try? reader.attributes { attribute in
            let length = strnlen(reader.value, 65)
            let value = length > 64 ? nil : String(cString: reader.value)
            values.append((String(cString: attribute), JUnitWords.normalized(attribute), value ?? ""))
        }
        element.hasAttributes = !values.isEmpty
        element.subject = values.first { $0.word == "name" || $0.word == "key" }?.value
        for value in values { take(value, &element) }
        open.append(element)
        if reader.isEmptyElement { end() }
    }

    private mutating func take(_ attribute: (name: String, word: String, value: String), _ element: inout Element) {
        if meaningless.contains(attribute.word) { return }
        let said = "<\(element.name) \(attribute.name)='\(attribute.value)'>"
        if attribute.word == "nil", JUnitAttribute.truth(attribute.value) == true { element.isNil = true }
        if let number = JUnitCount.number(attribute.value), !attribute.value.isEmpty {
            Self.note(number, of: attribute.word, said, &element)
        }
        let isVerdict = attribute.word == "type" && UnknownWords.isVerdict(element.word)
        let isValue = attribute.word == "value" && element.subject.map { Self.isFailing($0, attribute.value) } == true
        let isDenied =
            UnknownWords.isAffirmation(attribute.word) && !attribute.value.isEmpty
            && JUnitAttribute.truth(JUnitWords.normalized(attribute.value)) == false
            && JUnitCount.number(attribute.value) == nil
        let isTold = UnknownWords.needsContent(attribute.word) && Self.saysSomething(attribute.value)
        let isWord = !UnknownWords.isFreeText(attribute.word) && UnknownWords.isFailing(attribute.value)
        if isDenied || isTold || isValue || isWord || isVerdict && UnknownWords.isFailing(attribute.value) {
            note(said)
        }
    }

    private static func note(_ number: Int, of word: String, _ said: String, _ element: inout Element) {
        if UnknownWords.isAffirmation(word) {
            if number == 0 { element.zero = element.zero ?? said }
        } else if JUnitCount.named[word] != nil || element.isFailure && ["value", "number"].contains(word) {
            element.hasCount = true
            if number > 0 { element.hasPositiveCount = true }
        }
    }

    mutating func text(_ value: UnsafePointer<CChar>) {
        guard let last = open.indices.last else { return }
        let room = 65 - open[last].text.utf8.count
        guard room > 0 else { return }
        let head = UnsafeRawBufferPointer(start: value, count: strnlen(value, room))
        let text = String(decoding: head, as: UTF8.self)
        let isStart = open[last].text.isEmpty
        open[last].text += isStart ? String(text.drop(while: \.isWhitespace)) : text
    }

    mutating func end() {
        guard let element = open.popLast() else { return }
        let text = element.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let said = text.isEmpty ? "<\(element.name)>" : "<\(element.name)>\(text.prefix(40))</\(element.name)>"
        if let zero = element.zero, !element.hasCount { note(zero) }
        if element.isFailure, isFailure(element, text) { note(said) }
        guard let last = open.indices.last else { return }
        if element.word == "key" {
            if UnknownWords.isOfTests(JUnitWords.normalized(text)) { isOfTests = true }
            open[last].key = text
            return
        }
        let key = open[last].key
        open[last].key = nil
        guard !element.hasElements, !text.isEmpty, text.utf8.count <= 64 else { return }
        if UnknownWords.isAffirmation(element.word), JUnitAttribute.truth(JUnitWords.normalized(text)) == false,
            JUnitCount.number(text) == nil
        {
            note(said)
        }
        if let number = JUnitCount.number(text) { Self.note(number, of: element.word, said, &open[last]) }
        if let subject = key ?? element.subject, Self.isFailing(subject, text) { note(said) }
        let name = key.map { JUnitWords.normalized($0) } ?? element.word
        if !element.isFailure, !UnknownWords.isFreeText(name), UnknownWords.isFailing(text) { note(said) }
    }

    private mutating func note(_ found: String) {
        said = said ?? found
        noted += 1
    }

    private static func isFailing(_ name: String, _ value: String) -> Bool {
        JUnitAttribute.isVerdictOfFailure(name, value)
            || UnknownWords.isFailing(value) && UnknownWords.isVerdict(JUnitWords.normalized(name))
    }

    private static func saysSomething(_ value: String) -> Bool {
        !value.isEmpty && JUnitAttribute.truth(JUnitWords.normalized(value)) != false
    }

    /// Whether an element that is called like a failure is one, and no empty list, a number of none or a setting.
    private func isFailure(_ element: Element, _ text: String) -> Bool {
        if element.isNil { return false }
        if element.hasElements { return true }
        if element.hasCount { return element.hasPositiveCount }
        if text.isEmpty { return !element.word.hasSuffix("s") && !UnknownWords.needsContent(element.word) }
        if let number = JUnitCount.number(text) { return number > 0 && JUnitCount.named[element.word] != nil }
        if let truth = JUnitAttribute.truth(JUnitWords.normalized(text)) { return truth }
        // `<timeout>5 min</timeout>`, `<isFailure>…`.
        return !element.word.hasPrefix("timeout")
    }
}

/// The words of `UnknownFormat`; all are `JUnitWords.normalized`.
enum UnknownWords {
    static func isOfTests(_ word: String) -> Bool {
        ["test", "suite", "scenario"].contains(where: word.contains)
            || ["spec", "specs", "specification", "case", "cases", "tap", "verification", "assertion"].contains(word)
    }

    /// Words that hardly anything but an outcome is called by.
    private static let failures: Set = [
        "fail", "failed", "failing", "failure", "fails", "unsuccessful", "notpassed", "ko", "nok", "notok", "error",
        "errored", "exception", "broken", "fault", "fatal", "fatalerror", "crash", "crashed", "killed", "aborted",
        "timeout", "timedout", "xpass", "upass", "unexpectedpass", "unexpectedsuccess",
    ]

    static func isFailing(_ value: String) -> Bool {
        if failures.contains(JUnitWords.normalized(value)) { return true }
        // `FAIL 2/4`, `Failed (1)`, `failed: exit 1`.
        let words = value.split(whereSeparator: { !$0.isLetter })
        guard let first = words.first, failures.contains(first.lowercased()) else { return false }
        return words.count == 1 || value.dropFirst(first.count).first { !$0.isWhitespace } == ":"
    }

    /// Whether an element of this name is a failure, or lists some.
    static func isFailure(_ word: String) -> Bool {
        if failures.contains(word) || needsContent(word) { return true }
        if JUnitCount.named[word]?.isOfFailures == true { return true }
        if ["on", "no", "ignore", "continue", "expect", "allow", "max", "halt", "stop", "known", "if", "skip"]
            .contains(where: word.hasPrefix)
        {
            return false
        }
        return ["error", "failure", "exception", "crash", "fatalsignal"].contains(where: word.hasSuffix)
    }

    /// Whether it tells what a failure was, and is there without one, too: `<errorInfo/>`.
    static func needsContent(_ word: String) -> Bool {
        guard let start = ["error", "failure", "exception"].first(where: word.hasPrefix) else { return false }
        return [
            "info", "detail", "details", "message", "msg", "reason", "text", "type", "trace", "stacktrace", "desc",
            "description",
        ].contains(word.dropFirst(start.count))
    }

    /// Whether the `type` of an element of this name is an outcome.
    static func isVerdict(_ word: String) -> Bool {
        ["result", "verification", "incident", "message", "outcome", "verdict", "status"].contains(
            where: word.hasSuffix)
    }

    static func isAffirmation(_ word: String) -> Bool {
        let stem = ["is", "was", "has", "did", "all", "test"].first(where: word.hasPrefix)?.count ?? 0
        return [word, String(word.dropFirst(stem))].contains { word in
            guard case .flag(whenTrue: .passed, whenFalse: .failed, strict: true) = JUnitAttribute.named[word] else {
                return false
            }
            return true
        }
    }

    /// Whether the value or text of what has this name may be anything.
    static func isFreeText(_ word: String) -> Bool {
        word.withCString(JUnitAttribute.mayBeAnything) || texts.contains(word)
    }

    private static let texts: Set = [
        "level", "loglevel", "severity", "priority", "threshold", "class", "method", "function", "fn", "path", "file",
        "package", "module", "namespace", "text", "output", "out", "stdout", "stderr", "systemout", "systemerr", "log",
        "msg", "line", "code", "source", "expression", "original", "expanded", "actual", "arg", "argument", "param",
        "parameter", "string", "comment", "summary", "content", "data", "style", "color", "kind", "p", "li", "td",
        "span",
        "b", "i", "a", "pattern", "option", "mode", "policy",
    ]
}
