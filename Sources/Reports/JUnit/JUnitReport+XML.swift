import Foundation
import Pipelines

extension JUnitReport {
    /// How much of texts is kept.
    private struct Measure {
        /// Bytes of a text; an escaped byte takes four times as many.
        let text: Int
        /// Whether cases that passed tell their output.
        var tellsPassed = true

        /// The first that keeps the file small enough is taken.
        static let all = [
            Measure(text: 100_000), Measure(text: 20_000), Measure(text: 4_000), Measure(text: 1_000),
            Measure(text: 1_000, tellsPassed: false), Measure(text: 200, tellsPassed: false),
        ]
        /// GitLab reads no larger file.
        static let mostBytes = 30_000_000

        /// Bytes of an attribute, which readers show in one line.
        var attribute: Int { min(text, 4_000) }
    }

    /// The XML document, UTF-8; long texts are cut in the middle as far as it takes for the whole to have at most 30 MB.
    package func xml() -> Data {
        var document = Data()
        for measure in Measure.all {
            document = xml(measure)
            if document.count <= Measure.mostBytes { break }
        }
        return document
    }

    private func xml(_ measure: Measure) -> Data {
        var (failures, errors, skipped) = (0, 0, 0)
        for item in cases {
            switch item.outcome {
            case .passed: break
            case .skipped: skipped += 1
            case .failure: failures += 1
            case .error: errors += 1
            }
        }
        let document = XMLDocument()
        document.element(
            "testsuites",
            [
                "name": "calm", "time": junitTime(seconds), "tests": "\(cases.count)", "failures": "\(failures)",
                "errors": "\(errors)",
            ]
        ) {
            document.element(
                "testsuite",
                [
                    "name": suite, "tests": "\(cases.count)", "failures": "\(failures)", "errors": "\(errors)",
                    "skipped": "\(skipped)", "time": junitTime(seconds), "timestamp": timestamp(startedAt),
                    "file": file,
                ]
            ) {
                write(properties, to: document, measure)
                for item in cases { write(item, to: document, measure) }
            }
        }
        return document.finish()
    }

    private func write(
        _ properties: [(name: String, value: String)], to document: borrowing XMLDocument, _ measure: Measure
    ) {
        guard !properties.isEmpty else { return }
        document.element("properties") {
            for property in properties {
                document.element(
                    "property",
                    ["name": property.name, "value": Excerpt.line(property.value, limit: measure.attribute)])
            }
        }
    }

    private func write(_ item: JUnitCase, to document: borrowing XMLDocument, _ measure: Measure) {
        let place = item.location.map { ($0.file, $0.line) }
        document.element(
            "testcase",
            [
                "name": item.name, "classname": "\(suite).\(item.group)",
                "file": options.flavour.hasFile ? place.map { options.path($0.0) } : nil,
                "line": options.flavour.hasLine ? place.map { "\(max(1, $0.1))" } : nil,
                "time": junitTime(item.seconds),
            ]
        ) {
            var isPassed = false
            write(item.properties, to: document, measure)
            switch item.outcome {
            case .passed: isPassed = true
            case .skipped(let message):
                document.element("skipped", ["message": Excerpt.line(message, limit: measure.attribute)])
            case .failure(let type, let message, let text):
                document.element(
                    "failure", ["type": type, "message": Excerpt.line(message, limit: measure.attribute)],
                    text: Excerpt.of(text, limit: measure.text))
            case .error(let type, let message, let text):
                document.element(
                    "error", ["type": type, "message": Excerpt.line(message, limit: measure.attribute)],
                    text: Excerpt.of(text, limit: measure.text))
            }
            for rerun in item.reruns {
                document.element(
                    isPassed ? "flakyError" : "rerunError",
                    ["type": rerun.type, "message": Excerpt.line(rerun.message, limit: measure.attribute)]
                ) {
                    document.element("stackTrace", text: Excerpt.of(rerun.text, limit: measure.text))
                    if let log = rerun.log, let text = excerpt(log, measure) {
                        document.element("system-out", text: text)
                    }
                }
            }
            if var output = item.output.map({ Excerpt.of($0, limit: measure.text) }), !isPassed || measure.tellsPassed {
                if let log = item.log, let text = excerpt(log, measure) { output = output + XMLText("\nlog:\n") + text }
                document.element("system-out", text: output)
            }
        }
    }

    private func excerpt(_ log: JUnitCase.Log, _ measure: Measure) -> XMLText? {
        Excerpt.of(log.file, from: log.start, to: log.end, limit: measure.text)
    }

    private func timestamp(_ date: Date) -> String {
        let moment = UTCTime(date.timeIntervalSince1970)
        return "\(moment.day())T\(moment.time())"
    }
}
