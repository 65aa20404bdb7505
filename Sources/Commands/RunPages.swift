import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

/// The page about a run: `report.html` in its folder, and the file that `--html` names.
struct RunPages {
    let extra: ReportFile?
    /// The stages that each stage reads from, by its name.
    private let upstream: [String: [String]]

    init(extra: String?, upstream: [String: [String]] = [:]) {
        self.extra = extra.map { ReportFile(path: $0) }
        self.upstream = upstream
    }

    /// - Throws: `ValidationError` if no file can be written where `--html` says.
    func prepare() throws {
        do {
            try extra?.prepare()
        } catch {
            throw ValidationError("--html: \(error.description)")
        }
    }

    /// Writes the page of a run that has ended; returns what went wrong.
    func write(_ result: RunResult, store: Store, catalogue: Catalogue) -> String? {
        do {
            guard let run = try catalogue.run(result.run) else {
                return extra == nil ? nil : "the catalogue doesn't know run \(result.run), so there is no page about it"
            }
            let page = try page(of: result, run, store: store, catalogue: catalogue).html()
            // First the one that was asked for: the other may be on a full disk.
            try extra?.write(page)
            try ReportFile(path: Self.path(of: run, in: store)).write(page)
            return nil
        } catch {
            return (error as? StoreError)?.message ?? "\(error)"
        }
    }

    /// A run that has executed nothing has to end in milliseconds: it takes most of its page from that of the run before, if
    /// that gave the same.
    private func page(of result: RunResult, _ run: RunRow, store: Store, catalogue: Catalogue) throws -> HTMLPage {
        if let key = result.settledKey(upstream: upstream), let before = try catalogue.run(before: run),
            let page = try? Data(contentsOf: URL(fileURLWithPath: Self.path(of: before, in: store))),
            let settled = SettledMarkup(of: page, key: key)
        {
            return RunReport.page(of: result, run, store: store, settled: settled)
        }
        return try RunReport(run, catalogue: catalogue, store: store).page()
    }

    private static func path(of run: RunRow, in store: Store) -> String { store.runs.path + "/\(run.id)/report.html" }

    /// Where the page of a run lies: where `--html` says, else in the run's folder.
    func file(ofRun run: String, in store: Store) -> URL {
        extra?.url ?? store.log("report.html", ofRun: run)
    }

    /// Writes a page about a run that couldn't begin, where `--html` says; returns what went wrong.
    func write(_ problem: String, _ messages: [String], pipeline: String) -> String? {
        guard let extra else { return nil }
        let section = HTMLPage.Section(id: "problem", title: "What is wrong") { html in
            html.element("pre", messages.joined(separator: "\n"))
        }
        var page = HTMLPage(title: "\(pipeline): did not run", sections: [section], footer: "Written by calm.")
        page.lead = { $0.element("p", ["class": "verdict bad"], "Did not run. \(problem).") }
        do {
            try extra.write(page.html())
            return nil
        } catch {
            return error.description
        }
    }
}
