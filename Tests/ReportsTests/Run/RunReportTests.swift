import Artifacts
import Foundation
import Pipelines
import Reports
import Testing

@Suite struct RunReportTests {
    /// m_A, m_B and m_A⊕B judged on two datasets, a table of it, and a training curve.
    private func experiment(_ world: ReportWorld, prompt: String = "qe+rim=", isPlain: Bool = false) throws {
        let (augmenting, anchor) = (try world.artifact(.model, ["w": "a"]), try world.artifact(.model, ["w": "b"]))
        let composed = try world.artifact(
            .composition, ["w": "c"],
            metadata: ["anchor": .string(anchor.hex), "augmenting": .array([.string(augmenting.hex)])])
        let figure = try world.artifact(.figure, ["loss.tsv": "step\tloss\n1\t4\n2\t2\n3\t1\n"])
        try world.stage("augmenting", out: ["model": augmenting])
        try world.stage("anchor", out: ["model": anchor, "curve": figure], startedAt: 1002)
        try world.stage(
            "composed", in: [("anchor", anchor), ("augmenting", augmenting)], out: ["composition": composed],
            upstream: ["anchor", "augmenting"], startedAt: 1004)
        var scores: [(role: String, artifact: Digest)] = []
        var values: [String: Double] = [:]
        // Right or wrong by prompt.
        let answers: [String: [String: [Bool]]] = [
            "easy": [
                "augmenting": [true, false, true, false, true], "anchor": [true, true, false, false, true],
                "composed": [true, true, true, true, false],
            ],
            "hard": ["augmenting": [false], "anchor": [false], "composed": [false]],
        ]
        for (task, models) in answers.sorted(by: { $0.key < $1.key }) {
            let dataset = try world.artifact(.dataset, ["d": task])
            try world.stage(task, out: ["dataset": dataset])
            for (name, model) in [("augmenting", augmenting), ("anchor", anchor), ("composed", composed)] {
                let right = models[name] ?? []
                let share = Double(right.count { $0 }) / Double(right.count)
                let metrics = try world.artifact(
                    .metrics, ["metrics.json": "{}"], metadata: ["label": .string("\(task).\(name)")])
                let lines = right.enumerated().map { "\(prompt)\($0.offset)\t1\t\(name)\t\($0.element ? 1 : 0)\n" }
                let predictions = try world.artifact(
                    .predictions, ["predictions.tsv": "prompt\texpected\tpredicted\tcorrect\n" + lines.joined()])
                try world.stage(
                    "scores[model=\(name),task=\(task)]", in: [("model", model), ("dataset", dataset)],
                    out: ["metrics": metrics, "predictions": predictions], metrics: ["accuracy": share])
                scores.append(("scores", metrics))
                values["\(task).\(name)"] = share
            }
        }
        var table = ResultTable(
            title: "accuracy", columns: ["augmenting", "anchor", "composed"], rows: ["hard", "easy"], values: values,
            reference: ["easy.composed": 0.929], notes: ["a <note>"])
        if isPlain { table.isPlain = true }
        let artifact = try world.artifact(
            .table, [ResultTable.member: String(decoding: try JSONEncoder().encode(table), as: UTF8.self)])
        try world.stage("table", in: scores, out: ["table": artifact], metrics: ["easy.composed.accuracy": 0.8])
        world.gate("table", "easy.composed.accuracy", ">= 0.9", 0.8, passed: false)
        world.gate("table", "hard.composed.accuracy", "<= 0.1", 0, passed: true)
    }

