import Artifacts
import Catalogue
import Foundation

extension ReportArchive {
    package enum Outcome: Hashable, Sendable {
        case ingested(ReportRecord, TestSummary)
        /// The same bytes of the same run were ingested before, as this report.
        case known(Digest, run: String)
        case refused(RefusedReport)
    }

    /// Files written by one transaction, and made durable together.
    private static let filesAtOnce = 256

    /// Ingests files of one run, each by itself: one that is refused leaves nothing behind but that it was.
    ///
    /// Nothing is said of a file before all that is known of it is durable.
    ///
    /// - Parameters:
    ///   - unreadable: what could not be read at all; the run is incomplete for it.
    ///   - run: its name is empty if nobody gave one.
    ///   - time: when the run was, if somebody said so.
    ///   - each: called with each file's outcome, in order.
    /// - Returns: the names of the runs that the files are of: the new one or, if all were known, theirs.
    package func ingest(
        _ files: [ReportInput], unreadable: [UnreadableReport] = [], run: TestRun, time: Double?,
        each: (ReportInput, Outcome) throws -> Void
    ) throws -> [String] {
        // No collection may take a blob before its record is written.
        let lock = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        var call = try IngestionCall(files, unreadable, run, catalogue)
        var outcomes: [Outcome] = []
        repeat {
            let items = call.items[outcomes.count...].prefix(Self.filesAtOnce)
            let isLast = outcomes.count + items.count == call.items.count
            var found: [Outcome] = []
            try catalogue.indexReports { writer in
                var step = try IngestionStep(call, time, writer)
                try store.batch { store in
                    for item in items { found.append(try step.ingest(item, store)) }
                    if isLast { for item in unreadable { try step.refuse(item.name, item.refusal.reason, store) } }
                }
                // Only once what takes their place is durable.
                for id in step.outdated { try store.remove(report: id) }
                try writer.settle()
                call.ingested.formUnion(step.ingested)
            }
            for (item, outcome) in zip(items, found) { try each(item.file, outcome) }
            outcomes += found
        } while outcomes.count < call.items.count
        try adoptNotes()
        return call.runs(outcomes)
    }
}

/// The files of one call, what is known of them already, and the run that the others are.
struct IngestionCall {
    struct Item {
        let file: ReportInput
        /// Nil if it can't be read.
        let digest: Digest?
        /// Whether its tests are named after the file.
        let isNamedByFile: Bool
        var known: Catalogue.KnownReport?
    }

    private(set) var items: [Item]
    let run: TestRun
    private let unreadable: [UnreadableReport]
    /// The run that was ingested last before this call.
    let latestRun: String?
    /// The reports that this call brought.
    var ingested: Set<Digest> = []

    init(_ files: [ReportInput], _ unreadable: [UnreadableReport], _ run: TestRun, _ catalogue: Catalogue) throws {
        items = files.map { file in
            let isNamedByFile = (try? ReportForm.of(file.url, name: file.name)) == .tap
            return Item(file: file, digest: try? Digest(ofFile: file.url), isNamedByFile: isNamedByFile)
        }
        self.unreadable = unreadable
        latestRun = try catalogue.latestIngestedTestRun()?.run.name
        guard run.name.isEmpty else {
            self.run = run
            return
        }
        let isRepeated = try Self.findKnown(&items, run, catalogue)
        var named = run
        let new = items.filter { $0.known == nil }
        let words =
            new.map { item in
                let name = item.file.name
                return item.digest.map { item.isNamedByFile ? "\($0.hex) \(name)" : $0.hex } ?? name
            }.sorted()
            + unreadable.map { "refused " + $0.name }.sorted() + (run.ciJob.map { [$0] } ?? [])
        named.name = Self.name(run, words)
        // The same files again, but written anew since, or by another job.
        if isRepeated || (run.ciJob != nil && !new.isEmpty), try !catalogue.testRuns(matching: named.name).isEmpty {
            let count = try catalogue.latestIngestedTestRun()?.sequence ?? 0
            named.name = Self.name(run, words + ["\(count + 1)"])
        }
        self.run = named
    }

    /// Finds the files that are known: those of one run that has them all; else those that weren't written since they were
    /// ingested. Returns whether a file is taken for new that has the bytes of a known one.
    private static func findKnown(_ items: inout [Item], _ run: TestRun, _ catalogue: Catalogue) throws -> Bool {
        // What another job has ingested, or this one long ago, isn't what this job wants judged.
        let earliest = run.ciJob.map { _ in Date().timeIntervalSince1970 - ContinuousIntegration.jobLimit }
        let known = try items.map { item in
            let reports = try item.digest.map { try catalogue.reports(of: $0, like: run, since: earliest) } ?? []
            return reports.filter { !item.isNamedByFile || $0.file == item.file.name }
        }
        let shared = known.dropFirst().reduce(into: Set(known.first?.map(\.run) ?? [])) { shared, reports in
            shared.formIntersection(reports.map(\.run))
        }
        if let one = known.first?.first(where: { shared.contains($0.run) })?.run {
            for index in items.indices { items[index].known = known[index].first { $0.run == one } }
            return false
        }
        var isRepeated = false
        for index in items.indices {
            guard let report = known[index].first else { continue }
            if let time = items[index].file.modifiedAt, time > report.ingestedAt {
                isRepeated = true
            } else {
                items[index].known = report
            }
        }
        return isRepeated
    }

