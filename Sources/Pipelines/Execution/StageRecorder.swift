import Artifacts
import Foundation
import Synchronization

/// What a stage has written and measured.
struct StageProduct: Sendable {
    var outputs: [String: Digest] = [:]
    var metrics: [String: Double] = [:]
    var remarks = MetricRemarks()
    /// What whoever runs the stage should know of how it went.
    var notes: [String] = []
    /// The most memory that the worker and the programs that it started were seen to hold together; 0 if it started none.
    var peakMemoryBytes = 0
}

/// Gathers what a running stage writes and measures, and passes its progress on at a bearable rate.
final class StageRecorder: Sendable {
    private struct State {
        var product = StageProduct()
        var lastReport: ContinuousClock.Instant?
    }

    private let declared: [OutputRole]
    private let progress: @Sendable (StageProgress) -> Void
    private let state = Mutex(State())

    init(declared: [OutputRole], progress: @escaping @Sendable (StageProgress) -> Void) {
        self.declared = declared
        self.progress = progress
    }

    func type(of role: String) throws -> ArtifactType {
        if let output = declared.first(where: { $0.name == role }) { return output.type }
        let names = declared.map(\.name).joined(separator: ", ")
        throw StageFailure(.failed, "the stage kind wrote the output '\(role)', but it declares: \(names)")
    }

    func record(output: Digest, for role: String) throws {
        let earlier = state.withLock { $0.product.outputs.updateValue(output, forKey: role) }
        if earlier != nil { throw StageFailure(.failed, "the stage kind wrote the output '\(role)' twice") }
    }

    func record(metric name: String, _ value: Double) {
        state.withLock { $0.product.metrics[name] = value }
    }

    func record(remarks: MetricRemarks) {
        state.withLock { $0.product.remarks = remarks }
    }

    func record(note: String) {
        state.withLock { $0.product.notes.append(note) }
    }

    /// What the worker's process group holds in memory just now.
    func record(memoryBytes: Int) {
        state.withLock { $0.product.peakMemoryBytes = max($0.product.peakMemoryBytes, memoryBytes) }
    }

    /// Passes on the first report, the last one, and at most ten a second between.
    func report(_ report: StageProgress) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            if report.completed < report.total, let last = state.lastReport, now - last < .milliseconds(100) {
                return false
            }
            state.lastReport = now
            return true
        }
        if isDue { progress(report) }
    }

    /// What was written and measured.
    ///
    /// - Throws: `StageFailure` if a declared output is missing.
    func finish() throws -> StageProduct {
        let product = state.withLock(\.product)
        let missing = declared.map(\.name).filter { product.outputs[$0] == nil }
        guard missing.isEmpty else {
            throw StageFailure(
                .failed, "the stage kind ended without writing its output '\(missing.joined(separator: "', '"))'")
        }
        return product
    }
}
