import Artifacts
import Fetching
import Foundation
import Pipelines

/// What the sources share while they run: where files arrive, what is in the store already, how failures are told.
struct SourceWork {
    let context: StageContext
    let transfer: TransferParameters
    let environment: [String: String]

    init(_ context: StageContext, _ transfer: TransferParameters = TransferParameters()) {
        self.context = context
        self.transfer = transfer
        environment = context.environment.compactMapValues(\.self)
    }

    /// Runs `body` with a folder for files on their way, which a later execution of the same key finds again.
    ///
    /// - Throws: `StageFailure`. Only after a failure that may pass, what has arrived stays in the folder.
    func perform(_ body: (_ folder: URL) throws -> Void) throws {
        let folder = context.checkpointDirectory
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try body(folder)
        } catch let failure as FetchFailure {
            if failure.reason == .transient { throw StageFailure(.failed, failure.description) }
            try? FileManager.default.removeItem(at: folder)
            throw StageFailure(failure.reason == .disk ? .store : .badInput, failure.description)
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }

    /// The blob, if it needn't be fetched.
    func stored(_ digest: Digest?) -> Manifest.Member? {
        guard !context.isForced, let digest, let member = context.store.member(digest) else { return nil }
        context.log("\(digest.short)… is in the store already; nothing is fetched")
        return member
    }

    /// A file that has arrived, or a blob that was there.
    enum Content {
        case stored(Manifest.Member)
        case file(URL, Digest)

        var digest: Digest {
            switch self {
            case .stored(let member): member.digest
            case .file(_, let digest): digest
            }
        }
    }

    /// Makes the contents the members of an output, all at once.
    func publish(_ role: String, _ contents: [(name: String, content: Content)]) throws {
        var bytes = 0
        try context.write(role) { store in
            try contents.map { name, content in
                let member =
                    switch content {
                    case .stored(let member): member
                    case .file(let file, _): try store.put(file: file)
                    }
                guard member.digest == content.digest else {
                    throw StageFailure(.failed, "\(name) changed while it was stored: run again")
                }
                bytes += member.size
                return (name, member)
            }
        }
        context.metric("bytes", Double(bytes))
    }

    var settings: ConnectionSettings {
        var settings = ConnectionSettings(environment: environment)
        settings.stallSeconds = transfer.stallSeconds
        settings.connectSeconds = min(settings.connectSeconds, transfer.stallSeconds)
        return settings
    }

    var retries: RetryPolicy {
        var retries = RetryPolicy()
        retries.attempts = transfer.attempts
        return retries
    }

    /// Passes on how a transfer goes: as progress in kB or MB, and as lines of the log.
    var observer: FetchObserver {
        var observer = FetchObserver()
        let context = context
        observer.log = { context.log($0) }
        observer.progress = { count, total in
            // Without a total there is nothing to compare with.
            guard let total else { return }
            let (unit, size) = total < 10_000_000 ? ("kB", 1_000) : ("MB", 1_000_000)
            let progress = StageProgress(
                completed: count == total ? (total + size - 1) / size : count / size, total: (total + size - 1) / size,
                unit: unit)
            context.progress(progress)
        }
        return observer
    }

    /// The error of a source whose digest isn't known yet.
    static func unknown(_ found: Digest, bytes: Int) -> StageFailure {
        StageFailure(
            .badInput,
            "sha256 is 'unknown': the file has the SHA-256 \(found) (\(bytes) bytes); nothing was kept. If it is the "
                + "right file, write sha256: \(found)")
    }

    /// Checks the name of a file in an artifact.
    static func check(name: String, parameter: String = "name") throws {
        if name.contains("/") {
            throw PlanningError(parameter: parameter, "found '\(name)', expected a name without '/'")
        }
        if let fault = Manifest.fault(ofMemberName: name) {
            throw PlanningError(parameter: parameter, "the name '\(name)' \(fault)")
        }
    }

    static let metrics = [MetricDeclaration("bytes", unit: "bytes", "Size of all files together")]
}
