import Artifacts

/// Which artifacts a page lists, so that numbers link to those and to no place that isn't there.
struct ArtifactLinks: Sendable {
    /// How many artifacts a page lists.
    static let most = 2_000

    private let listed: Set<Digest>

    init(_ report: RunReport) { listed = Set(Self.list(report).map(\.output.artifact)) }

    /// The artifacts that a run's stages gave, each once, in the pipeline's order.
    static func list(_ report: RunReport) -> [(stage: String, output: RunReport.Output)] {
        var seen: Set<Digest> = []
        var list: [(stage: String, output: RunReport.Output)] = []
        for stage in report.stages {
            for output in stage.outputs where list.count < most && seen.insert(output.artifact).inserted {
                list.append((stage.row.name, output))
            }
        }
        return list
    }

    static func id(_ artifact: Digest) -> String { "a-\(artifact.hex)" }

    /// Writes a number, as a link to the artifact that it was read from.
    func write(_ text: String, from artifact: Digest?, to html: inout HTMLWriter) {
        guard let artifact else { return html.text(text) }
        guard listed.contains(artifact) else { return html.element("span", ["title": artifact.hex], text) }
        html.element("a", ["class": "number", "href": "#" + Self.id(artifact), "title": artifact.hex], text)
    }

    /// Writes the beginning of a digest, as a link.
    func write(_ artifact: Digest, to html: inout HTMLWriter) {
        html.element("code") { write(artifact.short, from: artifact, to: &$0) }
    }
}
