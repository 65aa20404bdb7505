import Artifacts
import Catalogue
import Foundation
import Glibc
import Pipelines

/// What the settled sections of a run's page depend on: what its stages gave, how its gates were judged, and the program
/// that writes the page.
struct SettledKey {
    private var text: String

    init(pipeline: String) { text = pipeline + "\n" + Self.program + "\n" }

    mutating func add(
        stage: String, kind: String, key: Digest?, outputs: [String: Digest], metrics: [String: Double], why: String,
        upstream: [String]
    ) {
        add(["stage", stage, kind, key?.hex ?? "", why] + upstream)
        for (role, artifact) in outputs.sorted(by: { $0.key < $1.key }) { add(["output", role, artifact.hex]) }
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) { add(["metric", name, "\(value)"]) }
    }

    mutating func add(gates: [(stage: String, metric: String, expected: String, value: Double?, passed: Bool)]) {
        let lines = gates.map {
            ["gate", $0.stage, $0.metric, $0.expected, Self.spell($0.value), "\($0.passed)"]
        }
        for line in lines.sorted(by: { $0.lexicographicallyPrecedes($1) }) { add(line) }
    }

    private mutating func add(_ fields: [String]) {
        // Each with its length, so that no two lists of fields give the same text.
        for field in fields { text += "\(field.utf8.count) \(field)\n" }
    }

    /// The catalogue has no other word for "not a number" than for none.
    private static func spell(_ value: Double?) -> String { value.flatMap { $0.isNaN ? nil : "\($0)" } ?? "" }

    var digest: Digest { Digest(of: Data(text.utf8)) }

    /// Another build of the program may write a page otherwise.
    private static let program: String = {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return "" }
        return "\(status.st_size) \(status.st_ino) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
    }()
}

extension RunResult {
    /// What the settled sections of the run's page depend on; nil if it executed something, which its page tells of.
    ///
    /// - Parameter upstream: The stages that each stage reads from, by its name.
    package func settledKey(upstream: [String: [String]]) -> Digest? {
        guard !stages.isEmpty, stages.allSatisfy({ $0.state == .cached }) else { return nil }
        var key = SettledKey(pipeline: pipeline)
        for stage in stages {
            key.add(
                stage: stage.name, kind: stage.kind, key: stage.key, outputs: stage.outputs, metrics: stage.metrics,
                why: stage.why, upstream: upstream[stage.name] ?? [])
        }
        key.add(gates: gates.map { ($0.stage, $0.metric, $0.expected, $0.value, $0.passed) })
        return key.digest
    }
}

extension RunReport {
    /// The same as that of the run's result; nil as well if something can't be read, which may go well the next time.
    var settledKey: Digest? {
        guard !hasUnreadable, !stages.isEmpty, stages.allSatisfy({ $0.row.state == "cached" }) else { return nil }
        var key = SettledKey(pipeline: run.pipeline)
        for stage in stages {
            key.add(
                stage: stage.row.name, kind: stage.row.kind, key: stage.row.key,
                outputs: Dictionary(stage.outputs.map { ($0.role, $0.artifact) }) { first, _ in first },
                metrics: stage.metrics, why: stage.row.why, upstream: stage.upstream)
        }
        key.add(gates: gates.map { ($0.stage, $0.metric, $0.expected, $0.value, $0.passed) })
        return key.digest
    }
}
