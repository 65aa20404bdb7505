import Foundation

/// Runs stages on threads of this process: quick, but a crash is everybody's crash and nothing can be interrupted.
///
/// For tests of stage kinds and of the runner.
package struct InProcessLauncher: WorkerLauncher {
    private let body: WorkerBody

    package init(registry: StageRegistry) { body = WorkerBody(registry: registry) }

    package func launch(
        _ request: WorkerRequest, limits: StageLimits, onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> WorkerOutcome {
        await withCheckedContinuation { continuation in
            // A thread of its own: stages block, which Swift's cooperative threads mustn't.
            Thread.detachNewThread { [body] in
                let last = body.execute(request) { event in
                    switch event {
                    case .done, .failed: break
                    case .waiting, .started, .progress, .usage: onEvent(event)
                    }
                }
                switch last {
                case .done(let report): continuation.resume(returning: .done(report))
                case .failed(let failure): continuation.resume(returning: .failed(failure))
                case .waiting, .started, .progress, .usage: preconditionFailure("a worker ended without an end")
                }
            }
        }
    }
}
