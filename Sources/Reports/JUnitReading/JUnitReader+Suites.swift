import Catalogue
import Foundation

/// Suites and their cases.
extension JUnitReader {
    mutating func beginSuite(isNamed: Bool, isOutermost: Bool) throws {
        let transcript = isNamed ? transcript : nil
        var suite = JUnitSuite(isNamed: isNamed, in: suites.last)
        let needsTime = transcript != nil || settings.survey != nil
        try attributes { attribute, reader in
            if isNamed, strcmp(attribute, "name") == 0 {
                suite.name = Self.bounded(reader.value, transcript)
            } else if strcmp(attribute, "time") == 0 {
                if needsTime { suite.time = String(cString: reader.value) }
            } else {
                suite.counts.take(attribute, reader.value)
                suite.marks.take(attribute, reader.value, isOutermostRoot: isOutermost && !isNamed)
            }
            transcript?.note(attribute, reader.value)
        }
        notes.note(unreadableCounts: suite.counts.unreadable)
        if var outer = item {
            outer.tellingElements += 1
            outerCases.append(outer)
            item = nil
            suite.isInCase = true
        }
        transcript?.beginSuite(suite.name)
        if let time = suite.time {
            let seconds = try seconds(JUnitTime(time, settings.comma), time, isOfCase: false)
            if let seconds { transcript?.set(time: seconds) }
        }
        settings.survey?.beginSuite()
        suite.hasMarks = !suite.marks.isEmpty
        suites.append(suite)
        if isNamed { try push(suite.name) }
        try compare(suite.marks)
    }

    /// Asks for the whole report where two suites of one name differ in what may tell their tests apart.
    private mutating func compare(_ found: JUnitMarks) throws {
        guard settings.distinction == nil, settings.survey == nil, found.mayDistinguish else { return }
        let hash = found.distinguishingHash
        if let other = marks.updateValue(hash, forKey: suitePath.hashValue), other != hash { throw JUnitQuestion() }
    }

    /// An element in a suite that is no case, such as `<spec name="a" status="failed">`: what it says of its outcome, it says of
    /// the suite, since it isn't read as a case.
    ///
    /// - Parameters:
    ///   - isWord: the element's name is that of a verdict: so its `value` is one.
    ///   - isFailure: its name is that of a failure: so its `count` or `value` is as good as a text of it.
    /// - Returns: Whether it has attributes that hardly anything but a case has: a name and a class, or a word of failure of any
    ///   other name.
    @discardableResult
    mutating func takeGroup(_ name: UnsafePointer<CChar>, isWord: Bool = false, isFailure: Bool = false) throws -> Bool
    {
        guard var counts = suites.last?.counts else { return false }
        var (isNamed, hasClass, isOfFailure) = (false, false, false)
        var text = text
        defer { self.text = text }
        try attributes { attribute, reader in
            if strcmp(attribute, "name") == 0 { isNamed = true }
            if strcmp(attribute, "classname") == 0 { hasClass = true }
            if isFailure, ["count", "value", "total", "number"].contains(JUnitWords.normalized(attribute)) {
                text.append(reader.value)
                return
            }
            let isVerdict = isWord && strcmp(attribute, "value") == 0
            guard let meaning = isVerdict ? .word : JUnitAttribute.named[JUnitWords.normalized(attribute)] else {
                if JUnitAttribute.isOfFailure(reader.value), !JUnitAttribute.mayBeAnything(attribute) {
                    isOfFailure = true
                }
                return
            }
            counts.take(
                meaning, reader.value,
                as:
                    "<\(String(cString: name)) \(String(cString: attribute))='\(String(cString: reader.value).prefix(40))'>"
            )
        }
        suites[suites.count - 1].counts = counts
        return isNamed && hasClass || isOfFailure
    }

    /// `<status>failed</status>` in a suite.
    mutating func endWordOfSuite(_ name: String, _ tests: Int, _ word: String) {
        guard !suites.isEmpty, summary.tests == tests, let word = word.split(whereSeparator: \.isWhitespace).first,
            word.utf8.count <= 40
        else { return }
        suites[suites.count - 1].counts.take(.word, String(word), as: "<\(name)>\(word)</\(name)>")
    }

