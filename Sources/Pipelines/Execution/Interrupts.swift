// Dispatch sources may be used from any thread, but don't say so to the compiler.
@preconcurrency import Dispatch
import Foundation

/// The signals by which a person or a CI server ends a run.
package enum Interrupts {
    /// SIGINT and SIGTERM, as they come. The second of a kind ends the process at once, and its workers with it.
    ///
    /// Call it once, in the process of `calm run`.
    package static func signals() -> AsyncStream<Int32> {
        AsyncStream { continuation in
            let sources = [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    signal(number, SIG_DFL)
                    continuation.yield(number)
                }
                source.resume()
                return source
            }
            continuation.onTermination = { _ in
                for source in sources { source.cancel() }
            }
        }
    }
}
