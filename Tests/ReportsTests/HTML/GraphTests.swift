import Foundation
import Reports
import Testing

@Suite struct GraphTests {
    /// The boxes of a drawn graph by name: their left and top.
    private func boxes(_ stages: [(String, [String])]) throws -> [String: (x: Double, y: Double)] {
        let world = try ReportWorld()
        for (name, upstream) in stages { world.failed(name, "x", upstream: upstream) }
        let page = try PageReading(try world.report(exit: 4).page())
        let drawing = try #require(page.section("graph")?.all("svg").first)
        var boxes: [String: (x: Double, y: Double)] = [:]
        for box in drawing.all("rect") {
            let name = try #require(box.all("title").first?.text.split(separator: ":").first.map(String.init))
            boxes[name] = (try #require(box["x"].flatMap(Double.init)), try #require(box["y"].flatMap(Double.init)))
        }
        return boxes
    }

    @Test("a stage stands below all that it reads from, and no two boxes overlap")
    func layers() throws {
        let stages: [(String, [String])] = [
            ("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["a", "b", "c"]), ("e", ["d", "a"]), ("f", []),
            ("g", ["f", "e"]),
        ]
        let boxes = try boxes(stages)
        #expect(boxes.count == stages.count)
        for (name, upstream) in stages {
            for need in upstream { #expect((boxes[need]?.y ?? 0) < (boxes[name]?.y ?? 0), "\(need) above \(name)") }
        }
        let places = Array(boxes.values)
        for (index, one) in places.enumerated() {
            for other in places[..<index] where one.y == other.y { #expect(abs(one.x - other.x) >= 166) }
        }
    }

    @Test("random graphs are drawn without overlaps", arguments: 0..<20)
    func random(_ seed: UInt64) throws {
        var state = seed &+ 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let stages = (0..<(1 + next(14))).map { index in
            ("s\(index)", index == 0 ? [] : (0..<next(4)).map { _ in "s\(next(index))" })
        }
        let boxes = try boxes(stages)
        #expect(boxes.count == stages.count)
        for (name, upstream) in stages {
            for need in upstream { #expect((boxes[need]?.y ?? 0) < (boxes[name]?.y ?? 0)) }
        }
        let places = Array(boxes.values)
        for (index, one) in places.enumerated() {
            for other in places[..<index] where one.y == other.y { #expect(abs(one.x - other.x) >= 166) }
        }
    }

    @Test("arrows that follow from others are left out")
    func reduction() throws {
        let world = try ReportWorld()
        for (name, upstream) in [("a", []), ("b", ["a"]), ("c", ["a", "b"])] {
            world.failed(name, "x", upstream: upstream)
        }
        let page = try PageReading(try world.report(exit: 4).page())
        #expect(page.section("graph")?.all("path").count { $0["class"] == "edge" } == 2)
        #expect(PageReading.text(page.section("graph")).contains("c (failed, 1.0 s) reads from a, b"))
    }

    @Test("cells of a matrix share a box; a cycle that this makes gives the list")
    func matrices() throws {
        let boxes = try boxes([("m[a=1]", []), ("m[a=2]", []), ("t", ["m[a=1]", "m[a=2]"])])
        #expect(Set(boxes.keys) == ["m", "t"])
        let world = try ReportWorld()
        for (name, upstream) in [("m[a=1]", []), ("t", ["m[a=1]"]), ("m[a=2]", ["t"])] {
            world.failed(name, "x", upstream: upstream)
        }
        let page = try PageReading(try world.report(exit: 4).page())
        #expect(page.section("graph")?.all("svg").isEmpty == true)
        #expect(PageReading.text(page.section("graph")).contains("m (2 × failed, 2.0 s) reads from t"))
    }
}
