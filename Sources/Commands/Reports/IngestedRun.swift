import Artifacts
import Foundation
import Reports

/// The run that files are ingested as: what options, a CI server's variables, the checkout and the reports say of it.
struct IngestedRun {
    let run: TestRun
    /// When the run was, if somebody says so; nil where the moment of ingestion is all there is.
    let time: Double?
    /// What makes the files look like several runs.
    private(set) var warning: String?

    init(_ command: ReportsIngestCommand, _ files: [ReportInput]) {
        let now = Date().timeIntervalSince1970
        let server = ContinuousIntegration(ProcessInfo.processInfo.environment)
        let checkout = GitCheckout(around: FileManager.default.currentDirectoryPath)
        var own = server
        own.job = command.job ?? server.job
        own.attempt = command.attempt ?? server.attempt
        let times = command.time == nil ? ReportTimes(of: files, now: now) : nil
        if let times, times.spansDays {
            warning = """
                the reports' timestamps span \(timestamp(times.earliest)) to \(timestamp(times.latest)): if these are several \
                runs, ingest them one by one, or name each with --run
                """
        }
        let said = command.time.flatMap(Self.seconds)
        // In a CI job, the reports are those of the job, whatever their clocks say.
        time = said ?? (server.name == nil ? times?.time : nil)
        // What was tested long ago wasn't what is checked out now.
        let isFresh = time.map { $0 > now - 86_400 } ?? true
        let isLocal = server.name == nil
        run = TestRun(
            name: command.runName ?? own.name ?? "",
            commit: command.commit ?? server.commit ?? (isLocal && isFresh ? checkout.commit : nil),
            branch: command.branch ?? server.branch ?? (isLocal ? checkout.branch : nil), job: own.job,
            attempt: own.attempt, url: command.url ?? server.url, ciJob: server.name ?? server.substitute(checkout),
            root: server.root ?? checkout.root, startedAt: said ?? times?.time ?? now)
    }

    static func seconds(_ time: String) -> Double? { (try? Date(time, strategy: .iso8601))?.timeIntervalSince1970 }
}

extension ContinuousIntegration {
    /// The name of the job of this process, if it has one that is no server's.
    func substitute(_ checkout: GitCheckout) -> String? {
        substitute(
            host: ProcessInfo.processInfo.hostName, folder: FileManager.default.currentDirectoryPath,
            commit: checkout.commit)
    }
}