    /// A name that the same reports of the same run always get.
    private static func name(_ run: TestRun, _ files: [String]) -> String {
        let words = [run.commit, run.branch, run.job, run.attempt.map(String.init)].map { $0 ?? "" }
        let text = (words + files).joined(separator: "\n")
        return String(Digest(of: Array(text.utf8)).hex.prefix(12))
    }

    /// The runs to judge: the new one or, if nothing is new, those that are known.
    func runs(_ outcomes: [ReportArchive.Outcome]) -> [String] {
        var known: [String] = []
        var isNew = !unreadable.isEmpty
        for (item, outcome) in zip(items, outcomes) {
            switch outcome {
            case .ingested: isNew = true
            case .known(_, let run): if !known.contains(run) { known.append(run) }
            case .refused(let refusal): if item.file.isNamed || !refusal.isForeign { isNew = true }
            }
        }
        return isNew ? [run.name] : known
    }
}

/// One transaction of a call.
private struct IngestionStep {
    private let call: IngestionCall
    private let writer: TestReportWriter
    private let sequence: Int
    private let orderedAt: Double
    /// The files of the run that were refused before.
    private var refused: [String: Digest]
    private(set) var ingested: Set<Digest> = []
    /// Records of refused files that could be read now.
    private(set) var outdated: [Digest] = []

    init(_ call: IngestionCall, _ time: Double?, _ writer: TestReportWriter) throws {
        let next = try writer.nextPlace()
        self.call = call
        self.writer = writer
        sequence = next.sequence
        orderedAt = RunOrder.place(time, now: Date().timeIntervalSince1970, latest: next.latest)
        refused = try writer.refusedFiles(of: call.run.name)
    }

    mutating func ingest(_ item: IngestionCall.Item, _ store: Store) throws -> ReportArchive.Outcome {
        let file = item.file
        guard let digest = item.digest else {
            let refusal = RefusedReport(file: file.url.path, reason: "it can't be read", isForeign: false)
            try refuse(file.name, refusal.reason, store)
            return .refused(refusal)
        }
        let size = try? FileManager.default.attributesOfItem(atPath: file.url.path)[.size] as? Int
        let record = ReportRecord(
            blob: digest, size: size ?? 0, file: file.name, isNamedByFile: item.isNamedByFile, run: call.run,
            ingestedAt: Date().timeIntervalSince1970,
            sequence: sequence, orderedAt: orderedAt)
        if let known = item.known { return try again(known.record, known.run, file, store) }
        if try writer.summary(ofReport: record.id) != nil { return try again(record.id, call.run.name, file, store) }
        var found = TestSummary()
        do {
            try writer.index(record) { rows in
                found = try ReportArchive.read(file.url, record, rows)
                guard try store.put(file: file.url).digest == digest else {
                    throw RefusedReport(file: file.url.path, reason: "it changed while it was read", isForeign: false)
                }
                try store.publish(record)
                return found
            }
        } catch let refusal as RefusedReport {
            if file.isNamed || !refusal.isForeign { try refuse(file.name, refusal.reason, store) }
            return .refused(refusal)
        }
        ingested.insert(record.id)
        for name in Set([file.name, file.origin]) {
            guard let early = refused.removeValue(forKey: name) else { continue }
            try writer.forget(early)
            outdated.append(early)
        }
        return .ingested(record, found)
    }

    /// A report that is known: it counts as ingested last.
    private func again(
        _ id: Digest, _ run: String, _ file: ReportInput, _ store: Store
    ) throws -> ReportArchive.Outcome {
        // Mends a blob that was lost or damaged.
        _ = try store.put(file: file.url)
        if run != call.latestRun, !ingested.contains(id), !call.ingested.contains(id) {
            var record = try store.report(id)
            record.latestSequence = sequence
            if !RunOrder.isHistory(record.orderedAt, ingestedAt: record.ingestedAt) { record.orderedAt = orderedAt }
            try store.publish(record)
            try writer.move(record)
        }
        return .known(id, run: run)
    }

    /// Keeps that a file of the run could not be read.
    mutating func refuse(_ name: String, _ reason: String, _ store: Store) throws {
        let record = ReportRecord(
            refused: name, reason: reason, run: call.run, ingestedAt: Date().timeIntervalSince1970, sequence: sequence,
            orderedAt: orderedAt)
        if let early = refused[name] { try writer.forget(early) }
        try writer.index(record) { _ in TestSummary() }
        try store.publish(record)
        refused[name] = record.id
    }
}