    /// `<timeout/>`, `<failures>1</failures>`: an element in a suite whose name says that it failed, unless it counts none, says that
    /// it didn't, or is an empty list.
    mutating func endFailureOfSuite(_ name: String, _ elements: Int, _ text: String) {
        guard !suites.isEmpty else { return }
        let word = JUnitWords.normalized(name)
        let said = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if let number = JUnitCount.number(said), !said.isEmpty {
            // `<timeout>30</timeout>` is a setting.
            guard number > 0, JUnitCount.named[word] != nil else { return }
        } else if said.isEmpty, word.hasSuffix("s"), self.elements == elements {
            return
        } else if JUnitAttribute.truth(JUnitWords.normalized(said)) == false, !said.isEmpty {
            return
        }
        suites[suites.count - 1].counts.note(
            verdict: said.isEmpty ? "<\(name)>" : "<\(name)>\(said.prefix(40))</\(name)>")
    }

    /// A property of a suite that says what became of it: Ginkgo's `SuiteSucceeded`.
    mutating func endPropertyOfSuite(_ name: String, _ value: String) {
        guard !suites.isEmpty else { return }
        let said = "\(name)='\(value.prefix(40))'"
        if let meaning = JUnitAttribute.properties[JUnitWords.normalized(name)] {
            suites[suites.count - 1].counts.take(meaning, value, as: said)
        } else if countsNoFailures, JUnitAttribute.isVerdictOfFailure(name, value) {
            suites[suites.count - 1].counts.note(hearsay: said)
        }
    }

    /// A property of a case may be anything that a test has recorded; that it failed, it only says where nobody else says how many
    /// failed, and the case itself says nothing.
    mutating func endPropertyOfCase(_ name: String, _ value: String) {
        guard countsNoFailures, JUnitAttribute.isVerdictOfFailure(name, value) else { return }
        item?.note(hearsay: "property \(name)='\(value.prefix(40))'")
    }

    /// Whether no suite around the current node says how many failures it holds.
    var countsNoFailures: Bool { !suites.contains { $0.counts.declaresFailures } }

    mutating func endSuite() throws {
        guard var suite = suites.popLast() else { return }
        settings.survey?.endSuite(suite.time)
        let shortage = suite.counts.shortage()
        let title = suite.isNamed ? "the suite '\(suitePath.prefix(200))'" : "the report"
        for sentence in shortage.incomplete { notes.note(incomplete: "\(title) \(sentence)") }
        if let failing = shortage.failing {
            let message = "the \(suite.isNamed ? "suite" : "report") \(failing)"
            var told = JUnitOpenCase(TestCase(suite: suitePath, className: "", name: TestCase.suiteName))
            told.isOfSuite = true
            told.item.status = .error
            told.item.failures = [
                TestCase.Failure(
                    kind: "error", type: "", message: message, details: suite.output, shape: messageShape(message))
            ]
            try give(&told, suite.hasMarks ? suite : nil)
        }
        if !suites.isEmpty { suites[suites.count - 1].counts.add(suite.counts) }
        if suite.isNamed {
            transcript?.endSuite()
            pop()
        }
        if suite.isInCase { item = outerCases.popLast() }
    }

    private mutating func push(_ name: String) throws {
        names.append(name)
        suitePath = path()
        guard settings.distinction == nil, suitePath.utf8.contains(UInt8(ascii: "/")) else { return }
        // Of the plain path, whatever this reading calls it.
        let plain = names.filter { !$0.isEmpty }
        let hash = plain.hashValue
        guard let other = paths.updateValue(hash, forKey: plain.joined(separator: "/").hashValue), other != hash else {
            return
        }
        guard let survey = settings.survey else { throw JUnitQuestion() }
        survey.hasAmbiguousPaths = true
    }

    private mutating func pop() {
        names.removeLast()
        suitePath = path()
    }

    /// The names of the suites around the current node, joined by `/`; where that could be read in two ways in this report,
    /// slashes within a name are `\/`, and backslashes in such a name `\\`.
    private func path() -> String {
        let names = names.filter { !$0.isEmpty }
        guard settings.escapesSlashes || settings.survey != nil else { return names.joined(separator: "/") }
        return names.map { name in
            guard name.utf8.contains(UInt8(ascii: "/")) || name.utf8.last == UInt8(ascii: "\\") else { return name }
            return name.replacing("\\", with: "\\\\").replacing("/", with: "\\/")
        }.joined(separator: "/")
    }

