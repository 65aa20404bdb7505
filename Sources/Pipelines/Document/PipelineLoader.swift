import Artifacts
import Foundation

/// Reads a pipeline file and checks all of it before anything runs.
///
/// Every mistake is reported at once: in the YAML's shape, names, types, ranges, references, artifact types, cycles, and
/// what the stage kinds find when they plan.
package struct PipelineLoader: Sendable {
    private static let keys = ["name", "description", "params", "baseline", "stages"]

    package init() {}

    /// - Parameters:
    ///   - overrides: values of the pipeline's parameters by name, such as `params.seed`, in place of the file's.
    ///   - store: where the results will be, which no input may hold.
    /// - Throws: everything that is wrong with the file.
    package func load(
        file: URL, registry: StageRegistry, overrides: [String: String] = [:], store: URL? = nil
    ) throws(PipelineDiagnostics) -> ResolvedPipeline {
        let name = file.relativePath
        let place = store.map(StorePlace.init)
        return try load(name, file.deletingLastPathComponent(), place, registry, overrides) { () throws(Diagnostic) in
            try PipelineText.read(file, as: name)
        }
    }

    /// - Parameters:
    ///   - name: stands for the file in messages.
    ///   - folder: where the files that inputs name must exist; nil to leave that unchecked.
    package func load(
        text: String, name: String = "pipeline.yaml", folder: URL? = nil, registry: StageRegistry,
        overrides: [String: String] = [:]
    ) throws(PipelineDiagnostics) -> ResolvedPipeline {
        try load(name, folder, nil, registry, overrides) { () throws(Diagnostic) in
            try PipelineText.text(of: Data(text.utf8), as: name)
        }
    }

    private func load(
        _ file: String, _ folder: URL?, _ store: StorePlace?, _ registry: StageRegistry,
        _ overrides: [String: String], text: () throws(Diagnostic) -> String
    ) throws(PipelineDiagnostics) -> ResolvedPipeline {
        var collector = DiagnosticCollector()
        do throws(Diagnostic) {
            let pipeline = load(try text(), file, folder, store, registry, overrides, &collector)
            if let pipeline, collector.isEmpty { return pipeline }
        } catch {
            collector.report(error.location, error.message)
        }
        throw collector.diagnostics
    }

    private func load(
        _ text: String, _ file: String, _ folder: URL?, _ store: StorePlace?, _ registry: StageRegistry,
        _ overrides: [String: String], _ collector: inout DiagnosticCollector
    ) -> ResolvedPipeline? {
        let start = SourceLocation(file: file, line: 1, column: 1)
        guard let root = YAMLReader.read(text, file: file, &collector),
            let fields = collector.fields(of: root, "pipeline", valid: Self.keys)
        else { return nil }
        let name = fields["name"].flatMap { collector.text(of: $0.value, "name") }
        if fields["name"] == nil { collector.report(start, "expected 'name:' with the pipeline's name") }
        if let name, !isName(name), let field = fields["name"] {
            collector.report(field.value.location, nameRule("pipeline", name))
        }
        let description = fields["description"].flatMap { collector.text(of: $0.value, "description") }
        let parameters = PipelineParameters.read(fields["params"]?.value, overrides, &collector)
        let baseline = fields["baseline"].flatMap { collector.text(of: $0.value, "baseline") }
        if let baseline, !Store.isPinName(baseline), let field = fields["baseline"] {
            collector.report(
                field.value.location,
                "baseline: expected the name of a pin (letters, digits, '.', '_' and '-'), found \(quoted(baseline))"
            )
        }
        let entries = fields["stages"].map { collector.entries(of: $0.value, "stages") } ?? []
        if let entries, entries.isEmpty {
            let location = fields["stages"]?.keyLocation ?? start
            collector.report(location, "expected 'stages:' with at least one stage")
        }
        var resolver = StageResolver(
            registry: registry, parameters: parameters, folder: folder, store: store,
            collector: collector)
        let stages = resolver.resolve(entries ?? [])
        collector = resolver.collector
        return ResolvedPipeline(
            name: name ?? "", description: description ?? "", parameters: parameters.mapValues(\.json),
            stages: stages, baseline: baseline)
    }
}
