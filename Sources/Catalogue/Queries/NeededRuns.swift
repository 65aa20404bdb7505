import Artifacts
import GRDB

/// The runs whose results a collection keeps.
///
/// Checkouts of one pipeline that share a store have a latest run each. One that is gone from this machine doesn't count any
/// more; one of another machine counts for 30 days after its last run. If none counts, the one that ran last does, so that
/// every pipeline has a latest run.
struct NeededRuns {
    /// Days for which a checkout counts that can't be looked for.
    static let daysOfUnknown = 30.0

    /// The runs by id.
    private(set) var runs: Set<String> = []
    /// The latest runs of the checkouts that don't count, by id, each with whose it was.
    private(set) var forgotten: [String: String] = [:]

    private struct Owner: Hashable {
        let pipeline: String
        let checkout: Checkout?
    }

    /// The runs of a pipeline in one checkout that matter, found from the latest to the first.
    private struct Latest {
        let id: String
        let startedAt: Double
        var whole: String?
        var complete: String?
        /// Runs of a few stages since the latest whole one.
        var partial: [String] = []

        var needed: [String] { partial + [whole, complete].compactMap(\.self) }
    }

    init(keepRuns: Int, on machine: Checkout.Machine, at time: Double, store: Store, _ db: Database) throws {
        var owners: [Owner: Latest] = [:]
        let columns = "id, pipeline, started_at, is_partial, exit, checkout, host"
        let rows = try Row.fetchCursor(db, sql: "SELECT \(columns) FROM runs ORDER BY started_at DESC, id DESC")
        var place = 0
        while let row = try rows.next() {
            let id = try row.value("id", as: String.self)
            if place < keepRuns { runs.insert(id) }
            place += 1
            let checkout = try row.value("checkout", as: String?.self).map {
                Checkout(folder: $0, host: try row.value("host"))
            }
            let owner = Owner(pipeline: try row.value("pipeline"), checkout: checkout)
            let startedAt = try row.value("started_at", as: Double.self)
            var latest = owners[owner] ?? Latest(id: id, startedAt: startedAt)
            if try row.value("is_partial", as: Bool.self) {
                if latest.whole == nil { latest.partial.append(id) }
            } else {
                let exit = try row.value("exit", as: Int32?.self)
                latest.whole = latest.whole ?? id
                if exit == 0 || exit == 1 { latest.complete = latest.complete ?? id }
            }
            owners[owner] = latest
        }
        for owners in Dictionary(grouping: owners, by: \.key.pipeline).values {
            let latest = owners.max { ($0.value.startedAt, $0.value.id) < ($1.value.startedAt, $1.value.id) }?.key
            let reasons = owners.map { (owner: $0.key, runs: $0.value, why: absence(of: $0, machine, time)) }
            let someCount = reasons.contains { $0.why == nil }
            for (owner, runs, why) in reasons {
                guard let why, someCount || owner != latest else {
                    self.runs.formUnion(runs.needed)
                    continue
                }
                let checkout = owner.checkout?.description(in: store) ?? "an unknown folder"
                forgotten[runs.id] = "the latest run of \(owner.pipeline) in \(checkout) (\(why))"
            }
        }
    }

    /// Why a checkout doesn't count; nil if it does.
    private func absence(
        of owner: (key: Owner, value: Latest), _ machine: Checkout.Machine, _ time: Double
    ) -> String? {
        switch owner.key.checkout?.presence(for: machine) ?? .unknown {
        case .present: return nil
        case .gone: return "the folder is gone"
        case .unknown:
            guard time - owner.value.startedAt > Self.daysOfUnknown * 86_400 else { return nil }
            let host = owner.key.checkout?.host.map { " on \($0)" } ?? ""
            return "not run\(host) for \(Int(Self.daysOfUnknown)) days"
        }
    }
}
