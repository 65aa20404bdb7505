import Artifacts
import Catalogue
import Foundation

/// Several JUnit reports as one, valid against Jenkins' junit-10.xsd, without losing a case.
///
/// Suites stay as they are nested, with counts made anew; suites of one name from several files stay apart. What Jenkins'
/// schema has no place for goes where its readers look: a suite's unknown attributes among its properties; a case's properties
/// and unknown attributes, such as `file` and `line`, into a `system-out` of lines `[[PROPERTY|name=value]]` before its own.
package struct MergedReport {
    private var suites: [JUnitTranscript.Suite] = []
    package private(set) var summary = TestSummary()
    /// The tests that failed in the report that was added last.
    package private(set) var failedTests: [TestName] = []

    /// Properties by which a merged report says what it has no other place for: why a report in it isn't whole, and a case's
    /// qualifier.
    static let incomplete = "calm.incomplete"
    static let qualifier = "calm.qualifier"

    package init() {}

    /// Adds a report's suites; returns what its cases add up to, with the warnings of its reading.
    ///
    /// - Throws: `RefusedReport`.
    ///
    /// - Parameter name: What its suite is called, in a form without suites.
    package mutating func add(_ file: URL, name: String? = nil) throws -> TestSummary {
        let transcript = JUnitTranscript()
        let name = name ?? file.lastPathComponent
        var failed: [TestName] = []
        let read = try ReportReader.read(
            file, name: name, transcript: transcript, again: { failed = [] },
            { item in
                guard item.status.isFailing else { return }
                failed.append(
                    TestName(suite: item.suite, className: item.className, name: item.name, qualifier: item.qualifier))
            })
        failedTests = failed
        var loose = false
        for entry in transcript.root.entries {
            if case .suite(let suite) = entry { suites.append(suite) } else { loose = true }
        }
        // Cases right below the root have no suite, and keep none that has a name.
        if loose { suites.append(transcript.root.withCasesOnly) }
        let known = transcript.root.statements(Self.incomplete)
        let reasons = read.incomplete.filter { !known.contains($0) }
        if !reasons.isEmpty {
            suites.append(.init(properties: reasons.map { (Self.incomplete, "\(name): \($0)") }))
        }
        summary.incomplete += read.incomplete
        summary.tests += read.tests
        summary.failures += read.failures
        summary.errors += read.errors
        summary.skipped += read.skipped
        summary.seconds += read.seconds
        return read
    }

    /// Notes why the merged report isn't whole, beyond what its parts say.
    package mutating func report(incomplete sentence: String) {
        suites.append(.init(properties: [(Self.incomplete, sentence)]))
        summary.incomplete.append(sentence)
    }

    package func xml() -> Data {
        let document = XMLDocument(isCopy: true)
        document.element(
            "testsuites",
            [
                "time": junitTime(summary.seconds), "tests": "\(summary.tests)", "failures": "\(summary.failures)",
                "errors": "\(summary.errors)",
            ]
        ) {
            for suite in suites { write(suite, to: document) }
        }
        return document.finish()
    }

    /// What Jenkins' schema lets a suite have, besides what is made anew.
    private static let attributes: Set = [
        "group", "timestamp", "hostname", "id", "package", "file", "log", "url", "version",
    ]
    private static let madeAnew: Set = ["name", "tests", "failures", "errors", "skipped", "time"]

    private func write(_ suite: JUnitTranscript.Suite, to document: borrowing XMLDocument) {
        let counts = suite.summary
        func known(_ name: String) -> String? { suite.extras.attributes.first { $0.name == name }?.value }
        let others = suite.extras.attributes.filter {
            !Self.attributes.contains($0.name) && !Self.madeAnew.contains($0.name)
        }
        document.element(
            "testsuite",
            [
                "name": suite.name, "tests": "\(counts.tests)", "failures": "\(counts.failures)",
                "errors": "\(counts.errors)", "skipped": "\(counts.skipped)",
                "time": junitTime(suite.seconds ?? counts.seconds), "timestamp": known("timestamp"),
                "hostname": known("hostname"), "id": known("id"), "package": known("package"), "file": known("file"),
                "log": known("log"), "url": known("url"), "version": known("version"), "group": known("group"),
            ]
        ) {
            let properties = others + suite.extras.properties
            if !properties.isEmpty {
                document.element("properties") {
                    for item in properties { document.element("property", ["name": item.name, "value": item.value]) }
                }
            }
            for entry in suite.entries {
                switch entry {
                case .suite(let inner): write(inner, to: document)
                case .testCase(let item, let extras): write(item, extras, to: document)
                }
            }
            for output in suite.extras.outputs {
                document.element(output.name, text: XMLText(output.value, isCopy: true))
            }
        }
    }

    private func write(
        _ item: TestCase, _ extras: JUnitTranscript.Extras, to document: borrowing XMLDocument
    ) {
        document.element(
            "testcase",
            [
                "name": item.name, "classname": item.className, "time": item.seconds.map(junitTime),
                "group": extras.attributes.first { $0.name == "group" }?.value,
            ]
        ) {
            // An attribute said that the case failed; beside a skip, the failure's element would be a known failure.
            let failures = item.status == .failed ? item.failures.filter { $0.kind != "skipped" } : item.failures
            for failure in failures {
                // A rerun must have a type; elsewhere it may be missing.
                let isRerun = failure.kind.hasPrefix("flaky") || failure.kind.hasPrefix("rerun")
                // Of a case that passed, an attempt that failed is one before the last, whatever it was called.
                let kind = item.status == .passed ? failure.kind.replacing("rerun", with: "flaky") : failure.kind
                document.element(
                    kind,
                    [
                        "message": failure.message.isEmpty ? nil : failure.message,
                        "type": failure.type.isEmpty && !isRerun ? nil : failure.type,
                    ], text: failure.details.isEmpty ? nil : XMLText(failure.details, isCopy: true))
            }
            // What only an attribute said.
            if let element = item.impliedElement {
                document.element(element, element == "flakyFailure" ? ["type": ""] : [:])
            }
            let properties = extras.attributes.filter { $0.name != "group" } + extras.properties
            if !properties.isEmpty {
                document.element("system-out", text: XMLText(properties.map(line).joined(), isCopy: true))
            }
            for output in extras.outputs { document.element(output.name, text: XMLText(output.value, isCopy: true)) }
        }
    }

    private func line(_ property: JUnitTranscript.Pair) -> String {
        property.value.contains { $0.isNewline } || property.value.contains("]]")
            ? "[[PROPERTY|\(property.name)]]\n\(property.value)\n[[/PROPERTY]]\n"
            : "[[PROPERTY|\(property.name)=\(property.value)]]\n"
    }
}

