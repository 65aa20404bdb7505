import Artifacts
import Catalogue

/// Which artifacts and executions a page lists, so that numbers link to those and to no place that isn't there.
struct ArtifactLinks: Sendable {
    /// How many artifacts a page lists, and how many executions.
    static let most = 2_000

    typealias Entry = (stage: String, output: RunReport.Output)

    /// Each artifact once.
    let entries: [Entry]
    /// The executions that gave them, each once.
    let executions: [(stage: String, row: ExecutionRow)]
    private let listed: Set<Digest>

    init(_ all: [Entry], executions made: [(stage: String, row: ExecutionRow)] = []) {
        var seen: Set<Digest> = []
        var entries: [Entry] = []
        for entry in all where entries.count < Self.most && seen.insert(entry.output.artifact).inserted {
            entries.append(entry)
        }
        var executions: [(stage: String, row: ExecutionRow)] = []
        for execution in made where executions.count < Self.most && seen.insert(execution.row.key).inserted {
            executions.append(execution)
        }
        (self.entries, self.executions, listed) = (entries, executions, seen)
    }

    /// All that a run's stages gave, in the pipeline's order.
    init(_ report: RunReport) {
        self.init(
            report.stages.flatMap { stage in stage.outputs.map { (stage.row.name, $0) } },
            executions: report.stages.compactMap { stage in stage.execution.map { (stage.row.name, $0) } })
    }

    static func id(_ digest: Digest) -> String { "a-\(digest.hex)" }

    /// Writes a number, as a link to the artifact or the execution that it was read from.
    func write(_ text: String, from digest: Digest?, to html: inout HTMLWriter) {
        guard let digest else { return html.text(text) }
        guard listed.contains(digest) else { return html.element("span", ["title": digest.hex], text) }
        html.element("a", ["class": "number", "href": "#" + Self.id(digest), "title": digest.hex], text)
    }

    /// Writes the beginning of a digest, as a link.
    func write(_ artifact: Digest, to html: inout HTMLWriter) {
        html.element("code") { write(artifact.short, from: artifact, to: &$0) }
    }

    /// Writes a cell that holds a number.
    func number(_ text: String, from digest: Digest?, to html: inout HTMLWriter) {
        html.element("td", ["class": "n"]) { write(text, from: digest, to: &$0) }
    }
}

extension ArtifactLinks {
    /// The places to which numbers link.
    func section(more: String) -> HTMLPage.Section {
        HTMLPage.Section(id: "artifacts", title: "Artifacts") { html in
            if entries.isEmpty, executions.isEmpty { html.element("p", "There are none.") }
            if !entries.isEmpty { writeArtifacts(&html, more: more) }
            if !executions.isEmpty { writeExecutions(&html, more: more) }
        }
    }

    private func writeArtifacts(_ html: inout HTMLWriter, more: String) {
        html.table(
            "calm show DIGEST says what an artifact consists of, who made it and who read it",
            [
                .init("stage"), .init("role"), .init("type"), .init("size", isNumber: true),
                .init("digest (SHA-256)"),
            ],
            label: "Artifacts"
        ) { html in
            for (stage, output) in entries {
                html.element("tr", ["id": Self.id(output.artifact)]) { html in
                    html.heading(stage)
                    html.element("td", output.role)
                    html.element("td", output.type.rawValue)
                    html.number(formatted(bytes: output.bytes))
                    html.element("td", ["class": "code"], output.artifact.hex)
                }
            }
        }
        if entries.count == Self.most { html.element("p", "… and more: \(more)") }
    }

    private func writeExecutions(_ html: inout HTMLWriter, more: String) {
        html.table(
            "Executions, by the keys of their stages: what times and memory were measured of",
            [.init("stage"), .init("executed"), .init("key (SHA-256)")], label: "Executions"
        ) { html in
            for (stage, execution) in executions {
                html.element("tr", ["id": Self.id(execution.key)]) { html in
                    html.heading(stage)
                    html.element("td", ["class": "when"], moment(execution.startedAt))
                    html.element("td", ["class": "code"], execution.key.hex)
                }
            }
        }
        if executions.count == Self.most { html.element("p", "… and more: \(more)") }
    }
}
