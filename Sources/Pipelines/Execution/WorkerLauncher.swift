/// Runs a worker and waits for its end: a process, or a double in a test.
package protocol WorkerLauncher: Sendable {
    /// Cancelling the calling task ends the worker, which then counts as interrupted.
    ///
    /// - Parameters:
    ///   - limits: What the stage may take; its time doesn't count the wait for another run.
    ///   - onEvent: Called for each event before the last, in order.
    func launch(
        _ request: WorkerRequest, limits: StageLimits, onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> WorkerOutcome
}

/// How a worker ended.
package enum WorkerOutcome: Sendable, Hashable {
    case done(WorkerReport)
    case failed(StageFailure)
    /// Ended because the run was.
    case interrupted

    var failure: StageFailure? { if case .failed(let failure) = self { failure } else { nil } }
}
