import ArgumentParser
import Catalogue
import Foundation
import Pipelines
import Stages

/// What a shell offers for a word: names from the store and the project. Nothing is written, and what can't be read is left out.
///
/// Each takes the words of the command line, the index of the one that is completed, and what stands before the cursor.
enum Completion {
    /// The project's pipelines, and YAML files.
    @Sendable static func pipelines(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        matching(prefix, PipelineFile.names() + files(CompletedWord(prefix).text))
    }

    /// The stages of the pipeline on the command line, else of the store's latest runs.
    @Sendable static func stages(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        let own = pipeline(words)
        return matching(prefix, own.isEmpty ? withMatrices(names(words).stages) : own)
    }

    @Sendable static func runs(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        matching(prefix, ["latest"] + names(words).runs)
    }

    @Sendable static func pins(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        matching(prefix, names(words).pins)
    }

    /// What `--baseline` takes.
    @Sendable static func baselines(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        let names = names(words)
        return matching(prefix, names.pins + ["latest"] + names.runs)
    }

    /// What `Reference` takes: stages, and their outputs once the stage is written; runs.
    @Sendable static func references(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        let names = names(words)
        return matching(prefix, names.stages + (prefix.contains(".") ? names.outputs : []) + ["latest"] + names.runs)
    }

    /// What `calm export` takes: references and pins.
    @Sendable static func exports(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
        pins(words, index, prefix) + references(words, index, prefix)
    }

    private static func matching(_ prefix: String, _ names: [String]) -> [String] {
        CompletedWord(prefix).offers(names)
    }

    /// The names in the store that the command line means.
    private static func names(_ words: [String]) -> CatalogueNames {
        var given: String?
        let words = words.map(CompletedWord.text)
        for (position, word) in words.enumerated() {
            if word == "--store", words.indices.contains(position + 1) { given = words[position + 1] }
            if word.hasPrefix("--store=") { given = String(word.dropFirst("--store=".count)) }
        }
        return CatalogueNames(store: StoreOptions.url(given: given))
    }

    /// The stages of the first word that names a pipeline, or of the project's only one.
    private static func pipeline(_ words: [String]) -> [String] {
        let named = words.dropFirst(2).lazy.map(CompletedWord.text).filter { !$0.hasPrefix("-") }.compactMap(
            PipelineFile.find
        ).first
        guard let file = named ?? (try? PipelineFile.only()),
            let pipeline = try? PipelineOptions.load(file, [], [:])
        else { return [] }
        return withMatrices(pipeline.stages.map(\.name))
    }

    /// Also the names of whole matrices: `scores` for `scores[model=small]`.
    private static func withMatrices(_ stages: [String]) -> [String] {
        stages.flatMap { stage in
            stage.firstIndex(of: "[").map { [String(stage[..<$0]), stage] } ?? [stage]
        }
    }

    /// YAML files and folders that a path may go on with.
    private static func files(_ prefix: String) -> [String] {
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.sorted().filter { !$0.hasPrefix(".") }.compactMap { name in
            let path = folder + name
            if ProjectFolder.isFolder(path) { return path + "/" }
            return name.hasSuffix(".yaml") || name.hasSuffix(".yml") ? path : nil
        }
    }
}
