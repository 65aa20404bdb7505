import Artifacts
import Foundation
import FoundationXML
import Pipelines
import Reports
import Testing

/// A kind for stages that no test runs.
enum IdleStage: StageKind {
    struct Parameters: StageParameters {
        static let fields: [ParameterField<Self>] = []
    }

    static let name = "idle"
    static let version = 1
    static let summary = ""

    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [] }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {}
}

let somewhere = SourceLocation(file: "p.yaml", line: 3, column: 5)

/// A stage of a pipeline together with what became of it in a run.
struct Outcome {
    var stage: ResolvedStage
    var result: StageResult
    var gates: [GateResult] = []

    init(_ name: String, _ state: StageState, why: String = "no earlier execution", gates: [Gate] = []) {
        stage = ResolvedStage(
            name: name, kind: IdleStage.self, parameters: [:], inputs: [:], outputs: [], gates: gates,
            location: somewhere)
        result = StageResult(name: name, kind: "idle", state: state, why: why, location: somewhere)
    }

    static func failed(_ message: String, _ category: StageFailure.Category = .failed) -> Outcome {
        var outcome = Outcome("broken", .failed, why: "no earlier execution")
        outcome.result.failure = StageFailure(category, message)
        return outcome
    }

    /// The same, its gates judged on these values in their order.
    func judged(_ values: Double?...) -> Outcome {
        var outcome = self
        outcome.gates = zip(stage.gates, values).map { gate, value in
            var passed = false
            if case .number(let bound) = gate.bound, let value { passed = gate.comparison.holds(value, bound) }
            return GateResult(
                stage: stage.name, metric: gate.metric, expected: gate.expected, value: value, passed: passed)
        }
        return outcome
    }
}

/// The report of a run with these outcomes.
func report(
    _ outcomes: [Outcome], seconds: Double = 1, exit: Int32 = 0, options: JUnitOptions = JUnitOptions()
) -> JUnitReport {
    var result = RunResult(
        run: "20260102T030405-abcd", pipeline: "toys", exit: exit, startedAt: Date(timeIntervalSince1970: 86_399.9),
        seconds: seconds, stages: outcomes.map(\.result), gates: outcomes.flatMap(\.gates))
    result.exit = exit
    let pipeline = ResolvedPipeline(
        name: "toys", description: "", parameters: ["seed": .int(7), "name": .string("x")],
        stages: outcomes.map(\.stage))
    return JUnitReport(of: result, pipeline: pipeline, options: options)
}

/// An XML element as another reader sees it.
final class Element {
    let name: String
    let attributes: [String: String]
    var text = ""
    var children: [Element] = []

    init(_ name: String, _ attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    /// All elements of a name, in the order of the document.
    func all(_ name: String) -> [Element] {
        (self.name == name ? [self] : []) + children.flatMap { $0.all(name) }
    }

    subscript(attribute: String) -> String? { attributes[attribute] }

    /// The case of a name.
    func testCase(_ name: String) -> Element? { all("testcase").first { $0["name"] == name } }
}

/// Reads a report with Foundation's parser; nil if it is not well-formed.
func parsed(_ report: JUnitReport) -> Element? { parsed(report.xml()) }

/// Reads a document with Foundation's parser; nil if it is not well-formed XML.
func parsed(_ document: Data) -> Element? {
    final class Reader: NSObject, XMLParserDelegate {
        var path = [Element("", [:])]

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            let element = Element(name, attributes)
            path[path.count - 1].children.append(element)
            path.append(element)
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) { path.removeLast() }

        func parser(_ parser: XMLParser, foundCharacters text: String) { path[path.count - 1].text += text }
    }
    let reader = Reader()
    let parser = XMLParser(data: document)
    parser.delegate = reader
    return parser.parse() ? reader.path[0].children.first : nil
}
