import Foundation
import Pipelines
import Reports
import Synchronization
import Testing

@Suite("The console report on a terminal") struct LiveConsoleTests {
    /// A report with its screen and a clock that tests turn.
    private final class Stage: Sendable {
        let screen: Screen
        let report: ConsoleReport
        private let clock: Clock

        init(
            columns: Int, rows: Int = 24, isInteractive: Bool = true, hasColour: Bool = false, isUnicode: Bool = true
        ) {
            let screen = Screen(columns: columns, rows: rows)
            let clock = Clock()
            self.screen = screen
            self.clock = clock
            report = ConsoleReport(
                terminal: Terminal(
                    isInteractive: isInteractive, hasColour: hasColour, isUnicode: isUnicode, size: { screen.size },
                    output: { screen.write($0) }), clock: { clock.now })
        }

        func wait(_ seconds: Double) {
            clock.now += seconds
            report.tick()
        }
    }

    private final class Clock: Sendable {
        private let value = Mutex(100.0)
        var now: Double {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    private func progress(_ completed: Int) -> StageProgress {
        StageProgress(completed: completed, total: 800, unit: "steps", loss: 1.5, tokensPerSecond: 12_345.6)
    }

    /// Two stages at work, one of them known to be a quarter done.
    private func begin(_ stage: Stage) {
        stage.report.handle(.planned(run: "r", stages: ["pairs", "augmenting", "anchor", "scores"]))
        stage.report.handle(.finished(Outcome("pairs", .cached).result))
        stage.report.handle(.started(stage: "augmenting", why: "new"))
        stage.report.handle(.started(stage: "anchor", why: "new"))
        stage.report.handle(.progress(stage: "augmenting", progress(0)))
        stage.wait(10)
        stage.report.handle(.progress(stage: "augmenting", progress(200)))
        stage.wait(1)
    }

    @Test(
        "live lines tell what there is room for, at any width",
        arguments: [
            (
                100,
                """
                  = pairs       cached
                  ⠇ augmenting  █████░░░░░░░░░░░░░░░  200/800 steps  29 s left  loss 1.5000  12345 tokens/s
                  ⠇ anchor      11 s
                  1 of 4 stages done, 2 running
                """
            ),
            (
                70,
                """
                  = pairs       cached
                  ⠇ augmenting  200/800 steps  29 s left  loss 1.5000  12345 tokens/s
                  ⠇ anchor      11 s
                  1 of 4 stages done, 2 running
                """
            ),
            (
                40,
                """
                  = pairs       cached
                  ⠇ augmenting  200/800  29 s left
                  ⠇ anchor      11 s
                  1 of 4 stages done, 2 running
                """
            ),
        ])
    func widths(columns: Int, expected: String) {
        let stage = Stage(columns: columns)
        begin(stage)
        #expect(stage.screen.text == expected)
    }

    @Test("no live line is broken, however narrow the window", arguments: [2, 5, 9, 13, 24, 31])
    func narrow(columns: Int) {
        let stage = Stage(columns: columns)
        begin(stage)
        let rows = stage.screen.text.split(separator: "\n", omittingEmptySubsequences: false).suffix(3)
        #expect(rows.allSatisfy { $0.count <= max(0, columns - 1) })
    }

    @Test("a stage that ends goes above the live lines; at the end nothing of these is left")
    func ends() {
        let stage = Stage(columns: 60)
        begin(stage)
        var done = Outcome("anchor", .executed, why: "with.steps: 800 → 1000, and much more that no line has room for")
        done.result.seconds = 11
        stage.report.handle(.finished(done.result))
        #expect(
            stage.screen.text == """
                  = pairs       cached
                  ✓ anchor      run     11.0 s
                      with.steps: 800 → 1000, and much more that no line
                      has room for
                  ⠇ augmenting  200/800 steps  29 s left  loss 1.5000
                  2 of 4 stages done, 1 running
                """)
        stage.report.handle(.finished(Outcome.failed("no memory\nat all").result))
        stage.report.handle(.finished(Outcome("augmenting", .executed).result))
        stage.report.finish(
            RunResult(run: "r", pipeline: "p", exit: 0, startedAt: Date(), seconds: 1, stages: [], gates: []),
            tables: [], junit: URL(fileURLWithPath: "/j"))
        stage.wait(5)
        let text = stage.screen.text
        #expect(text.contains("  ✗ broken      failed  no memory\n      at all\n"))
        #expect(!text.contains("running") && !text.contains("⠇"))
        #expect(text.hasSuffix("run r, JUnit report /j"))
    }

