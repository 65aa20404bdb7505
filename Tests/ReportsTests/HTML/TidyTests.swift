import Foundation
import Reports
import Testing

/// HTML Tidy's opinion of pages, where it is installed.
@Suite("HTML Tidy", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/tidy"), "needs /usr/bin/tidy"))
struct TidyTests {
    /// What tidy says of a page: nothing, if it is well.
    private func complaints(_ page: Data) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).html")
        try page.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/tidy")
        process.arguments = ["-quiet", "-errors", file.path]
        let output = Pipe()
        process.standardError = output
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self)
    }

    @Test("a run's page is valid, and so is that of a run that executed nothing")
    func run() throws {
        let world = try ReportWorld()
        let figure = try world.artifact(.figure, ["loss.tsv": "step\tloss\n1\t4\n2\t2\n"])
        try world.stage("one<two>", out: ["curve": figure], metrics: ["loss": 1], startedAt: 1001)
        try world.stage("scores[a=1,b=2]", metrics: ["accuracy": 0.5], upstream: ["one<two>"], startedAt: 1002)
        try world.stage("scores[a=1,b=3]", metrics: ["accuracy": 0.7], upstream: ["one<two>"], startedAt: 1002)
        world.failed("broken", "why & how", upstream: ["scores[a=1,b=2]"])
        world.gate("scores[a=1,b=2]", "accuracy", ">= 0.6", 0.5, passed: false)
        let report = try world.report(exit: 4)
        #expect(try complaints(report.page().html()) == "")
        let idle = try ReportWorld()
        try idle.stage("one<two>", metrics: ["loss": 1], state: "cached")
        let page = try idle.report(exit: 0).page().html()
        #expect(String(decoding: page, as: UTF8.self).contains("<!-- settled by"))
        #expect(try complaints(page) == "")
        #expect(try complaints(RunSeries([report.run], catalogue: world.catalogue).page().html()) == "")
    }

    @Test("tidy finds fault with a page that isn't")
    func fault() throws { #expect(try complaints(Data("<!DOCTYPE html><p><table><b></p>".utf8)).contains("Warning")) }
}
