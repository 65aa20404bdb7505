import ArgumentParser
import Artifacts
import Catalogue
import Foundation

/// Which store a command uses.
struct StoreOptions: ParsableArguments {
    @Option(name: .customLong("store"), help: "The store's folder.")
    var folder = "artifacts"

    /// Opens a store that must exist.
    func open() throws -> Store {
        try Store(opening: URL(fileURLWithPath: folder, isDirectory: true), create: false)
    }

    /// Opens the store, or makes it.
    func openOrCreate() throws -> Store {
        try Store(opening: URL(fileURLWithPath: folder, isDirectory: true), create: true)
    }
}
