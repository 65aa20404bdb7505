import Foundation

/// A file beside the pipeline that a command names without having it as an input: everybody's first stumble.
struct UndeclaredFile {
    let path: String

    /// What programs say of a file or module that isn't there.
    private static let complaints = [
        "No such file", "no such file", "not found", "can't open", "cannot open", "Cannot open", "cannot find",
        "Cannot find module", "No module named", "does not exist", "doesn't exist", "could not find",
    ]

    /// Nil unless `message` complains of a missing file and the arguments name one that is in `folder` and not where the
    /// program looked.
    ///
    /// - Parameters:
    ///   - folder: Where the caller stands.
    ///   - workingFolder: Where the program was started.
    init?(in arguments: [String], of message: String, beside folder: String, workingFolder: String) {
        guard Self.complaints.contains(where: message.contains) else { return nil }
        let words = arguments.flatMap { $0.split { " \t\n'\"`;|&<>()$=".contains($0) } }.map(String.init)
        let path = words.first { word in
            !word.hasPrefix("/") && !word.hasPrefix("-") && !word.hasPrefix("in/") && Self.isFile("\(folder)/\(word)")
                && !Self.isFile("\(workingFolder)/\(word)")
        }
        guard let path else { return nil }
        self.path = path
    }

    /// What to do about it.
    var advice: String {
        """
        a stage starts in an empty folder, and \(path) isn't one of its inputs. Add it, as in: { script: { file: \(path) } }, and write \
        {in.script} where the command names it
        """
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