    @Test("a stage that is tried again rests meanwhile, says why, and never has two lines")
    func retried() {
        let stage = Stage(columns: 80)
        begin(stage)
        stage.report.handle(.failedAttempt(stage: "anchor", why: "attempt 1 of 3 failed: exit 1; tried again in 1 s"))
        stage.wait(1)
        #expect(
            stage.screen.text == """
                  = pairs       cached
                  ✗ anchor      attempt 1 of 3 failed: exit 1; tried again in 1 s
                  ⠦ augmenting  ██░░░░░░  200/800 steps  28 s left  loss 1.5000  12345 tokens/s
                  1 of 4 stages done, 1 running
                """)
        for _ in 1...2 { stage.report.handle(.started(stage: "anchor", why: "new; attempt 2 of 3")) }
        stage.wait(1)
        #expect(stage.screen.text.split(separator: "\n").count { $0.contains("anchor   ") && !$0.contains("✗") } == 1)
    }

    @Test(
        "a window that changes its width keeps what stands above, and no live line twice", arguments: [100, 70, 41, 20])
    func resize(columns: Int) {
        let stage = Stage(columns: 80)
        begin(stage)
        for width in [columns, 80, columns] {
            stage.screen.resize(columns: width)
            stage.wait(1)
            let text = stage.screen.text
            #expect(width == 20 || text.hasPrefix("  = pairs       cached\n"), "\(text)")
            #expect(text.split(separator: "\n").count == 4 + (width == 20 ? 1 : 0), "\(text)")
        }
    }

    @Test("more stages than rows: some are counted only")
    func rows() {
        let stage = Stage(columns: 60, rows: 6)
        stage.report.handle(.planned(run: "r", stages: (1...9).map { "s\($0)" }))
        for number in 1...9 { stage.report.handle(.started(stage: "s\(number)", why: "")) }
        let lines = stage.screen.text.split(separator: "\n")
        #expect(lines.count == 5 && lines[3] == "    and 6 more" && lines[4] == "  0 of 9 stages done, 9 running")
    }

    @Test("two hundred cached stages are a few writes, and two hundred lines", arguments: [true, false])
    func cached(isInteractive: Bool) {
        let stage = Stage(columns: 80, isInteractive: isInteractive)
        stage.report.handle(.planned(run: "r", stages: (1...200).map { "s\($0)" }))
        for number in 1...200 { stage.report.handle(.finished(Outcome("s\(number)", .cached).result)) }
        stage.report.finish(
            RunResult(run: "r", pipeline: "p", exit: 0, startedAt: Date(), seconds: 1, stages: [], gates: []),
            tables: [], junit: URL(fileURLWithPath: "/j"))
        #expect(stage.screen.text.split(separator: "\n").filter { $0.hasSuffix("cached") }.count == 200)
        #expect(stage.screen.writes <= 2)
    }

    @Test("without colour there is none; where only ASCII is shown there is no other character")
    func plain() {
        let stage = Stage(columns: 100, isUnicode: false)
        begin(stage)
        #expect(stage.screen.codes == ["A", "J"])
        #expect(stage.screen.text.utf8.allSatisfy { $0 < 0x80 })
        #expect(stage.screen.text.contains("| augmenting  #####...............  200/800 steps  29 s left"))
        let coloured = Stage(columns: 100, hasColour: true)
        begin(coloured)
        #expect(coloured.screen.codes == ["A", "J", "m"])
    }

    @Test("where lines can't be redrawn, a long stage has a line after half a minute, then ever more seldom")
    func seldom() {
        let stage = Stage(columns: 80, isInteractive: false)
        begin(stage)
        stage.report.handle(.finished(Outcome("anchor", .executed).result))
        var times: [Int] = []
        for second in 12...3600 {
            let before = stage.screen.writes
            stage.wait(1)
            if stage.screen.writes > before { times.append(second) }
        }
        #expect(times.prefix(3) == [30, 60, 90] && times.count < 40)
        #expect(zip(times, times.dropFirst()).allSatisfy { (30...300).contains($1 - $0) })
        #expect(stage.screen.codes.isEmpty)
        #expect(stage.screen.text.contains("  … augmenting  200/800 steps  "))
    }

    @Test("time left is reckoned from what was done since it began, not from what an earlier run did")
    func resumed() {
        let stage = Stage(columns: 100)
        stage.report.handle(.planned(run: "r", stages: ["a"]))
        stage.report.handle(.started(stage: "a", why: ""))
        stage.report.handle(.progress(stage: "a", progress(600)))
        stage.wait(10)
        stage.report.handle(.progress(stage: "a", progress(700)))
        stage.wait(0.2)
        #expect(stage.screen.text.contains("700/800 steps  10 s left"))
    }

    @Test("wide characters take two columns")
    func wide() {
        let stage = Stage(columns: 40)
        let name = "s[word=" + String(repeating: "日", count: 20) + "]"
        stage.report.handle(.planned(run: "r", stages: [name]))
        stage.report.handle(.started(stage: name, why: ""))
        let line = stage.screen.text.split(separator: "\n")[0]
        #expect(line.contains("日… ") && line.hasSuffix("  0 s"))
        #expect(line.reduce(0) { $0 + ($1 == "日" ? 2 : 1) } < 40)
    }
}
