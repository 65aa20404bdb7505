import Pipelines

extension RunReport {
    /// What compositions and their bases answered to the same prompts, in the paper's buckets.
    func predictionsSection(_ links: ArtifactLinks) -> HTMLPage.Section {
        HTMLPage.Section(id: "predictions", title: "Predictions side by side") { html in
            writeCounts(links, &html)
            for comparison in comparisons { write(comparison, links, &html) }
        }
    }

    private func writeCounts(_ links: ArtifactLinks, _ html: inout HTMLWriter) {
        let buckets = PredictionComparison.Bucket.allCases
        html.table(
            "How many prompts", [.init("composition on dataset")] + buckets.map { .init($0.rawValue, isNumber: true) },
            label: "Counts of all buckets"
        ) { html in
            for comparison in comparisons {
                html.element("tr") { html in
                    html.heading(comparison.title)
                    for bucket in buckets {
                        let count = comparison.counts[bucket] ?? 0
                        html.element("td", ["class": "n"]) { html in
                            links.write(
                                formatted(number: Double(count)), from: comparison.composed.predictions, to: &html)
                        }
                    }
                }
            }
        }
    }

    private func write(_ comparison: PredictionComparison, _ links: ArtifactLinks, _ html: inout HTMLWriter) {
        let answerers = comparison.bases + [comparison.composed]
        html.element("h3", comparison.title)
        html.element("p", ["class": "muted small"]) { html in
            html.text("\(counted(comparison.total, "prompt")); predictions of ")
            for (index, answerer) in answerers.enumerated() {
                html.text(index == 0 ? "" : ", ")
                html.text("\(answerer.modelStage) ")
                links.write(answerer.predictions, to: &html)
            }
        }
        for bucket in PredictionComparison.Bucket.allCases {
            let examples = comparison.examples[bucket] ?? []
            guard !examples.isEmpty else { continue }
            html.element("details") { html in
                html.element(
                    "summary",
                    "\(bucket.rawValue): \(examples.count) of \(formatted(number: Double(comparison.counts[bucket] ?? 0)))"
                )
                write(examples, answerers, &html)
            }
        }
    }

    private func write(
        _ examples: [PredictionComparison.Example], _ answerers: [PredictionComparison.Answerer],
        _ html: inout HTMLWriter
    ) {
        let columns = ["prompt", "expected"] + answerers.map(\.modelStage)
        html.table("", columns.map { HTMLWriter.Column($0) }, label: "Examples") { html in
            for example in examples {
                html.element("tr") { html in
                    html.element("th", ["scope": "row", "class": "code"], example.prompt)
                    let wrong = example.answers.first { !$0.isRight }?.text
                    html.element(
                        "td", ["class": "code"],
                        AnswerExcerpt(example.expected, besides: wrong ?? example.expected).text)
                    for answer in example.answers {
                        html.element("td", ["class": "code"]) { html in
                            html.element(
                                "span", ["class": answer.isRight ? "good" : "bad"], answer.isRight ? "✓ " : "✗ ")
                            html.text(AnswerExcerpt(answer.text, besides: example.expected).text)
                        }
                    }
                }
            }
        }
    }
}
