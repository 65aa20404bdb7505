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

    @Test("a run in which nothing was executed has a short page, until the whole one is asked for")
    func brief() throws {
        let workspace = try Workspace(Self.pipeline)
        _ = try workspace.run()
        let run = try workspace.run().run
        let short = try page(workspace, run)
        #expect(short.contains("reported: passed") && short.contains("Nothing was executed"))
        #expect(!short.contains("id=\"graph\""))
        #expect(try workspace.calm("report", "--store", "s").exit == 0)
        #expect(try page(workspace, run).contains("id=\"graph\""))
        let asked = try workspace.run("--html", "page.html").run
        #expect(try page(workspace, asked).contains("id=\"graph\""))
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
