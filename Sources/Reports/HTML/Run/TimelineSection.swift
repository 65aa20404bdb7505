import Pipelines

extension RunReport {
    private static let mostBars = 120

    /// When each stage ran in this run, with the cores it kept at work and its peak memory.
    func timelineSection() -> HTMLPage.Section {
        HTMLPage.Section(id: "timeline", title: "Timeline") { html in
            let timeline = Timeline(title: "Timeline of execution", items: timelineItems, mostItems: Self.mostBars)
            guard !timeline.items.isEmpty else {
                html.element("p", "Nothing ran: every result was taken from the store.")
                return
            }
            html.wide("Timeline of execution") { timeline.write(to: &$0) }
            if timeline.items.count > Self.mostBars {
                html.element(
                    "p",
                    "The \(Self.mostBars) longest of \(timeline.items.count) stages; all count for cores and memory.")
            }
            let cached = count("cached")
            html.element(
                "p", ["class": "muted small"],
                "Seconds since the run began. Cores at work: processor time over time, an average. Memory: the sum of the peaks of the stages at work, so an upper bound."
                    + (cached > 0 ? " \(counted(cached, "stage")) more came from the store and took no time." : ""))
        }
    }

    private var timelineItems: [Timeline.Item] {
        stages.compactMap { stage in
            guard let startedAt = stage.startedAt, stage.row.state != "cached", stage.row.seconds.isFinite else {
                return nil
            }
            let seconds = max(0, stage.row.seconds)
            let cores = seconds > 0 ? stage.row.cpuSeconds / seconds : 0
            var detail = formatted(seconds: seconds)
            if seconds > 0, stage.row.cpuSeconds > 0 {
                let given = stage.threads > 0 ? " of \(stage.threads)" : ""
                detail += ", \(tenths(cores))\(given) \(stage.threads == 1 ? "core" : "cores")"
            }
            if stage.row.peakMemoryBytes > 0 { detail += ", \(formatted(bytes: stage.row.peakMemoryBytes))" }
            if stage.row.state != "executed" { detail = "\(stage.row.state), \(detail)" }
            return Timeline.Item(
                name: stage.row.name, start: max(0, startedAt - run.startedAt), seconds: seconds, cores: cores,
                memory: Double(stage.row.peakMemoryBytes), tone: tone(ofState: stage.row.state), detail: detail)
        }
    }

    private func tenths(_ value: Double) -> String { formatted(number: (value * 10).rounded() / 10) }
}
