import ArgumentParser
import Artifacts
import Catalogue
import Foundation

/// Which store a command uses.
struct StoreOptions: ParsableArguments {
    static let defaultFolder = ProjectFolder.store
    static let variable = "CALM_STORE"

    @Option(
        name: .customLong("store"),
        help:
            "The store's folder (default: $CALM_STORE, else 'artifacts' in this folder or the nearest above that has one).",
        completion: .directory)
    var given: String?

    /// The pipeline whose project has the default store.
    private(set) var pipelineFile: String?

    init() {}

    /// The store that was named, by the option or the environment; nil for the default.
    var named: String? { Self.named(given) }

    private static func named(_ given: String?) -> String? {
        given ?? ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The store's folder, as it is written in the working folder.
    var folder: String { named ?? Self.defaultStore(for: pipelineFile) }

    var url: URL { URL(fileURLWithPath: folder, isDirectory: true) }

    /// The store that a command line means whose `--store` has this value.
    static func url(given: String?) -> URL {
        URL(fileURLWithPath: named(given) ?? defaultStore(for: nil), isDirectory: true)
    }

    /// Opens a store that must exist.
    func open() throws -> Store { try Store(opening: url, create: false) }

    /// Opens the store, or makes it.
    func openOrCreate() throws -> Store { try Store(opening: url, create: true) }

    /// The same options, for what is done with a pipeline.
    func of(pipeline file: String) -> StoreOptions {
        var options = self
        options.pipelineFile = file
        return options
    }

    /// `artifacts` in the project around the working folder; else in that of the pipeline, if it has a store already or is in the
    /// same git checkout; else in the working folder.
    private static func defaultStore(for pipeline: String?) -> String {
        let here = ProjectFolder.current
        if let project = ProjectFolder.containing(here) {
            return project == here ? defaultFolder : "\(project)/\(defaultFolder)"
        }
        if let pipeline {
            let folder = URL(fileURLWithPath: pipeline).deletingLastPathComponent().standardizedFileURL.path
            if let project = ProjectFolder.withStore(from: folder) { return "\(project)/\(defaultFolder)" }
            if let project = ProjectFolder.withPipelines(from: folder), let top = ProjectFolder.gitTop(of: here),
                top == ProjectFolder.gitTop(of: folder)
            {
                return "\(project)/\(defaultFolder)"
            }
        }
        return defaultFolder
    }
}

extension StoreOptions {
    private enum CodingKeys: CodingKey { case given }
}
