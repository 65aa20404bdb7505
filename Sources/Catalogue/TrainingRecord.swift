import Artifacts

/// What a training took: predicted from shapes, and measured.
package struct TrainingRecord: Hashable, Sendable {
    package let execution: Digest
    package let stage: String?
    package let kind: String
    /// Tokens that all steps read together.
    package let tokens: Double
    /// Predicted floating-point operations for a token.
    package let operationsPerToken: Double
    /// Of the whole execution; of its last process, if it was resumed.
    package let cpuSeconds: Double

    package var operations: Double { tokens * operationsPerToken }
    /// Microseconds of one core for a token.
    package var microseconds: Double { cpuSeconds / tokens * 1e6 }

    /// Nil if the execution trained nothing.
    package init?(_ row: ExecutionRow) {
        guard let tokens = row.metrics["trained-tokens"], tokens > 0,
            let operations = row.metrics["operations-per-token"]
        else { return nil }
        execution = row.key
        stage = row.stage
        kind = row.kind
        self.tokens = tokens
        operationsPerToken = operations
        cpuSeconds = row.cpuSeconds
    }
}

extension Catalogue {
    /// The training that made a model or a composition; nil if none is known.
    package func training(of artifact: Digest) throws -> TrainingRecord? {
        try records(producers(of: artifact)).last
    }

    /// The trainings that began with a model.
    package func trainings(from model: Digest) throws -> [TrainingRecord] {
        try records(consumers(of: model).filter { $0.role == "initial" })
    }

    private func records(_ rows: [LineageRow]) throws -> [TrainingRecord] {
        let rows = rows.filter { !$0.isSuperseded }
        let found = try executions(rows.map(\.key))
        return rows.compactMap { found[$0.key].flatMap(TrainingRecord.init) }
    }
}
