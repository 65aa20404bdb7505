import ArgumentParser
import Catalogue
import Foundation
import Reports

struct ReportsBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reports",
        abstract: "Measure reading and ingesting a JUnit report beside junitparser, in one run.",
        discussion: """
            The report has one failure in a hundred cases. Reading is timed within a process of its own, from opening the file
            to the last case, in turns; junitparser's is that of `JUnitXml.fromfile`, which makes its elements, and that with
            each case's name and result asked for besides. Ingesting is the whole of `calm reports ingest` into a new store.

            EXAMPLES
              calm-bench reports --python venv/bin/python
            """)

    @Option(help: "An interpreter that has junitparser.")
    var python = "python3"

    @Option(help: "How many test cases the report has.")
    var cases = 100_000

    @Option(help: "How often each is measured.")
    var repeats = 5

    @Option(name: .customLong("read"), help: .private)
    var probe: String?

    func validate() throws {
        guard cases >= 1, repeats >= 1 else { throw ValidationError("cases and repeats must be at least 1") }
    }

    func run() throws {
        if let probe { return try Self.read(probe) }
        let ground = try Ground(folder: nil, programs: [:])
        let place = try ground.place("reports", .calm)
        try place.write(Self.report(cases), to: "report.xml")
        let report = place.url.appendingPathComponent("report.xml").path
        let itself = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        var figures = [
            Figure(name: "calm reads") { try Self.probe(itself, ["reports", "--read", report], place) },
            Figure(name: "junitparser makes") {
                try Self.probe("/usr/bin/env", [python, "-c", Self.parse, report], place)
            },
            Figure(name: "junitparser reads") {
                try Self.probe("/usr/bin/env", [python, "-c", Self.visit, report], place)
            },
            Figure(name: "calm ingests") {
                place.remove("store")
                let run = try place.run("reports", "ingest", "report.xml", "--store", "store")
                return Probe(cases: cases, seconds: run.seconds, kibibytes: nil)
            },
        ]
        for _ in 0..<repeats {
            for index in figures.indices { try figures[index].measure(expecting: cases) }
        }
        print("\(cases) cases, load \(Self.load)")
        for figure in figures {
            let memory = figure.kibibytes.map { ", peak \(decimals(Double($0) / 1024, 0)) MiB" } ?? ""
            let ratio = decimals(figure.seconds.median / figures[0].seconds.median, 2)
            print("  \(figure.name.padded(to: 20)) \(figure.seconds.text)\(memory), \(ratio) × calm's reading")
        }
    }

    private static var load: String {
        (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first.map(String.init)
            ?? "?"
    }

    private static func report(_ cases: Int) -> String {
        var text =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"suite\" tests=\"\(cases)\">\n"
        for index in 0..<cases {
            text +=
                "<testcase classname=\"package.module_\(index / 100)\" name=\"test_\(index)\" time=\"0.\(index % 900 + 100)\""
            text +=
                index % 100 == 0
                ? "><failure message=\"expected \(index), found 0\">at file_\(index).swift:12</failure></testcase>\n"
                : "/>\n"
        }
        return text + "</testsuite></testsuites>\n"
    }

    private static func read(_ path: String) throws {
        let start = ContinuousClock.now
        var cases = 0
        let add = { (_: TestCase) in cases += 1 }
        _ = try JUnitReader.read(URL(fileURLWithPath: path), again: { cases = 0 }, add)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ").dropLast().last
        print("\(cases) \(seconds) \(peak?.split(separator: "\t").last ?? "0")")
    }

    private static let parse = script("cases = sum(suite.tests for suite in report)", isTimed: false)
    private static let visit = script(
        "cases = sum(1 for suite in report for case in suite if case.name and case.result is not None)", isTimed: true)

    private static func script(_ count: String, isTimed: Bool) -> String {
        let end = "end = time.perf_counter()"
        return """
            import resource, sys, time
            from junitparser import JUnitXml
            start = time.perf_counter()
            report = JUnitXml.fromfile(sys.argv[1])
            \(isTimed ? "" : end)
            \(count)
            \(isTimed ? end : "")
            print(cases, end - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
            """
    }

    private static func probe(_ program: String, _ arguments: [String], _ place: Place) throws -> Probe {
        let output = try TimedProcess(program, arguments, in: place.url).run().output
        let words = output.split(whereSeparator: \.isWhitespace)
        guard words.count == 3, let cases = Int(words[0]), let seconds = Double(words[1]), let peak = Int(words[2])
        else {
            throw BenchError("\(program) answered '\(output.prefix(200))'")
        }
        return Probe(cases: cases, seconds: seconds, kibibytes: peak)
    }
}

private struct Probe {
    let cases: Int
    let seconds: Double
    let kibibytes: Int?
}

/// One thing measured again and again.
private struct Figure {
    let name: String
    private let take: () throws -> Probe
    private(set) var seconds: Samples
    private(set) var kibibytes: Int?

    init(name: String, _ take: @escaping () throws -> Probe) {
        self.name = name
        self.take = take
        seconds = Samples(name, .seconds)
    }

    mutating func measure(expecting cases: Int) throws {
        let probe = try take()
        guard probe.cases == cases else { throw BenchError("\(name) found \(probe.cases) cases of \(cases)") }
        seconds.add(probe.seconds)
        kibibytes = probe.kibibytes.map { max($0, kibibytes ?? 0) }
    }
}
