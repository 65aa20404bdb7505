import Foundation
import FoundationXML
import Testing

/// A JUnit report read back.
struct JUnitDocument {
    /// The schema that reports must be valid against, where the machine has it.
    static let schema = ProcessInfo.processInfo.environment["CALM_JUNIT_SCHEMA"]

    let failures: Int
    let errors: Int
    let skipped: Int
    let cases: [String]

    /// Reads a report and checks that it is well-formed, valid if the schema is known, and counts its cases rightly.
    init(_ file: URL, in workspace: Workspace) throws {
        if let xmllint = installed("xmllint") {
            let schema = JUnitDocument.schema.map { ["--schema", $0] } ?? []
            let ending = try workspace.program(xmllint, ["--noout"] + schema + [file.path])
            #expect(ending.exit == 0, "\(ending.errors)")
        }
        let root = try #require(XMLDocument(data: Data(contentsOf: file)).rootElement())
        let suites = root.elements(forName: "testsuite")
        let cases = suites.flatMap { $0.elements(forName: "testcase") }
        func count(_ name: String) -> Int { cases.filter { !$0.elements(forName: name).isEmpty }.count }
        (failures, errors, skipped) = (count("failure"), count("error"), count("skipped"))
        self.cases = cases.compactMap { $0.attribute(forName: "name")?.stringValue }
        let counted = ["tests": cases.count, "failures": failures, "errors": errors, "skipped": skipped]
        for element in [root] + suites {
            for (name, value) in counted {
                guard let attribute = element.attribute(forName: name)?.stringValue else { continue }
                #expect(attribute == "\(value)", "\(name) of \(element.name ?? "")")
            }
        }
        #expect(suites.count == 1 && suites[0].attribute(forName: "tests") != nil)
    }
}
