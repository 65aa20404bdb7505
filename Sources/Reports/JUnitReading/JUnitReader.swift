import CLibXML2
import Catalogue
import Foundation

/// Reads JUnit XML of any writer, a case at a time.
package struct JUnitReader {
    /// A file that isn't well-formed is read as a whole, so that it may not be larger than this.
    static let malformedLimit = 32 << 20
    static let fileLimit = 1 << 30

    private let reader: XMLReader
    private let emit: (TestCase) throws -> Void
    private var summary = TestSummary()
    private var entities: XMLEntities?
    /// The elements around the current node.
    private var path: [Element] = []
    private var suites: [String] = []
    private var suitePath = ""
    private var item: TestCase?
    private var failure: TestCase.Failure?
    private var text = BoundedText()
    /// The tests that suites without suites in them say they have.
    private var declared = 0
    private var unnamed = 0

    private enum Element { case suites, suite, testCase, failure, other }

    /// Reads a file and gives its cases; returns what they add up to.
    ///
    /// `again` is called between two attempts: what the first has given must be forgotten.
    /// - Throws: `RefusedReport`, or what `emit` throws.
    package static func read(
        _ file: URL, again: () throws -> Void, _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        let name = file.lastPathComponent
        let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        func refused(_ reason: String, isForeign: Bool = false) -> RefusedReport {
            RefusedReport(file: file.path, reason: reason, isForeign: isForeign)
        }
        guard size > 0 else { throw refused("it is empty") }
        guard size <= fileLimit else { throw refused("it has \(size) bytes, expected at most \(fileLimit)") }
        do {
            let source = try XMLSource(file)
            do {
                var stream = JUnitReader(try XMLReader(streaming: source, name), emit)
                return try stream.run(replaced: source.replaced, source)
            } catch JUnitProblem.malformed(let reason) {
                guard size <= malformedLimit else {
                    throw refused("it isn't well-formed XML, and too large to be mended (\(reason))")
                }
                try again()
                return try recover(file, name, reason, emit)
            }
        } catch JUnitProblem.refused(let reason) {
            throw refused(reason, isForeign: reason.hasPrefix("it is no JUnit report"))
        } catch JUnitProblem.malformed(let reason) {
            throw refused(reason)
        }
    }

    private static func recover(
        _ file: URL, _ name: String, _ reason: String, _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        let source = try XMLSource(file)
        var bytes = Data(count: try Data(contentsOf: file, options: .mappedIfSafe).count)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
            }
            guard got > 0 else { break }
            count += got
        }
        let isCut = cutsLastCase(bytes)
        var held: TestCase?
        var reader = JUnitReader(try XMLReader(recovering: bytes, name)) { item in
            if let held { try emit(held) }
            held = item
        }
        var summary = try reader.run(replaced: source.replaced, nil)
        summary.warnings.insert("not well-formed XML, read as far as possible (\(reason))", at: 0)
        let written = bytes.count(of: "<testcase")
        if written > summary.tests {
            summary.warnings.append("\(written - summary.tests) of \(written) test cases were lost")
        }
        if let last = held {
            if isCut, last.status == .passed {
                summary.tests -= 1
                summary.seconds -= last.seconds ?? 0
                summary.warnings.append("the file ends within the test case '\(last.name)', which is left out")
            } else {
                try emit(last)
            }
        }
        return summary
    }

    /// Whether the file ends within a test case, so that nobody knows how that one ended.
    private static func cutsLastCase(_ bytes: Data) -> Bool {
        guard let start = bytes.range(of: Data("<testcase".utf8), options: .backwards) else { return false }
        let rest = bytes[start.upperBound...]
        if rest.range(of: Data("</testcase".utf8)) != nil { return false }
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return true }
        return rest[rest.index(before: end)] != UInt8(ascii: "/")
    }

    private init(_ reader: XMLReader, _ emit: @escaping (TestCase) throws -> Void) {
        self.reader = reader
        self.emit = emit
    }

    private mutating func run(replaced: Int, _ source: XMLSource?) throws -> TestSummary {
        while try reader.next() {
            switch reader.kind {
            case XML_READER_TYPE_ELEMENT: try begin()
            case XML_READER_TYPE_END_ELEMENT: try end()
            case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA, XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
                if path.last == .failure { text.append(reader.value) }
            case XML_READER_TYPE_ENTITY_REFERENCE:
                let expanded = try entities?.text(String(cString: reader.name)) ?? ""
                if path.last == .failure { text.append(expanded) }
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
            item = TestCase(suite: suitePath, className: "", name: "(suite)")
            try beginFailure(name)
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
        var name = ""
        var tests = 0
        try attributes { attribute, reader in
            if strcmp(attribute, "name") == 0 { name = Self.bounded(reader.value) }
            if strcmp(attribute, "tests") == 0 { tests = Int(String(cString: reader.value)) ?? 0 }
        }
        if suites.isEmpty { declared += min(max(0, tests), 1 << 40) }
        suites.append(name)
        suitePath = suites.filter { !$0.isEmpty }.joined(separator: "/")
    }

    private mutating func beginCase() throws {
        var item = TestCase(suite: suitePath, className: "", name: "")
        try attributes { attribute, reader in
            switch attribute.pointee {
            case CChar(UInt8(ascii: "n")) where strcmp(attribute, "name") == 0: item.name = Self.bounded(reader.value)
            case CChar(UInt8(ascii: "c")) where strcmp(attribute, "classname") == 0:
                item.className = Self.bounded(reader.value)
            case CChar(UInt8(ascii: "t")) where strcmp(attribute, "time") == 0:
                item.seconds = junitSeconds(reader.value)
            case _ where strcmp(attribute, "status") == 0 || strcmp(attribute, "result") == 0:
                switch String(cString: reader.value).lowercased() {
                case "skipped", "disabled", "notrun", "ignored", "suppressed": item.status = .skipped
                case "failed", "failure", "fail": item.status = .failed
                case "error": item.status = .error
                default: break
                }
            default: break
            }
        }
        if item.name.isEmpty {
            item.name = "(unnamed)"
            unnamed += 1
        }
        self.item = item
    }

    private mutating func beginFailure(_ kind: String) throws {
        var failure = TestCase.Failure(kind: kind, type: "", message: "", details: "", shape: "")
        try attributes { attribute, reader in
            if strcmp(attribute, "message") == 0 { failure.message = Self.bounded(reader.value) }
            if strcmp(attribute, "type") == 0 { failure.type = Self.bounded(reader.value) }
        }
        self.failure = failure
        text = BoundedText()
    }

    private mutating func end() throws {
        switch path.popLast() {
        case .suite:
            suites.removeLast()
            suitePath = suites.filter { !$0.isEmpty }.joined(separator: "/")
        case .failure:
            endFailure()
            if path.last == .suite { try endCase() }
        case .testCase: try endCase()
        default: break
        }
    }

    private mutating func endFailure() {
        guard var failure else { return }
        failure.details = text.text
        failure.shape = messageShape(failure.message.isEmpty ? failure.details : failure.message)
        if item?.failures.count ?? 0 < 100 { item?.failures.append(failure) }
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
    private static func bounded(_ text: UnsafePointer<CChar>) -> String {
        let length = strlen(text)
        guard length > 4096 else { return String(cString: text) }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<length { hash = (hash ^ UInt64(UInt8(bitPattern: text[index]))) &* 0x100_0000_01b3 }
        let head = UnsafeRawBufferPointer(start: text, count: 4000)
        return String(decoding: head, as: UTF8.self) + "…" + String(hash, radix: 16)
    }
}

extension Data {
    /// How often a text occurs.
    fileprivate func count(of text: String) -> Int {
        let wanted = Data(text.utf8)
        var count = 0
        var start = startIndex
        while let found = self[start...].range(of: wanted) {
            count += 1
            start = found.upperBound
        }
        return count
    }
}
