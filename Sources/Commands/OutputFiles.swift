import ArgumentParser
import Artifacts
import Foundation
import Glibc

/// The files that a command is asked to write. Two in one place, or one in the place of something that is read, would lose one.
struct OutputFiles {
    private var taken: [(what: String, place: FilePlace)] = []
    private let store: FilePlace?

    /// - Parameters:
    ///   - besides: What no output may replace: files that are read, each with what it is.
    ///   - store: The store in use, whose own files no output may replace.
    init(besides: [(what: String, path: String)] = [], store: URL? = nil) {
        taken = besides.map { ($0.what, FilePlace($0.path)) }
        self.store = store.map { FilePlace($0.path) }
        for (descriptor, what) in [(STDOUT_FILENO, "standard output"), (STDERR_FILENO, "standard error")] {
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            taken.append((what, FilePlace("/proc/self/fd/\(descriptor)")))
        }
    }

    /// - Parameter outputs: Options and their values; `-`, nil and devices such as `/dev/null` take no place.
    /// - Throws: `ValidationError` naming both.
    func check(_ outputs: [(option: String, path: String?)]) throws {
        var taken = taken
        for (option, path) in outputs {
            guard let path, path != "-" else { continue }
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFCHR { continue }
            let place = FilePlace(path)
            if let other = taken.first(where: { $0.place.isSame(as: place) }) {
                throw ValidationError(
                    "\(option) \(path) is the same file as \(other.what): one would replace the other; name another file"
                )
            }
            if let store, place.isBelow(store), Store.isInternal(String(place.path.dropFirst(store.path.count + 1))) {
                throw ValidationError(
                    "\(option) \(path) is one of the store's own files; name a file outside of \(store.path)")
            }
            taken.append(("\(option) \(path)", place))
        }
    }
}
