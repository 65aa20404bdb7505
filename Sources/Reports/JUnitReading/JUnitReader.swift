import CLibXML2
import Catalogue
import Foundation

/// Reads JUnit XML of any writer, a case at a time.
///
/// The catalogue's rows are what this reads: a change of what it gives needs a migration that has the reports read anew.
package struct JUnitReader {
    private let reader: XMLReader
    private let emit: (TestCase) throws -> Void
    /// Where everything else is written down, too; nil while only the cases' results matter.
    private let transcript: JUnitTranscript?
    private var summary = TestSummary()
    private var entities: XMLEntities?
    /// The elements around the current node.
    private var path: [Element] = []
    private var suites: [String] = []
    private var suitePath = ""
    private var item: TestCase?
    private var failure: TestCase.Failure?
    private var text: BoundedText
    private var property = ""
    /// The tests that suites without suites in them say they have.
    private var declared = 0
    private var unnamed = 0

    private enum Element {
        case suites, suite, testCase, failure, other
        /// Within a failure: what Surefire puts a rerun's stack trace and output into.
        case detail
        case property, output
    }

    init(_ reader: XMLReader, _ transcript: JUnitTranscript?, _ emit: @escaping (TestCase) throws -> Void) {
        self.reader = reader
        self.transcript = transcript
        self.emit = emit
        text = BoundedText(isWhole: transcript != nil)
    }

    mutating func run(replaced: Int, _ source: XMLSource?) throws -> TestSummary {
        while try reader.next() {
            switch reader.kind {
            case XML_READER_TYPE_ELEMENT: try begin()
            case XML_READER_TYPE_END_ELEMENT: try end()
            case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA, XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
                if isInText { text.append(reader.value) }
            case XML_READER_TYPE_ENTITY_REFERENCE:
                let expanded = try entities?.text(String(cString: reader.name)) ?? ""
                if isInText { text.append(expanded) }
            default: break
            }
        }
        guard entities != nil else { throw JUnitProblem.refused("it is no JUnit report: it has no element") }
        let replaced = source?.replaced ?? replaced
        if replaced > 0 {
            summary.warnings.append("\(counted(replaced, "forbidden control character")) replaced by '?'")
        }
        if unnamed > 0 { summary.warnings.append("\(counted(unnamed, "test case")) without a name") }
        if declared > summary.tests {
            summary.warnings.append("the suites say that they have \(declared) tests, found \(summary.tests)")
        }
        return summary
    }

    private var isInText: Bool {
        switch path.last {
        case .failure, .detail, .property, .output: true
        default: false
        }
    }

    private mutating func begin() throws {
        let isEmpty = reader.isEmptyElement
        let name = reader.name
        if entities == nil { try beginRoot(name) }
        var element = Element.other
        switch String(cString: name) {
        case "testsuites" where path.isEmpty: element = .suites
        case "testsuite" where path.last == .suites || path.last == .suite || path.isEmpty:
            element = .suite
            try beginSuite()
        case "testcase" where path.last == .suite || path.last == .suites:
            element = .testCase
            try beginCase()
        case let name where path.last == .testCase && Self.results.contains(name):
            element = .failure
            try beginFailure(name)
        case let name where path.last == .suite && (name == "error" || name == "failure"):
            // Of the suite itself: of a fixture, or because it couldn't be loaded.
            element = .failure
            item = TestCase(suite: suitePath, className: "", name: TestCase.suiteName)
            try beginFailure(name)
        case _ where path.last == .failure || path.last == .detail:
            element = .detail
            text.separate()
        case "property" where transcript != nil:
            element = .property
            try beginProperty()
        case "system-out" where transcript != nil, "system-err" where transcript != nil:
            element = .output
            text = BoundedText(isWhole: true)
        default: break
        }
        path.append(element)
        if isEmpty { try end() }
    }

    private static let results: Set = [
        "failure", "error", "skipped", "flakyFailure", "flakyError", "rerunFailure", "rerunError",
    ]

    private mutating func beginRoot(_ name: UnsafePointer<CChar>) throws {
        entities = try XMLEntities(reader.subset)
        let root = String(cString: name)
        guard root == "testsuites" || root == "testsuite" else {
            throw JUnitProblem.refused("it is no JUnit report: its root element is '\(root.prefix(40))'")
        }
    }

    private mutating func beginSuite() throws {
        let transcript = transcript
        var name = ""
        var tests = 0
        try attributes { attribute, reader in
            if strcmp(attribute, "name") == 0 { name = Self.bounded(reader.value, transcript) }
            if strcmp(attribute, "tests") == 0 { tests = Int(String(cString: reader.value)) ?? 0 }
            transcript?.note(attribute, reader.value)
        }
        transcript?.beginSuite(name)
        if suites.isEmpty { declared += min(max(0, tests), 1 << 40) }
        suites.append(name)
        suitePath = suites.filter { !$0.isEmpty }.joined(separator: "/")
    }

    private mutating func beginCase() throws {
        let transcript = transcript
        var item = TestCase(suite: suitePath, className: "", name: "")
        try attributes { attribute, reader in
            switch attribute.pointee {
            case CChar(UInt8(ascii: "n")) where strcmp(attribute, "name") == 0:
                item.name = Self.bounded(reader.value, transcript)
            case CChar(UInt8(ascii: "c")) where strcmp(attribute, "classname") == 0:
                item.className = Self.bounded(reader.value, transcript)
            case CChar(UInt8(ascii: "t")) where strcmp(attribute, "time") == 0:
                item.seconds = junitSeconds(reader.value)
            case _ where strcmp(attribute, "status") == 0 || strcmp(attribute, "result") == 0:
                transcript?.note(attribute, reader.value)
                switch String(cString: reader.value).lowercased() {
                case "skipped", "disabled", "notrun", "ignored", "suppressed": item.status = .skipped
                case "failed", "failure", "fail": item.status = .failed
                case "error": item.status = .error
                default: break
                }
            default: transcript?.note(attribute, reader.value)
            }
        }
        if item.name.isEmpty {
            item.name = "(unnamed)"
            unnamed += 1
        }
        self.item = item
        transcript?.beginCase()
    }

    private mutating func beginFailure(_ kind: String) throws {
        let transcript = transcript
        var failure = TestCase.Failure(kind: kind, type: "", message: "", details: "", shape: "")
        try attributes { attribute, reader in
            if strcmp(attribute, "message") == 0 { failure.message = Self.bounded(reader.value, transcript) }
            if strcmp(attribute, "type") == 0 { failure.type = Self.bounded(reader.value, transcript) }
        }
        self.failure = failure
        text = BoundedText(isWhole: transcript != nil)
    }

    private mutating func beginProperty() throws {
        var name = ""
        var value: String?
        try attributes { attribute, reader in
            if strcmp(attribute, "name") == 0 { name = String(cString: reader.value) }
            if strcmp(attribute, "value") == 0 { value = String(cString: reader.value) }
        }
        property = name
        text = BoundedText(isWhole: true)
        if let value { text.append(value) }
    }

    private mutating func end() throws {
        switch path.popLast() {
        case .suite:
            suites.removeLast()
            transcript?.endSuite()
            suitePath = suites.filter { !$0.isEmpty }.joined(separator: "/")
        case .failure:
            endFailure()
            if path.last == .suite { try endCase() }
        case .testCase: try endCase()
        case .property: transcript?.add(property: property, text.text)
        case .output: transcript?.add(output: String(cString: reader.name), text.raw)
        default: break
        }
    }

    private mutating func endFailure() {
        guard var failure else { return }
        if transcript != nil || item?.failures.count ?? 0 < 100 {
            failure.details = text.text
            failure.shape = messageShape(failure.message.isEmpty ? failure.details : failure.message)
            item?.failures.append(failure)
        }
        switch failure.kind {
        case "error": item?.status = .error
        case "failure": if item?.status != .error { item?.status = .failed }
        case "skipped": if item?.status == .passed { item?.status = .skipped }
        case "flakyFailure", "flakyError": item?.isFlaky = true
        default: break
        }
        self.failure = nil
    }

    private mutating func endCase() throws {
        guard let item else { return }
        self.item = nil
        summary.add(item)
        transcript?.add(item)
        try emit(item)
    }

    private mutating func attributes(_ body: (UnsafePointer<CChar>, XMLReader) -> Void) throws {
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
    private static func bounded(_ text: UnsafePointer<CChar>, _ transcript: JUnitTranscript?) -> String {
        let length = strlen(text)
        guard length > 4096, transcript == nil else { return String(cString: text) }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<length { hash = (hash ^ UInt64(UInt8(bitPattern: text[index]))) &* 0x100_0000_01b3 }
        let head = UnsafeRawBufferPointer(start: text, count: 4000)
        return String(decoding: head, as: UTF8.self) + "…" + String(hash, radix: 16)
    }
}

extension TestCase {
    /// What a failure of a suite itself is called.
    static let suiteName = "(suite)"
    var isOfSuite: Bool { name == Self.suiteName }
}
