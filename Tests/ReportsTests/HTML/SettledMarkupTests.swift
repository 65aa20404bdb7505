import Artifacts
import Foundation
import Reports
import Testing

@Suite("Sections that pages share") struct SettledMarkupTests {
    /// What a page's settled sections depend on, as its first comment says; nil if it has none.
    private func key(_ change: (ReportWorld) throws -> Void) throws -> Digest? {
        let world = try ReportWorld()
        try change(world)
        let page = String(decoding: try world.report(exit: 0).page().html(), as: UTF8.self)
        guard let match = page.firstMatch(of: /<!-- settled by ([0-9a-f]{64}) -->/) else { return nil }
        let key = try #require(Digest(hex: String(match.1)))
        #expect(SettledMarkup(of: Data(page.utf8), key: key) != nil)
        #expect(SettledMarkup(of: Data(page.utf8), key: Digest(of: [0])) == nil)
        return key
    }

    @Test("they depend on stages, metrics, outputs and gates; a run that executed something shares none")
    func keys() throws {
        let keys = try [
            key { try $0.stage("a", metrics: ["loss": 1], state: "cached") },
            key { try $0.stage("b", metrics: ["loss": 1], state: "cached") },
            key { try $0.stage("a", metrics: ["loss": 2], state: "cached") },
            key { world in
                let figure = try world.artifact(.figure, ["loss.tsv": "step\tloss\n1\t4\n"])
                try world.stage("a", out: ["curve": figure], metrics: ["loss": 1], state: "cached")
            },
            key { try $0.stage("a", metrics: ["loss": 1], state: "cached", why: "other") },
            key { try $0.stage("a", metrics: ["loss": 1], state: "cached", upstream: ["b"]) },
            key { world in
                try world.stage("a", metrics: ["loss": 1], state: "cached")
                world.gate("a", "loss", "< 2", 1, passed: true)
            },
            key { world in
                try world.stage("a", metrics: ["loss": 1], state: "cached")
                world.gate("a", "loss", "< 1", 1, passed: false)
            },
        ]
        #expect(keys.allSatisfy { $0 != nil } && Set(keys).count == keys.count)
        #expect(try key { try $0.stage("a", metrics: ["loss": 1], state: "cached") } == keys[0])
        #expect(try key { try $0.stage("a", metrics: ["loss": 1]) } == nil)
        #expect(try key { _ in } == nil)
    }
}