    mutating func beginCase() throws {
        let transcript = transcript
        var isNested = false
        if var outer = item {
            // Its name comes between those of the suites and of the case in it.
            outer.tellingElements += 1
            outerCases.append(outer)
            transcript?.beginSuite(outer.item.name)
            try push(outer.item.name)
            isNested = true
        }
        var told = JUnitOpenCase(TestCase(suite: suitePath, className: "", name: ""))
        told.isNested = isNested
        var time = JUnitTime.none
        var written = ""
        let comma = settings.comma
        let keepsTime = settings.survey != nil
        let meanings = meanings
        try attributes { attribute, reader in
            switch attribute.pointee {
            case CChar(UInt8(ascii: "n")) where strcmp(attribute, "name") == 0:
                told.item.name = Self.bounded(reader.value, transcript)
            case CChar(UInt8(ascii: "c")) where strcmp(attribute, "classname") == 0:
                told.take(className: Self.bounded(reader.value, transcript), rank: 0)
            case CChar(UInt8(ascii: "t")) where strcmp(attribute, "time") == 0:
                time = JUnitTime(reader.value, comma)
                if keepsTime || time == .unknown { written = String(cString: reader.value) }
            default:
                told.take(attribute, meanings[attribute], reader.value) { Self.bounded($0, transcript) }
                transcript?.note(attribute, reader.value)
            }
        }
        if time == .none, let other = told.duration {
            time = JUnitTime(other.text, comma).inUnits(other.unit, of: other.text)
            written = other.text
        }
        told.item.seconds = try seconds(time, written, isOfCase: true)
        if told.item.name.isEmpty {
            told.item.name = "(unnamed)"
            notes.unnamed += 1
        }
        item = told
        transcript?.beginCase()
    }

    mutating func endCase() throws {
        guard var told = item.take() else { return }
        told.conclude()
        if !told.isOfSuite { isLastCaseUnknown = told.isUnknown }
        notes.note(told)
        var hasMarks = false
        if let last = suites.indices.last {
            suites[last].counts.add(told)
            hasMarks = suites[last].hasMarks
        }
        try give(&told, hasMarks ? suites.last : nil)
        guard told.isNested else { return }
        transcript?.endSuite()
        pop()
        item = outerCases.popLast()
    }

    /// What tells a case apart.
    private func marks(of told: JUnitOpenCase, _ suite: JUnitSuite?) -> JUnitMarks {
        var marks = suite?.marks ?? JUnitMarks()
        marks.configuration = [marks.configuration, told.configuration].filter { !$0.isEmpty }.joined(separator: ", ")
        return marks
    }

    /// Notes what tells the case apart, or asks for the whole report where two cases of one name differ in that themselves.
    private mutating func compare(_ item: TestCase, _ own: JUnitMarks, isOfCase: Bool) throws {
        if let survey = settings.survey { return survey.note(item, own) }
        guard isOfCase, settings.distinction == nil else { return }
        let test = [item.suite, item.className, item.name, item.qualifier].hashValue
        if let other = marks.updateValue(own.distinguishingHash, forKey: test), other != own.distinguishingHash {
            throw JUnitQuestion()
        }
    }

    /// Gives a case away; of its suite, which is nil where it has no marks.
    private mutating func give(_ told: inout JUnitOpenCase, _ suite: JUnitSuite?) throws {
        var noted: String?
        if suite == nil, told.configuration.isEmpty, told.file.isEmpty || settings.survey == nil {
            // Nothing but its file may tell it apart, as of most cases.
            told.item.qualifier = told.qualifier ?? relative(told.file)
        } else {
            let own = marks(of: told, suite)
            if let qualifier = told.qualifier {
                told.item.qualifier = qualifier
            } else {
                let (qualifier, isNoted) = own.qualifier(
                    of: told, file: relative(told.file.isEmpty ? own.file : told.file), suite: suite?.name ?? "",
                    settings.distinction ?? .none)
                told.item.qualifier = qualifier
                if isNoted { noted = qualifier }
            }
            try compare(told.item, own, isOfCase: !told.configuration.isEmpty)
        }
        summary.add(told.item)
        transcript?.add(told.item, isOfSuite: told.isOfSuite, qualifier: noted)
        try emit(told.item)
    }

    /// A file's path below the checkout. Cases of one file follow one another.
    private mutating func relative(_ file: String) -> String {
        if file != lastFile.written { lastFile = (file, JUnitMarks.relative(file, settings.root)) }
        return lastFile.relative
    }

    /// What a duration comes to. Asks for the whole report where its comma may be either.
    private mutating func seconds(_ time: JUnitTime, _ text: String, isOfCase: Bool) throws -> Double? {
        settings.survey?.note(time: text, isOfCase: isOfCase)
        switch time {
        case .seconds(let seconds): return seconds
        case .none: return nil
        case .unknown:
            notes.note(unreadableTime: text)
            return nil
        case .ambiguous:
            if settings.survey == nil { throw JUnitQuestion() }
            return nil
        }
    }
}
