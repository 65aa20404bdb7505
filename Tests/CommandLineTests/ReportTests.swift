import Foundation
import Testing

@Suite("calm report") struct ReportTests {
    private static let pipeline = """
        name: reported
        params: { word: one }
        stages:
          made:
            uses: command
            with: { argv: [sh, -c, "echo $WORD > {out.x}"], out: { x: x }, set: { WORD: "${params.word}" } }
          read: { uses: command, in: { i: made.x }, with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y } } }
        """

    private func page(_ workspace: Workspace, _ run: String?) throws -> String {
        let file = workspace.store.appendingPathComponent("runs/\(try #require(run))/report.html")
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test("a run writes its page to its folder and where --html says; calm report writes the same of a past run")
    func written() throws {
        let workspace = try Workspace(Self.pipeline)
        let run = try workspace.run("--html", "out/deep/page.html")
        let page = try page(workspace, run.run)
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("reported: passed"))
        #expect(try String(contentsOf: workspace.file("out/deep/page.html"), encoding: .utf8) == page)
        #expect(try workspace.calm("report", "--store", "s", "--html", "-").output == page)
        let ending = try workspace.calm("report", try #require(run.run), "--store", "s", "--html", "again.html")
        #expect(ending.exit == 0 && ending.output == "again.html\n")
        #expect(try String(contentsOf: workspace.file("again.html"), encoding: .utf8) == page)
    }

    @Test(
        "a run that executes nothing has the whole page, and takes over what the page before it says of the same results"
    )
    func settled() throws {
        let workspace = try Workspace(Self.pipeline)
        _ = try workspace.run()
        let runs = try [workspace.run().run, workspace.run().run, workspace.run().run]
        for run in runs {
            let page = try page(workspace, run)
            #expect(page.contains("reported: passed") && page.contains("Nothing was executed"))
            for section in ["gates", "graph", "timeline", "stages", "artifacts", "environment", "commands"] {
                #expect(
                    page.contains("<section id=\"\(section)\"") && page.contains("href=\"#\(section)\""), "\(section)")
            }
            // What was taken over is what would have been written anew.
            let whole = try workspace.calm("report", try #require(run), "--store", "s", "--html", "-").output
            #expect(page == whole)
        }
    }

    /// A page with other words in the sections that the next page takes over, and with the digest that they then have.
    private func forged(_ page: String, _ words: String, _ others: String, _ workspace: Workspace) throws -> String {
        let match = try #require(
            page.firstMatch(
                of: /(?s)(<nav .*?<\/nav>).*?<!-- settled by [0-9a-f]{64} -->(.*)<!-- until here: ([0-9a-f]{64}) -->/))
        let sections = match.2.replacing(words, with: others)
        #expect(sections != match.2)
        try workspace.write(String(match.1) + sections, to: "settled")
        let sum = try workspace.program(URL(fileURLWithPath: "/usr/bin/sha256sum"), ["settled"]).output
        return page.replacing(words, with: others).replacing(match.3, with: sum.prefix(64))
    }

    @Test("a page takes over nothing that isn't as it was written, or of other results")
    func unsettled() throws {
        let workspace = try Workspace(Self.pipeline)
        _ = try workspace.run()
        let first = try #require(try workspace.run().run)
        let file = workspace.file("s/runs/\(first)/report.html")
        let sound = try String(contentsOf: file, encoding: .utf8)
        let (words, others) = ("Nothing ran: every result", "Forged: every result")
        /// The page of a run that comes right after one with this page.
        func next(after text: String, _ arguments: String...) throws -> String {
            try text.write(to: file, atomically: true, encoding: .utf8)
            let ending = try workspace.calm(["run", "p.yaml", "--store", "s", "--json"] + arguments)
            let run = try #require(try RunDocument(of: ending).run)
            let page = try page(workspace, run)
            // As if it had not been: the next one comes after the first as well.
            for name in ["s/runs/\(run)", "s/catalogue.sqlite", "s/catalogue.sqlite-wal", "s/catalogue.sqlite-shm"] {
                try? FileManager.default.removeItem(at: workspace.file(name))
            }
            return page
        }
        // What bears its digest is believed, which shows that sections are taken over at all.
        let forged = try forged(sound, words, others, workspace)
        #expect(try next(after: forged).contains(others))
        #expect(try next(after: sound.replacing(words, with: others)).contains(words))
        #expect(try next(after: String(forged.prefix(forged.count * 3 / 4))).contains(words))
        #expect(try next(after: "").contains(words))
        #expect(try !next(after: forged, "--set", "params.word=two").contains(others))
        #expect(try !next(after: forged, "made").contains(others))
    }

