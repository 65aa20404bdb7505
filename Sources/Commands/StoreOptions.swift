import ArgumentParser
import Artifacts
import Catalogue
import Foundation

/// Which store a command uses.
struct StoreOptions: ParsableArguments {
    static let defaultFolder = "artifacts"

    @Option(name: .customLong("store"), help: "The store's folder.")
    var folder = StoreOptions.defaultFolder

    var url: URL { URL(fileURLWithPath: folder, isDirectory: true) }

    /// Opens a store that must exist.
    func open() throws -> Store { try Store(opening: url, create: false) }

    /// Opens the store, or makes it.
    func openOrCreate() throws -> Store { try Store(opening: url, create: true) }
}
