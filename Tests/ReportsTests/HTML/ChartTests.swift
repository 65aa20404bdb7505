import Foundation
import Reports
import Testing

@Suite struct ChartTests {
    private func drawn(_ write: (inout HTMLWriter) -> Void) throws -> Element? {
        var html = HTMLWriter()
        write(&html)
        guard !html.markup.isEmpty else { return nil }
        let element: Element = try #require(parsed(Data(html.markup.utf8)), "not well-formed: \(html.markup)")
        return element
    }

    private func curve(_ points: [(Double, Double)], logarithm: Bool = false) throws -> Element? {
        let series = LineChart.Series("a<b", points.map { (x: $0.0, y: $0.1) })
        return try drawn {
            LineChart(title: "loss", across: "steps", series: [series], prefersLogarithm: logarithm).write(to: &$0)
        }
    }

    @Test("no data gives no chart")
    func empty() throws {
        #expect(try curve([]) == nil)
        #expect(try curve([(1, .nan), (.infinity, 2)]) == nil)
        #expect(try drawn { BarChart(title: "t", arms: ["a"], groups: []).write(to: &$0) } == nil)
        #expect(try drawn { Sparkline(title: "t", values: [nil, .nan]).write(to: &$0) } == nil)
    }

    @Test("one point is a dot")
    func onePoint() throws {
        let chart = try #require(try curve([(1, 2)]))
        #expect(chart.all("circle").count == 1)
        #expect(chart.all("path").allSatisfy { $0["class"]?.hasPrefix("line ") == false })
        let spark = try #require(try drawn { Sparkline(title: "t", values: [3]).write(to: &$0) })
        #expect(spark.all("circle").count == 1 && spark.all("path").isEmpty)
    }

    @Test("a curve runs from left to right, its highest point on top, and breaks where there is no number")
    func geometry() throws {
        let chart = try #require(try curve([(0, 0), (50, 10), (60, .nan), (100, 5)]))
        let path = try #require(chart.all("path").first { $0["class"]?.hasPrefix("line ") == true }?["d"])
        #expect(path == "M58 160L175 30M292 95")
    }

    @Test("a loss that falls far stands on a logarithmic scale")
    func logarithm() throws {
        let chart = try #require(try curve([(0, 10), (1, 1), (2, 0.1)], logarithm: true))
        let path = try #require(chart.all("path").first { $0["class"]?.hasPrefix("line ") == true }?["d"])
        #expect(path == "M58 30L175 95L292 160")
    }

    @Test("charts have names and descriptions, and hold their numbers in words")
    func words() throws {
        let chart = try #require(try curve([(1, 4), (2, 3)]))
        #expect(chart["role"] == "img" && chart["aria-label"] == "loss")
        #expect(chart.all("title").first?.text == "loss")
        #expect(chart.all("desc").first?.text == "a<b: 4 at 1 steps, 3 at 2, lowest 3.")
    }

    @Test("bars begin at zero, also those below it; a mark stands where the reference is")
    func bars() throws {
        let groups = [BarChart.Group("g", [.init(arm: 0, value: 1, reference: 0.5), .init(arm: 1, value: -1)])]
        let chart = try #require(
            try drawn { BarChart(title: "t", arms: ["up", "down"], groups: groups).write(to: &$0) })
        let bars = chart.all("rect").filter { !$0.all("title").isEmpty }
        #expect(bars.map { $0["x"] } == ["172", "8"])
        #expect(bars.map { $0["width"] } == ["164", "164"])
        #expect(chart.all("path").first { $0["class"] == "mark" }?["d"]?.hasPrefix("M254 ") == true)
        #expect(chart.all("desc").first?.text == "g: up 1 (reference 0.5), down -1.")
    }

    @Test(
        "values too large, or all the same, are drawn within the chart",
        arguments: [
            [1e308, -1e308], [5, 5, 5], [0, 0], [.leastNonzeroMagnitude, .leastNormalMagnitude],
            [.greatestFiniteMagnitude, .nan, 1],
        ])
    func extremes(_ values: [Double]) throws {
        let chart = try curve(values.enumerated().map { (Double($0.offset), $0.element) })
        let numbers = chart?.all("path").flatMap {
            ($0["d"] ?? "").matches(of: /-?[0-9.]+/).map { Double($0.0) ?? .nan }
        }
        #expect(numbers?.allSatisfy { (0...400).contains($0) } == true)
    }

    @Test("a sparkline in characters")
    func sparkText() {
        #expect(Sparkline.text([0, 1, nil, 0.5]) == "▁█ ▅")
        #expect(Sparkline.text([2, 2]) == "▅▅")
        #expect(Sparkline.text([nil]) == "")
    }

    @Test(
        "numbers in words",
        arguments: [
            (0.0, "0"), (1_234_567, "1,234,567"), (-1234, "-1,234"), (0.12345, "0.1235"), (123456.7, "123,457"),
            (1e20, "1e+20"), (.nan, "not a number"), (-.infinity, "-∞"), (999, "999"),
        ])
    func numbers(_ value: Double, _ expected: String) { #expect(formatted(number: value) == expected) }
}