extension TestCase {
    /// The element that says what became of the case, if none of its own does.
    fileprivate var impliedElement: String? {
        let kinds = Set(failures.map(\.kind))
        switch status {
        case .passed:
            let hasAttempt = kinds.contains { $0.hasPrefix("flaky") || $0.hasPrefix("rerun") }
            return isFlaky && !hasAttempt ? "flakyFailure" : nil
        case .error: return kinds.contains("error") ? nil : "error"
        case .failed: return kinds.contains("failure") ? nil : "failure"
        case .skipped: return kinds.contains("skipped") ? nil : "skipped"
        }
    }
}

extension JUnitTranscript.Suite {
    /// The values of a property of it and of the suites in it.
    fileprivate func statements(_ name: String) -> Set<String> {
        var values = Set(extras.properties.filter { $0.name == name }.map(\.value))
        for case .suite(let inner) in entries { values.formUnion(inner.statements(name)) }
        return values
    }

    /// What its cases, and those of the suites in it, add up to.
    fileprivate var summary: TestSummary {
        var sum = TestSummary()
        for entry in entries {
            switch entry {
            case .testCase(let item, _): sum.add(item)
            case .suite(let inner):
                let part = inner.summary
                sum.tests += part.tests
                sum.failures += part.failures
                sum.errors += part.errors
                sum.skipped += part.skipped
                sum.seconds += part.seconds
            }
        }
        return sum
    }
}