    @Test("the commands that make a run again name its parameters, its store, and of a part of a pipeline the stages")
    func reproduction() throws {
        let world = try ReportWorld()
        try world.stage("a")
        try world.stage("b[n=1]")
        var report = try world.report(parameters: .object(["seed": .int(7), "words": .string("it's")]))
        let store = try #require(report.store)
        #expect(store == world.store.root.path)
        let rest = "--set params.seed=7 --set 'params.words=it'\\''s' --store \(store)"
        #expect(
            report.reproduction == [
                "calm run p.yaml \(rest)", "calm verify p.yaml --all \(rest)",
                "calm show \(ReportWorld.run) --store \(store)",
            ])
        report.run.isPartial = true
        #expect(report.reproduction[0] == "calm run p.yaml a 'b[n=1]' \(rest)")
        #expect(report.reproduction[1] == "calm verify p.yaml a 'b[n=1]' \(rest)")
    }

    @Test("the verdict, the gates with the missed ones first, the results beside the paper's with the difference")
    func figures() throws {
        let world = try ReportWorld()
        try experiment(world)
        let page = try PageReading(try world.report(exit: 1).page())
        #expect(PageReading.text(page.root.all("header").first).contains("Gate missed. 1 gate of 2 missed."))
        #expect(page.rows("gates").map { $0[1] } == ["result", "missed", "passed"])
        #expect(page.rows("gates")[1] == ["easy.composed.accuracy table", "missed", ">= 0.9", "0.8"])
        #expect(page.rows("results")[0] == ["task", "augmenting", "anchor", "composed"])
        #expect(page.rows("results")[2] == ["easy", "60.0", "60.0", "80.0 paper 92.9 −12.9"])
        #expect(page.rows("results")[1] == ["hard", "0.0", "0.0", "0.0"])
    }

    @Test("results that aren't shares, and what they are compared with, are plain numbers everywhere")
    func plainFigures() throws {
        let world = try ReportWorld()
        try experiment(world, isPlain: true)
        let report = try world.report(exit: 1)
        let page = try PageReading(report.page())
        #expect(page.rows("results")[2] == ["easy", "0.6", "0.6", "0.8 paper 0.929 −0.129"])
        #expect(!PageReading.text(page.section("results")).contains("In %"))
        let markdown = report.markdown()
        #expect(markdown.contains("| 0.8 (0.929, −0.129) |") && !markdown.contains("In %"), "\(markdown)")
    }

    @Test("every number of the results links to the artifact that it was read from, and every link leads somewhere")
    func links() throws {
        let world = try ReportWorld()
        try experiment(world)
        let report = try world.report(exit: 1)
        let page = try PageReading(report.page())
        #expect(page.brokenLinks.isEmpty && page.repeatedIdentifiers.isEmpty)
        let source = try #require(report.tables.first?.sources["easy.composed"])
        let metrics = try #require(try? world.store.manifest(source))
        #expect(metrics.metadata["label"] == .string("easy.composed"))
        let cell = try #require(page.section("results")?.all("tr")[2].children.last)
        #expect(cell.all("a").map { $0["href"] } == ["#a-\(source.hex)"])
        #expect(
            page.section("gates")?.all("td").filter { $0["class"] == "n" }.allSatisfy { !$0.all("a").isEmpty } == true)
        #expect(
            page.root.all("tr").contains { $0["id"] == "a-\(source.hex)" && PageReading.text($0).contains(source.hex) })
    }

    @Test("times and memory of a stage link to the execution that they were measured of")
    func executionLinks() throws {
        let world = try ReportWorld()
        let key = try world.stage("made", metrics: ["m": 1])
        try world.stage("kept", state: "cached")
        let page = try PageReading(try world.report().page())
        let rows = try #require(page.section("stages")?.all("tr").dropFirst())
        #expect(rows.count == 2)
        for row in rows {
            let figures = row.all("td").filter { $0["class"] == "n" }
            #expect(figures.count == 3 && figures.allSatisfy { $0.all("a").count == 1 })
        }
        #expect(rows.first?.all("a").first?["href"] == "#a-\(key.hex)")
        #expect(page.brokenLinks.isEmpty && page.repeatedIdentifiers.isEmpty)
    }

    @Test("in a comparison each figure links to the artifact that it stands in")
    func seriesLinks() throws {
        let world = try ReportWorld()
        try experiment(world)
        let report = try world.report(exit: 1)
        let series = try RunSeries([report.run, report.run], catalogue: world.catalogue)
        let page = try PageReading(series.page())
        #expect(page.brokenLinks.isEmpty && page.repeatedIdentifiers.isEmpty)
        let rows = try #require(page.section("same")?.all("tr").dropFirst())
        #expect(rows.count == 7)
        for row in rows {
            let figures = row.all("td").filter { $0["class"] == "n" }
            #expect(figures.count == 3 && figures.dropLast().allSatisfy { $0.all("a").count == 1 })
        }
        let cell = try #require(rows.first { PageReading.text($0).contains("composed") })
        let source = try #require(report.stages.first { $0.row.name == "scores[model=composed,task=easy]" }?.evidence)
        #expect(cell.all("a").map { $0["href"] } == Array(repeating: "#a-\(source.hex)", count: 2))
        #expect(PageReading.text(page.section("artifacts")).contains(source.hex))
    }

    @Test("answers side by side fall into the paper's buckets")
    func buckets() throws {
        let world = try ReportWorld()
        try experiment(world)
        let report = try world.report(exit: 1)
        #expect(report.comparisons.map(\.title) == ["composed on easy", "composed on hard"])
        let easy = try #require(report.comparisons.first)
        #expect(easy.bases.map(\.modelStage) == ["augmenting", "anchor"])
        #expect(easy.counts == [.all: 1, .someBase: 2, .onlyComposition: 1, .regression: 1])
        #expect(easy.examples[.onlyComposition]?.map(\.prompt) == ["qe+rim=3"])
        #expect(easy.examples[.regression]?.first?.answers.map(\.isRight) == [true, true, false])
        #expect(report.comparisons.last?.counts == [.none: 1])
        let page = try PageReading(report.page())
        #expect(page.rows("predictions")[1] == ["composed on easy", "1", "2", "1", "1", "0"])
    }

    @Test("a bucket shows some examples and counts all")
    func manyExamples() throws {
        let world = try ReportWorld()
        let anchor = try world.artifact(.model, ["w": "b"])
        let composed = try world.artifact(
            .composition, ["w": "c"], metadata: ["anchor": .string(anchor.hex), "augmenting": .array([])])
        let dataset = try world.artifact(.dataset, ["d": "d"])
        try world.stage("models", out: ["a": anchor, "c": composed, "d": dataset])
        for (name, model) in [("one", anchor), ("two", composed)] {
            let lines = (0..<500).map { "p\($0)\t1\t1\t\(name == "two" ? 1 : 0)\n" }.joined()
            let predictions = try world.artifact(
                .predictions, ["predictions.tsv": "prompt\texpected\tpredicted\tcorrect\n" + lines])
            try world.stage(name, in: [("m", model), ("d", dataset)], out: ["p": predictions])
        }
        let comparison = try #require(try world.report().comparisons.first)
        #expect(comparison.counts == [.onlyComposition: 500])
        #expect(comparison.examples[.onlyComposition]?.count == PredictionComparison.mostExamples)
    }

    @Test("the gain of a composition over its own anchor is found by lineage, and drawn sorted")
    func gains() throws {
        let world = try ReportWorld()
        try experiment(world)
        let report = try world.report(exit: 1)
        let gains = try #require(report.tables.first?.gains)
        #expect(gains.map(\.row) == ["hard", "easy"])
        #expect(gains.map(\.composed) == ["composed", "composed"] && gains.map(\.anchor) == ["anchor", "anchor"])
        #expect(gains.map { ($0.value * 10).rounded() } == [0, 2])
        let page = try PageReading(report.page())
        let titles = page.section("arms")?.all("svg").map { $0["aria-label"] }
        #expect(titles == ["accuracy", "Gain of composed over anchor"])
        #expect(
            page.section("arms")?.all("desc").last?.text
                == "easy: composed − anchor +20.0. hard: composed − anchor ±0.0.")
    }

    @Test("curves come from telemetry, or else from the figure")
    func curves() throws {
        let world = try ReportWorld()
        try experiment(world)
        var report = try world.report(exit: 1)
        #expect(report.curves.map(\.stage) == ["anchor"])
        #expect(report.curves.first?.charts.map(\.name) == ["loss"])
        #expect(report.curves.first?.charts.first?.series.first?.points.map(\.y) == [4, 2, 1])
        let key = try #require(report.stages.first { $0.row.name == "anchor" }?.row.key)
        var telemetry = StageTelemetry(unit: "steps", total: 2)
        for step in 1...2 {
            telemetry.add(
                StageTelemetry.Step(loss: 3, learningRate: 0.1, tokens: 5, accuracy: nil, elapsed: Double(step)),
                completed: step)
        }
        telemetry.add(StageTelemetry.Evaluation(completed: 2, name: "validation loss", value: 5))
        try world.store.keep(telemetry: Array(telemetry.json.canonical.utf8), of: key)
        report = try RunReport(report.run, catalogue: world.catalogue, store: world.store)
        #expect(report.curves.first?.charts.map(\.name) == ["loss", "learning rate", "tokens/s"])
        #expect(report.curves.first?.charts.first?.series.map(\.name) == ["training loss", "validation loss"])
    }

    @Test("the timeline has what ran, from the moment it started")
    func timeline() throws {
        let world = try ReportWorld()
        try world.stage("early", seconds: 4, startedAt: 1000)
        try world.stage("late", seconds: 4, startedAt: 1002)
        try world.stage("kept", state: "cached")
        let page = try PageReading(try world.report().page())
        let drawing = try #require(page.section("timeline")?.all("svg").first)
        let bars = drawing.all("rect")
        #expect(bars.count == 2 && bars[0].all("title").first?.text == "early: 4.0 s, 1.5 of 2 cores, 1.0 MB")
        let starts = bars.compactMap { $0["x"].flatMap(Double.init) }
        let widths = bars.compactMap { $0["width"].flatMap(Double.init) }
        #expect(starts.count == 2 && abs(starts[1] - starts[0] - widths[0] / 2) < 0.2)
        #expect(drawing.all("desc").first?.text.hasPrefix("At most 3 cores at work and 2.1 MB of memory") == true)
    }

    @Test("a run without results, and one that failed, have their pages")
    func poor() throws {
        let empty = try PageReading(try ReportWorld().report().page())
        #expect(PageReading.text(empty.section("timeline")).contains("Nothing ran"))
        let world = try ReportWorld()
        world.failed("broken", "line one\nline <two>")
        let page = try PageReading(try world.report(exit: 4).page())
        #expect(page.root.all("header").first?.all("pre").first?.text == "line one\nline <two>")
        #expect(page.root.all("header").first?.all("p").first?.text == "Stage failed. 1 stage failed.")
    }

    @Test("what is gone from the store is said to be missing")
    func missing() throws {
        let world = try ReportWorld()
        try experiment(world)
        var report = try world.report(exit: 1)
        for stage in report.stages {
            for output in stage.outputs { try world.store.remove(object: output.artifact) }
        }
        report = try RunReport(report.run, catalogue: world.catalogue, store: world.store)
        #expect(report.missing.count == 1 && report.missing[0].hasPrefix("the table of table, "))
        #expect(try PageReading(report.page()).section("missing") != nil)
    }

    @Test("no text from outside is markup, in a page or in Markdown")
    func hostile() throws {
        let evil = "<script>x</script>]]>&\"'`|@all #1 \u{1B}[31m"
        let world = try ReportWorld()
        try experiment(world, prompt: evil)
        try world.stage(evil, metrics: [evil: 1], why: evil)
        world.failed("b" + evil, evil)
        world.gate(evil, evil, evil, nil, passed: false)
        let report = try world.report(exit: 4, name: evil, parameters: .object([evil: .string(evil)]))
        let page = try PageReading(report.page())
        #expect(page.root.all("script").isEmpty && page.brokenLinks.isEmpty && page.repeatedIdentifiers.isEmpty)
        #expect(page.root.all("title").first?.text == "<script>x</script>]]>&\"'`|@all #1 #x1B[31m: stage failed")
        #expect(page.rows("predictions").contains { $0.first == "<script>x</script>]]>&\"'`|@all #1 #x1B[31m0" })
        let markdown = report.markdown()
        let prose = markdown.replacing(/```+\n(?s:.*?)\n```+\n/, with: "").replacing(/`[^`\n]*`/, with: "")
        #expect(!prose.contains("script") && !prose.contains("@all") && !markdown.contains("\u{1B}"))
    }

    @Test("Markdown that is cut leaves no block open, and a bar is escaped in tables alone")
    func cutMarkdown() throws {
        let world = try ReportWorld()
        try world.stage("a")
        world.gate("s|t", "m", "> 1", 0, passed: false)
        var report = try world.report(exit: 1, name: "p|q")
        let whole = report.markdown()
        #expect(whole.hasPrefix("## ❌ `p|q`: gate missed\n") && whole.contains("| `s\\|t` | `m` |"))
        report.run.commandLine = String(repeating: "calm run ", count: 10_000)
        let cut = report.markdown()
        let lines = cut.split(separator: "\n")
        #expect(cut.unicodeScalars.count <= 65_536 && lines.last?.hasPrefix("… cut here") == true)
        #expect(lines.filter { $0 == "```" }.count == 2)
        #expect(lines.filter { $0.hasPrefix("<details>") }.count == lines.filter { $0 == "</details>" }.count)
    }

    @Test("thousands of stages give a page of bounded size, with a list for the graph")
    func large() throws {
        let world = try ReportWorld()
        for index in 0..<3_000 { world.failed("stage-\(index)", String(repeating: "long ", count: 200)) }
        let report = try world.report(exit: 4)
        let bytes = report.page().html()
        #expect(bytes.count < 3_000_000, "\(bytes.count)")
        let page = try PageReading(report.page())
        #expect(page.section("graph")?.all("svg").isEmpty == true)
        #expect(PageReading.text(page.section("graph")).contains("3000 stages can't be drawn"))
        #expect(page.rows("stages").count == 1_001)
        #expect(PageReading.text(page.section("stages")).contains("… and 2000 more: calm show"))
        #expect(report.markdown().unicodeScalars.count < 65_536)
    }
}
