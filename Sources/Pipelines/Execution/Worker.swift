import Artifacts
// Dispatch sources may be used from any thread, but don't say so to the compiler.
@preconcurrency import Dispatch
import Foundation
import Synchronization

/// The body of `calm worker`: runs the one stage that its standard input asks for, in a process of its own.
///
/// A line of JSON comes in, lines of JSON go out. When standard input closes, the coordinator is gone, and the worker
/// kills its process group, and whatever the stage has started. SIGTERM and SIGHUP let a stage that listens leave a
/// checkpoint and end any other.
package enum Worker {
    /// The exit code: 0 done, 4 the stage failed, 5 the store failed.
    package static func main(registry: StageRegistry, environment: @escaping WorkerBody.Environment) -> Int32 {
        // A group of its own, so that it can be ended as a whole and a Ctrl-C reaches the coordinator alone.
        setpgid(0, 0)
        // So that what a stage starts can be found and ended, whatever it does.
        ProcessTree.adoptOrphans()
        // Both would kill without a word; ignored, they become errors with a message.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        let events = WorkerOutput()
        do {
            guard let line = readLine(strippingNewline: true) else {
                throw StageFailure(.failed, "no request on standard input (`calm run` starts workers by itself)")
            }
            let request = try WorkerRequest(line: line)
            watchStandardInput()
            let stop = StopRequest()
            let terminations = watchTerminations(stop)
            defer { for source in terminations { source.cancel() } }
            let body = WorkerBody(
                registry: registry, environment: environment, checkpointInterval: checkpointInterval, stop: stop)
            return exitCode(after: body.execute(request) { events.send($0) })
        } catch {
            let failure = WorkerEvent.failed(StageFailure(describing: error))
            events.send(failure)
            return exitCode(after: failure)
        }
    }

    /// Five seconds, or what `CALM_CHECKPOINT_SECONDS` says: large models take long to write.
    private static var checkpointInterval: Double {
        ProcessInfo.processInfo.environment["CALM_CHECKPOINT_SECONDS"].flatMap(Double.init) ?? 5
    }

    private static func exitCode(after event: WorkerEvent) -> Int32 {
        guard case .failed(let failure) = event else { return 0 }
        return failure.category.isOfStore ? 5 : 4
    }

    private static func watchTerminations(_ stop: StopRequest) -> [any DispatchSourceSignal] {
        [SIGTERM, SIGHUP].compactMap { number in
            // Who ignores SIGHUP, as nohup(1) does, means it.
            if number == SIGHUP, Interrupts.isIgnored(number) { return nil }
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if stop.make() { return }
                ProcessTree.killStrayDescendants()
                signal(number, SIG_DFL)
                kill(getpid(), number)
            }
            source.resume()
            return source
        }
    }

    private static func watchStandardInput() {
        Thread.detachNewThread {
            // By system calls: a thread inside the C library's stdin would hold its lock while the process exits.
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            ProcessTree.killStrayDescendants()
            kill(0, SIGKILL)
        }
    }
}

/// Standard output, kept for events: what the stage's own code prints goes to standard error, which is the log.
private final class WorkerOutput: Sendable {
    private let descriptor: Mutex<Int32>

    init() {
        descriptor = Mutex(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3))
        dup2(STDERR_FILENO, STDOUT_FILENO)
    }

    func send(_ event: WorkerEvent) {
        var rest = Array((event.line + "\n").utf8)[...]
        descriptor.withLock { descriptor in
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0 && errno == EINTR { continue }
                // The coordinator is gone, which the watch on standard input is about to notice.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
