import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports
import Testing

/// A store with one run whose stages are made by hand; removed with this object.
final class ReportWorld {
    let store: Store
    let catalogue: Catalogue
    private var rows: [RunStageRow] = []
    private var gates: [GateRow] = []
    static let run = "20260102T030405Z-0000abcd"

    init() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("calm-report-\(UUID().uuidString)")
        store = try Store(opening: root, create: true)
        catalogue = try Catalogue(store: store)
    }

    deinit { try? FileManager.default.removeItem(at: store.root) }

    func artifact(
        _ type: ArtifactType, _ members: [String: String] = [:], metadata: [String: JSONValue] = [:]
    ) throws -> Digest {
        try store.put(
            Manifest(type: type, members: try members.mapValues { try store.put(Data($0.utf8)) }, metadata: metadata))
    }

    /// Records a stage with a result.
    @discardableResult
    func stage(
        _ name: String, in inputs: [(role: String, artifact: Digest)] = [], out outputs: [String: Digest] = [:],
        metrics: [String: Double] = [:], state: String = "executed", upstream: [String] = [], seconds: Double = 2,
        startedAt: Double? = nil, why: String = "no earlier execution"
    ) throws -> Digest {
        let document = JSONValue.object([
            "kind": .string("toy"), "version": .int(1), "with": .object(["name": .string(name)]),
            "in": .object(
                Dictionary(grouping: inputs, by: \.role).mapValues { .array($0.map { .string($0.artifact.hex) }) }),
        ])
        let key = Digest(of: Data(document.canonical.utf8))
        let record = ExecutionRecord(
            key: key, keyDocument: document, outputs: outputs, metrics: metrics, startedAt: 1000, seconds: seconds,
            cpuSeconds: seconds * 1.5, peakMemoryBytes: 1 << 20, environment: ["blas": "Zen <&>", "threads": "2"])
        try store.publish(record)
        let manifests = try Dictionary(outputs.values.map { ($0, try store.manifest($0)) }) { first, _ in first }
        try catalogue.adopt(record, stage: name, manifests: manifests)
        var row = RunStageRow(
            run: Self.run, position: rows.count, name: name, kind: "toy", state: state, key: key,
            seconds: state == "executed" ? seconds : 0, cpuSeconds: seconds * 1.5, peakMemoryBytes: 1 << 20, why: why,
            location: "p.yaml:3:5")
        row.upstream = upstream
        (row.startedAt, row.threads) = (startedAt, 2)
        rows.append(row)
        return key
    }

    func failed(_ name: String, _ message: String, upstream: [String] = []) {
        var row = RunStageRow(
            run: Self.run, position: rows.count, name: name, kind: "toy", state: "failed", key: nil, seconds: 1,
            why: message, failureCategory: "failed", failureMessage: message, location: "p.yaml:9:5")
        row.upstream = upstream
        rows.append(row)
    }

    func gate(_ stage: String, _ metric: String, _ expected: String, _ value: Double?, passed: Bool) {
        gates.append(
            GateRow(run: Self.run, stage: stage, metric: metric, expected: expected, value: value, passed: passed))
    }

    /// Ends the run and gathers its report.
    func report(exit: Int32 = 0, name: String = "toys", parameters: JSONValue = .object(["seed": .int(7)])) throws
        -> RunReport
    {
        var row = RunRow(
            id: Self.run, pipeline: name, file: "p.yaml", startedAt: 1000, commandLine: "calm run p.yaml",
            parameters: parameters)
        try catalogue.begin(run: row)
        try catalogue.finish(run: row.id, exit: exit, seconds: 10, stages: rows, gates: gates)
        (row.exit, row.seconds) = (exit, 10)
        let folder = store.runs.appendingPathComponent(row.id)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try RunRecord(run: row, stages: rows, gates: gates).write(to: folder)
        return try RunReport(row, catalogue: catalogue, store: store)
    }
}

/// What a page holds, read by an XML parser.
struct PageReading {
    let root: Element

    init(_ page: HTMLPage) throws { root = try #require(parsed(page.html()), "the page is not well-formed") }

    func section(_ id: String) -> Element? { root.all("section").first { $0["id"] == id } }

    /// The text of an element and all in it.
    static func text(_ element: Element?) -> String {
        guard let element else { return "" }
        return element.text + element.children.map { " " + text($0) }.joined()
    }

    /// Rows of the first table in a section, each cell's text.
    func rows(_ id: String) -> [[String]] {
        (section(id)?.all("tr") ?? []).map { row in
            row.children.map { Self.text($0).split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        }
    }

    /// Links to places in the page that aren't there.
    var brokenLinks: [String] {
        let ids = Set(Self.all(root).compactMap { $0["id"] })
        return root.all("a").compactMap { $0["href"] }.filter {
            !$0.hasPrefix("#") || !ids.contains(String($0.dropFirst()))
        }
    }

    /// Identifiers that stand more than once.
    var repeatedIdentifiers: [String] {
        Dictionary(grouping: Self.all(root).compactMap { $0["id"] }, by: { $0 }).filter { $0.value.count > 1 }.map(
            \.key)
    }

    private static func all(_ element: Element) -> [Element] { [element] + element.children.flatMap(all) }
}
