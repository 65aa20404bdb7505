extension RunReport {
    /// What the run's stages gave, by digest: the places to which numbers link.
    func artifactsSection(_ links: ArtifactLinks) -> HTMLPage.Section {
        let list = ArtifactLinks.list(self)
        return HTMLPage.Section(id: "artifacts", title: "Artifacts") { html in
            guard !list.isEmpty else { return html.element("p", "The run gave none.") }
            html.table(
                "calm show DIGEST says what an artifact consists of, who made it and who read it",
                [
                    .init("stage"), .init("role"), .init("type"), .init("size", isNumber: true),
                    .init("digest (SHA-256)"),
                ],
                label: "Artifacts"
            ) { html in
                for (stage, output) in list {
                    html.element("tr", ["id": ArtifactLinks.id(output.artifact)]) { html in
                        html.element("th", ["scope": "row"], stage)
                        html.element("td", output.role)
                        html.element("td", output.type.rawValue)
                        html.number(formatted(bytes: output.bytes))
                        html.element("td", ["class": "code"], output.artifact.hex)
                    }
                }
            }
            if list.count == ArtifactLinks.most { html.element("p", "… and more: calm show \(run.id) lists them") }
        }
    }
}
