import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

/// The page about a run: `report.html` in its folder, and the file that `--html` names.
struct RunPages {
    let extra: ReportFile?

    init(extra: String?) { self.extra = extra.map { ReportFile(path: $0) } }

    /// - Throws: `ValidationError` if no file can be written where `--html` says.
    func prepare() throws {
        do {
            try extra?.prepare()
        } catch {
            throw ValidationError("--html: \(error.description)")
        }
    }

    /// Writes the page of a run that has ended; returns what went wrong.
    ///
    /// A run in which nothing was executed gets a short one unless a file was named: it has to end in milliseconds.
    func write(_ result: RunResult, isPartial: Bool, store: Store, catalogue: Catalogue) -> String? {
        do {
            var report: RunReport
            if extra == nil, result.stages.allSatisfy({ $0.state == .cached }) {
                report = RunReport(of: result)
                report.store = RunReport.path(of: store)
                report.run.isPartial = isPartial
            } else if let row = try catalogue.run(result.run) {
                report = try RunReport(row, catalogue: catalogue, store: store)
            } else {
                return extra == nil ? nil : "the catalogue doesn't know run \(result.run), so there is no page about it"
            }
            let bytes = report.page().html()
            // First the one that was asked for: the other may be on a full disk.
            try extra?.write(bytes)
            try ReportFile(path: store.runs.appendingPathComponent("\(result.run)/report.html").path).write(bytes)
            return nil
        } catch {
            return (error as? StoreError)?.message ?? "\(error)"
        }
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
