import CLibXML2
import Catalogue
import Foundation

/// Reads JUnit XML of any writer, a case at a time.
///
/// A case counts wherever it stands: in suites in suites, in another case, below elements of any name. What is in the output
/// of a program, in properties or in a failure is text.
///
/// The catalogue's rows are what this reads: a change of what it gives needs a migration that has the reports read anew.
package struct JUnitReader {
    let reader: XMLReader
    let emit: (TestCase) throws -> Void
    /// Where everything else is written down, too; nil while only the cases' results matter.
    let transcript: JUnitTranscript?
    let settings: JUnitSettings
    var summary = TestSummary()
    var notes = JUnitNotes()
    let meanings = JUnitAttributeLookup()
    private var entities: XMLEntities?
    private var root = JUnitRoot()
    /// The elements around the current node.
    private(set) var places: [JUnitPlace] = []
    /// The suites and roots around it.
    var suites: [JUnitSuite] = []
    /// The names of the suites around it, and of cases around other cases or suites; outermost first.
    var names: [String] = []
    /// Those names as one.
    var suitePath = ""
    /// The innermost case, unless a suite is in it.
    var item: JUnitOpenCase?
    /// Whether nothing but an unknown word or element said what became of the last case.
    var isLastCaseUnknown = false
    /// Cases around it, or around the current suite.
    var outerCases: [JUnitOpenCase] = []
    /// Marks that tell suites of one name apart, by the hash of their names.
    var marks: [Int: Int] = [:]
    /// Lists of names, by the hash of what they are joined by `/`: suite `a/b` isn't suite `b` in `a`.
    var paths: [Int: Int] = [:]
    /// The last file of a case, as it is written and as it is below the checkout.
    var lastFile = (written: "", relative: "")
    /// How many elements have begun.
    private(set) var elements = 0
    private var failure: TestCase.Failure?
    /// Of the innermost element that holds one.
    var text: BoundedText
    private var property = ""
    /// Whether markup that was never closed may have swallowed cases, so that the file is to be read in another way.
    var isSuspicious = true
    private var swallowed = SwallowedMarkup()
    /// Whether the file has bytes that can't be text, by those who have decoded it.
    var hasOddBytes: () -> Bool = { false }

    init(
        _ reader: XMLReader, _ transcript: JUnitTranscript?, _ settings: JUnitSettings,
        _ emit: @escaping (TestCase) throws -> Void
    ) {
        self.reader = reader
        self.transcript = transcript
        self.settings = settings
        self.emit = emit
        text = BoundedText(isWhole: transcript != nil)
    }

    mutating func run(replaced: Int, _ source: XMLSource?) throws -> TestSummary {
        while try reader.next() {
            switch reader.kind {
            case XML_READER_TYPE_ELEMENT: try begin()
            case XML_READER_TYPE_END_ELEMENT: try end()
            case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA, XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
                if reader.kind == XML_READER_TYPE_CDATA { try suspectSection() }
                addText(reader.value)
            case XML_READER_TYPE_COMMENT, XML_READER_TYPE_PROCESSING_INSTRUCTION: try suspectComment()
            case XML_READER_TYPE_ENTITY_REFERENCE:
                let expanded = try entities?.text(String(cString: reader.name)) ?? ""
                if places.last?.holdsText == true { text.append(expanded) }
            default: break
            }
        }
        guard entities != nil else { throw JUnitProblem.refused("it is no JUnit report: it has no element") }
        try root.finish()
        let replaced = source?.replaced ?? replaced
        if replaced > 0 {
            summary.warnings.append("\(counted(replaced, "forbidden control character")) replaced by '?'")
        }
        notes.add(to: &summary)
        return summary
    }

    // MARK: Elements

    private mutating func begin() throws {
        let isEmpty = reader.isEmptyElement
        elements += 1
        let name = reader.name
        if entities == nil {
            entities = try XMLEntities(reader.subset)
            if let sentence = AttributeDefaults.first(in: reader.subset) { notes.note(incomplete: sentence) }
            root = JUnitRoot(String(cString: name))
        }
        let place = try enter(name)
        try root.pass(place)
        places.append(place)
        if isEmpty { try end() }
    }

    private mutating func enter(_ name: UnsafePointer<CChar>) throws -> JUnitPlace {
        switch places.last {
        case .result, .detail:
            text.separate()
            return .detail
        case .opaque, .output, .property, .trace:
            if Self.isOfCases(name) { notes.note(structureInText: String(cString: name)) }
            return .opaque
        case .properties where !Self.isOfCases(name):
            guard strcmp(name, "property") == 0, transcript != nil || item == nil || countsNoFailures else {
                return .opaque
            }
            return try enterProperty()
        case .word, .affirmation:
            // `<result>fail<testcase name="b"/>ed</result>`.
            if Self.isOfCases(name) || strcmp(name, "skipped") == 0 { notes.note(incomplete: TestSummary.leftovers) }
        default: break
        }
        if strcmp(name, "testcase") == 0 {
            try beginCase()
            return .testCase
        }
        if strcmp(name, "testsuite") == 0 {
            try beginSuite(isNamed: true, isOutermost: places.isEmpty)
            return .suite
        }
        if strcmp(name, "testsuites") == 0 || strcmp(name, "testrun") == 0 {
            try beginSuite(isNamed: false, isOutermost: places.isEmpty)
            return .suite
        }
        if strcmp(name, "properties") == 0 { return .properties }
        if strcmp(name, "system-out") == 0 || strcmp(name, "system-err") == 0 { return enterOutput() }
        return item == nil ? try enterInSuite(name) : try enterInCase(name)
    }

    /// Whether an element of this name is a case, or says of one that it failed, wherever it stands.
    private static func isOfCases(_ name: UnsafePointer<CChar>) -> Bool {
        switch name.pointee {
        case CChar(UInt8(ascii: "t")): strcmp(name, "testcase") == 0 || strcmp(name, "testsuite") == 0
        case CChar(UInt8(ascii: "f")): strcmp(name, "failure") == 0
        case CChar(UInt8(ascii: "e")): strcmp(name, "error") == 0
        default: false
        }
    }

    /// An element that is in no case: most only group others.
    private mutating func enterInSuite(_ name: UnsafePointer<CChar>) throws -> JUnitPlace {
        if strcmp(name, "property") == 0 { return try enterProperty() }
        let word = JUnitWords.normalized(name)
        let isFailure = word == "failure"
        if !suites.isEmpty, isFailure || Self.errorsOfSuites.contains(word) {
            // Of the suite itself: of a fixture, or because it couldn't be loaded.
            var told = JUnitOpenCase(TestCase(suite: suitePath, className: "", name: TestCase.suiteName))
            told.isOfSuite = true
            item = told
            try beginResult(isFailure ? "failure" : "error", name)
            return .result
        }
        if places.isEmpty {
            try beginSuite(isNamed: false, isOutermost: true)
            return .otherRoot
        }
        switch JUnitElement.named[word] {
        case .opaque, .output, .trace: return .opaque
        case .word:
            try takeGroup(name, isWord: true)
            text = BoundedText()
            return .wordOfSuite(String(cString: name), tests: summary.tests)
        case _ where JUnitElement.isFailureOfSuite(word):
            text = BoundedText()
            try takeGroup(name, isFailure: true)
            return .failureOfSuite(String(cString: name), elements: elements)
        default:
            let isLikeCase = try takeGroup(name)
            return isLikeCase ? .groupLikeCase(String(cString: name), tests: summary.tests) : .group
        }
    }

    private static let errorsOfSuites: Set = [
        "error", "crash", "crashed", "exception", "fatal", "fatalerror", "systemerror",
    ]

    private mutating func enterInCase(_ name: UnsafePointer<CChar>) throws -> JUnitPlace {
        let element = JUnitElement.named[JUnitWords.normalized(name)]
        var isInSilence = false
        if case .silent = places.last { isInSilence = true }
        switch element {
        case .result(let kind):
            // Of a step, only what fails counts.
            if isInSilence, strcmp(name, "error") != 0, strcmp(name, "failure") != 0 { return .silent }
            try beginResult(kind, name)
            return .result
        case .opaque, .output, .properties: return .opaque
        case .silent: return try enterSilent()
        case .trace:
            text = BoundedText()
            return .trace(String(cString: name))
        case _ where isInSilence: return .silent
        case .word: return try enterWord(name)
        case .affirmation: return try enterAffirmation(name)
        case .group:
            _ = try enterSilent()
            return .group
        case nil:
            if case .unknown = places.last { return .group }
            return .unknown(String(cString: name), telling: item?.tellingElements ?? 0)
        }
    }

    private mutating func enterOutput() -> JUnitPlace {
        if item != nil, case .silent = places.last { return .opaque }
        let isOfShortSuite = item == nil && suites.last?.counts.awaitsFailure == true
        guard transcript != nil || isOfShortSuite else { return .output(isKept: false) }
        text = BoundedText(isWhole: transcript != nil)
        return .output(isKept: true)
    }

    /// `<step status="failed">`: the case failed, too, where nothing says otherwise.
    private mutating func enterSilent() throws -> JUnitPlace {
        var item = item
        try attributes { attribute, reader in
            guard case .word = JUnitAttribute.named[JUnitWords.normalized(attribute)] else { return }
            if let outcome = JUnitWords.outcome(of: reader.value), outcome.isFailing { item?.hint(outcome) }
        }
        self.item = item
        return .silent
    }

    /// `<status>failed</status>`, `<result value="failed"/>`.
    private mutating func enterWord(_ name: UnsafePointer<CChar>) throws -> JUnitPlace {
        var item = item
        var isSaid = false
        let name = String(cString: name)
        try attributes { attribute, reader in
            var isWord = strcmp(attribute, "value") == 0 || strcmp(attribute, "name") == 0
            if case .word = JUnitAttribute.named[JUnitWords.normalized(attribute)] { isWord = true }
            guard isWord else { return }
            isSaid = true
            item?.take(word: reader.value, of: "<\(name)>")
        }
        self.item = item
        text = BoundedText()
        return .word(name, isSaid: isSaid, telling: item?.tellingElements ?? 0)
    }

    /// `<success>false</success>`.
    private mutating func enterAffirmation(_ name: UnsafePointer<CChar>) throws -> JUnitPlace {
        var text = BoundedText()
        try attributes { attribute, reader in if strcmp(attribute, "value") == 0 { text.append(reader.value) } }
        self.text = text
        return .affirmation(String(cString: name))
    }

    private mutating func enterProperty() throws -> JUnitPlace {
        let transcript = transcript
        var name = ""
        var value: String?
        try attributes { attribute, reader in
            if strcmp(attribute, "name") == 0 { name = String(cString: reader.value) }
            if strcmp(attribute, "value") == 0 { value = Self.bounded(reader.value, transcript) }
        }
        property = name
        if item == nil, !suites.isEmpty { suites[suites.count - 1].counts.habits.take(property: name) }
        text = BoundedText(isWhole: transcript != nil)
        if let value { text.append(value) }
        if item == nil, name == MergedReport.incomplete, let value { notes.note(incomplete: value) }
        return .property
    }

    private mutating func end() throws {
        switch places.popLast() {
        case .suite, .otherRoot: try endSuite()
        case .result:
            endResult()
            if item?.isOfSuite == true { try endCase() }
        case .testCase: try endCase()
        case .property:
            item == nil ? endPropertyOfSuite(property, text.text) : endPropertyOfCase(property, text.text)
            transcript?.add(property: property, text.text)
        case .output(isKept: true): endOutput()
        case .word(let name, let isSaid, let telling): endWord(name, isSaid, telling)
        case .affirmation(let name):
            let said = text.text
            guard said.utf8.count <= 64 else { break }
            item?.take(name, JUnitAttribute.named[JUnitWords.normalized(name)], said) { String(cString: $0) }
        case .wordOfSuite(let name, let tests): endWordOfSuite(name, tests, text.text)
        case .failureOfSuite(let name, let elements): endFailureOfSuite(name, elements, text.text)
        case .groupLikeCase(let name, let tests):
            guard summary.tests == tests else { break }
            notes.note(incomplete: "an element <\(name.prefix(40))> that looks like a test case isn't read as one")
        case .trace(let name):
            if item?.tellingElements == 0, text.text.contains(where: { !$0.isWhitespace }) {
                item?.note(hearsay: "<\(name)>")
            }
        case .unknown(let name, let telling):
            if item?.tellingElements == telling { item?.note(unknown: "<\(name)>") }
        default: break
        }
    }

    /// - Throws: `JUnitProblem.swallowed` for a section that closes what it stands in.
    private mutating func suspectSection() throws {
        guard isSuspicious, swallowed.isIn(section: reader.value, of: elements) else { return }
        throw JUnitProblem.swallowed
    }

    /// - Throws: `JUnitProblem.swallowed` for such a comment or instruction.
    private func suspectComment() throws {
        guard isSuspicious, SwallowedMarkup.isIn(comment: reader.value) else { return }
        throw JUnitProblem.swallowed
    }

    private mutating func addText(_ value: UnsafePointer<CChar>) {
        guard let place = places.last else { return }
        if place.isOfSuites, strstr(value, "<testcase") != nil {
            notes.note(incomplete: "a text outside of any output holds test cases, which aren't read")
        } else if place.isBetweenElements, strstr(value, "/>") != nil {
            notes.note(incomplete: TestSummary.leftovers)
        } else if place.isBetweenElements, isOdd(value) {
            notes.note(incomplete: TestSummary.oddBytes)
        }
        if case .output = place, strncmp(value, "[[PROPERTY|", 11) == 0 { item?.take(properties: value) }
        if place.holdsText { text.append(value) }
    }

    private mutating func endOutput() {
        let kind = String(cString: reader.name)
        if item == nil, suites.last?.counts.awaitsFailure == true {
            suites[suites.count - 1].note(output: text.text, isOfErrors: kind == "system-err")
        }
        transcript?.add(output: kind, text.raw)
    }

    private mutating func endWord(_ name: String, _ isSaid: Bool, _ telling: Int) {
        guard item?.tellingElements == telling else { return }
        let word = text.text
        if !word.isEmpty {
            item?.take(word: word, of: "<\(name)>")
        } else if !isSaid {
            item?.note(unknown: "<\(name)>")
        }
    }

    // MARK: Results

    private mutating func beginResult(_ kind: String, _ name: UnsafePointer<CChar>) throws {
        let transcript = transcript
        var failure = TestCase.Failure(kind: kind, type: "", message: "", details: "", shape: "")
        try attributes { attribute, reader in
            if strcmp(attribute, "message") == 0 { failure.message = Self.bounded(reader.value, transcript) }
            if strcmp(attribute, "type") == 0 { failure.type = Self.bounded(reader.value, transcript) }
        }
        // `aborted` and the like stay recognizable.
        if failure.type.isEmpty, strcmp(name, kind) != 0 { failure.type = String(cString: name) }
        item?.count(kind, isRerun: JUnitWords.normalized(name).hasPrefix("rerun") && strlen(name) > 5)
        self.failure = failure
        text = BoundedText(isWhole: transcript != nil)
    }

    private mutating func endResult() {
        guard var failure else { return }
        self.failure = nil
        guard transcript != nil || item?.item.failures.count ?? 0 < 100 else { return }
        failure.details = text.text
        failure.shape = messageShape(failure.message.isEmpty ? failure.details : failure.message)
        item?.item.failures.append(failure)
    }

    // MARK: Attributes

    mutating func attributes(_ body: (UnsafePointer<CChar>, XMLReader) -> Void) throws {
        let hasEntities = entities?.isEmpty == false
        var entities = entities
        let reader = reader
        try reader.attributes { (name) throws(JUnitProblem) in
            if hasEntities { for reference in reader.entityReferences { _ = try entities?.text(reference) } }
            body(name, reader)
        }
        self.entities = entities
    }

    /// A name or message of at most 4,096 bytes; a longer one ends in a hash of all of it, so that names stay apart.
    ///
    /// A transcript has all of it.
    static func bounded(_ text: UnsafePointer<CChar>, _ transcript: JUnitTranscript?) -> String {
        let length = strlen(text)
        guard length > 4096, transcript == nil else { return String(cString: text) }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<length { hash = (hash ^ UInt64(UInt8(bitPattern: text[index]))) &* 0x100_0000_01b3 }
        let head = UnsafeRawBufferPointer(start: text, count: 4000)
        return String(decoding: head, as: UTF8.self) + "…" + String(hash, radix: 16)
    }
}
