import Artifacts
import Foundation
import Pipelines

extension RunReport {
    /// Where the results were made; nil if no execution says it.
    func environmentSection() -> HTMLPage.Section? {
        let environments = environments
        if environments.isEmpty { return nil }
        return HTMLPage.Section(id: "environment", title: "Environment") { html in
            html.table(
                "What executions were made on: the same key on the same numeric profile gives the same bytes",
                [.init("fact"), .init("value"), .init("stages", isNumber: true)], label: "Environment"
            ) { html in
                for fact in environments {
                    html.element("tr") { html in
                        html.heading(fact.name)
                        html.element("td", ["class": "words"], fact.value)
                        html.number("\(fact.count)")
                    }
                }
            }
        }
    }

    /// The run's command and parameters, and the commands that make its results again.
    func commandsSection() -> HTMLPage.Section {
        HTMLPage.Section(id: "commands", title: "Commands") { html in
            html.element("h3", "The command")
            html.element("pre", run.commandLine)
            html.element("h3", "To reproduce it")
            html.element("pre", reproduction.joined(separator: "\n"))
            let parameters = (run.parameters.members ?? [:]).sorted { $0.key < $1.key }
            if !parameters.isEmpty {
                html.table("Parameters of the pipeline", [.init("parameter"), .init("value")]) { html in
                    for (name, value) in parameters {
                        html.element("tr") { html in
                            html.heading(name)
                            html.element("td", ["class": "code"], value.text ?? value.canonical)
                        }
                    }
                }
            }
        }
    }

    /// The commands, for the store where it is: with every parameter of the pipeline as it was, so that later edits of its
    /// defaults don't matter, and for a run of a few stages with those.
    package var reproduction: [String] {
        let parameters = (run.parameters.members ?? [:]).sorted { $0.key < $1.key }
        let sets = parameters.map { name, value in
            " --set " + "params.\(name)=\(value.text ?? value.canonical)".shellWord
        }
        let file = run.file.isEmpty ? "PIPELINE" : run.file.shellWord
        let store = store.map { " --store \($0.shellWord)" } ?? ""
        let names = run.isPartial ? stages.map { " " + $0.row.name.shellWord }.joined() : ""
        let rest = sets.joined() + store
        return [
            "calm run \(file)\(names)\(rest)", "calm verify \(file)\(run.isPartial ? names : " --all")\(rest)",
            "calm show \(run.id)\(store)",
        ]
    }

    /// Facts that executions of the run's stages recorded of where they ran, and how many stages share each.
    package var environments: [(name: String, value: String, count: Int)] {
        var counts: [String: [String: Int]] = [:]
        for case let execution? in stages.map(\.execution) {
            for (name, value) in execution.environment { counts[name, default: [:]][value, default: 0] += 1 }
        }
        return counts.sorted { $0.key < $1.key }.flatMap { name, values in
            values.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(10).map { (name, $0.key, $0.value) }
        }
    }
}
