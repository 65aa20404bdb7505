// Dispatch sources may be used from any thread, but don't say so to the compiler.
@preconcurrency import Dispatch
import Foundation
import Synchronization

/// The signals by which a person or a CI server ends a run.
package enum Interrupts {
    /// SIGINT, SIGTERM and SIGHUP, as they come; SIGHUP not if it is ignored, as by nohup(1). The second of a kind ends the process at once, and its workers with it.
    ///
    /// Call it once, in the process of `calm run`.
    package static func signals() -> AsyncStream<Int32> {
        AsyncStream { continuation in
            let sources = [SIGINT, SIGTERM, SIGHUP].compactMap { number -> (any DispatchSourceSignal)? in
                if number == SIGHUP, isIgnored(number) { return nil }
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

extension Interrupts {
    /// Whether the signal was ignored when this process was started, and is still.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

/// The first signal that ends a run, for whoever asks whether there was one, and for the one who waits for it.
final class Interruption: Sendable {
    private let first = Mutex<Int32?>(nil)
    /// Gives the signal, if one comes. To be read once.
    let signals: AsyncStream<Int32>

    init(_ interrupts: AsyncStream<Int32>) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        signals = stream
        let reading = Task { [weak self] in
            for await signal in interrupts {
                self?.first.withLock { $0 = $0 ?? signal }
                continuation.yield(signal)
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in reading.cancel() }
    }

    var signal: Int32? { first.withLock(\.self) }
}
