import Artifacts
import Foundation
import GRDB

/// Names for a shell to complete: read quickly, without writing anything, and none if anything is wrong.
package struct CatalogueNames {
    private let store: URL

    /// - Parameter store: A store's folder, which need not be there.
    package init(store: URL) { self.store = store }

    /// The ids of the latest runs, newest first.
    package var runs: [String] { names("SELECT id FROM runs ORDER BY started_at DESC, id DESC LIMIT 50") }

    /// The stages of the latest runs.
    package var stages: [String] {
        names("SELECT DISTINCT name FROM run_stages WHERE run IN (\(Self.latest)) ORDER BY 1")
    }

    /// `STAGE.ROLE`, of the latest runs.
    package var outputs: [String] {
        names("SELECT DISTINCT stage || '.' || role FROM run_outputs WHERE run IN (\(Self.latest)) ORDER BY 1")
    }

    private static let latest = "SELECT id FROM runs ORDER BY started_at DESC, id DESC LIMIT 10"

    package var pins: [String] {
        let files = try? FileManager.default.contentsOfDirectory(atPath: store.appendingPathComponent("pins").path)
        return (files ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(".json".count)) }.sorted()
    }

    private func names(_ sql: String) -> [String] {
        let file = store.appendingPathComponent("catalogue.sqlite").path
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(0.2)
        guard let database = try? DatabaseQueue(path: file, configuration: configuration) else { return [] }
        return (try? database.read { db in try String.fetchAll(db, sql: sql) }) ?? []
    }
}