    @Test("--html that can't be written is a usage error before anything runs")
    func unwritable() throws {
        let workspace = try Workspace(Self.pipeline)
        let ending = try workspace.calm("run", "p.yaml", "--store", "s", "--html", workspace.folder.path)
        #expect(ending.exit == 2 && ending.errors.contains("--html: no file can be written at"))
        #expect(
            !FileManager.default.fileExists(atPath: workspace.store.appendingPathComponent("runs").path + "/latest"))
        let runs = try FileManager.default.contentsOfDirectory(
            atPath: workspace.store.appendingPathComponent("runs").path)
        #expect(runs.isEmpty)
    }

    @Test("a pipeline that is invalid has its page, too, if one is asked for")
    func invalid() throws {
        let workspace = try Workspace("name: x\nstages: { a: { uses: nothing } }\n")
        let ending = try workspace.calm("run", "p.yaml", "--store", "s", "--html", "page.html")
        #expect(ending.exit == 3)
        let page = try String(contentsOf: workspace.file("page.html"), encoding: .utf8)
        #expect(page.contains("did not run") && page.contains("p.yaml:2:"))
    }

    @Test("a failed stage is in the page, with its message; a skipped one as well")
    func failed() throws {
        let workspace = try Workspace(
            Self.pipeline.replacing("echo $WORD > {out.x}", with: "echo '<b>no</b>' >&2; exit 3"))
        let run = try workspace.run()
        #expect(run.exit == 4)
        let page = try page(workspace, run.run)
        #expect(page.contains("Stage failed. 1 stage failed.") && page.contains("&lt;b&gt;no&lt;/b&gt;"))
        #expect(page.contains("skipped") && !page.contains("<b>"))
        let markdown = try workspace.calm("report", "--store", "s", "--markdown").output
        #expect(markdown.hasPrefix("## ❌ `reported`: stage failed\n") && markdown.contains("**Failed:** `made`"))
    }

    @Test("several runs are compared: as text, Markdown, JSON and a page; a metric's curve in each")
    func compared() throws {
        let workspace = try Workspace(Self.pipeline)
        let first = try #require(try workspace.run().run)
        let second = try #require(try workspace.run("--set", "params.word=two").run)
        let names = [first, second]
        let json = try #require(try workspace.query("report", first, second) as? [String: Any])
        #expect((json["runs"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == names)
        let markdown = try workspace.calm("report", first, second, "--store", "s", "--markdown")
        #expect(markdown.exit == 0 && markdown.output.hasPrefix("## 2 runs of `reported`\n"))
        #expect(markdown.output.contains("| `\(second)` | passed |") && markdown.output.contains("`two`"))
        let page = try workspace.calm("report", first, second, "--store", "s", "--html", "-").output
            .replacing("<wbr />", with: "")
        #expect(page.hasPrefix("<!DOCTYPE html>") && names.allSatisfy(page.contains))
        let text = try workspace.calm("report", first, second, "--store", "s")
        #expect(text.exit == 0 && names.allSatisfy(text.output.contains))
    }

    @Test("unknown runs and options that exclude each other are usage errors")
    func usage() throws {
        let workspace = try Workspace(Self.pipeline)
        let runs = [try workspace.run(), try workspace.run()].compactMap(\.run)
        let several = try workspace.calm("report", String(runs[0].prefix(2)), "--store", "s")
        #expect(several.exit == 2 && several.errors.contains("may be any of 2 runs: \(runs[1]), \(runs[0])"))
        #expect(try workspace.calm("report", "nonesuch", "--store", "s").exit == 2)
        #expect(try workspace.calm("report", "--store", "s", "--markdown", "--json").exit == 2)
        #expect(try workspace.calm("report", "--store", "s", "--html", "/proc/none/page.html").exit == 2)
    }

    @Test("a learning run: curves with learning rate and speed, predictions of the anchor beside the composition's")
    func learning() throws {
        let workspace = try LearningRun.shared.get()
        let report = try #require(try workspace.query("report") as? [String: Any])
        let curves = try #require(report["curves"] as? [[String: Any]])
        #expect(curves.compactMap { $0["stage"] as? String } == ["augmenting", "anchor", "composed"])
        let names = (curves[0]["series"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == ["training loss", "training accuracy", "learning rate", "tokens/s"])
        let composed = (curves[2]["series"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(composed?.contains("validation loss") == true && composed?.contains("validation accuracy") == true)
        let predictions = try #require(report["predictions"] as? [[String: Any]])
        #expect(predictions.count == 1)
        let counts = try #require(predictions[0]["counts"] as? [String: Int])
        #expect(counts.values.reduce(0, +) == 8)
        let page = try workspace.calm("report", "--store", "s", "--html", "-").output
        #expect(page.contains("composed on examples") && page.contains("what a noise") == false)
    }
}
