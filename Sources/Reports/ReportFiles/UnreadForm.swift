/// Files that may hold results in a form that isn't read: archives and compressed files of many kinds, and Subunit.
///
/// In a folder, one that is called like results is refused, since it may say of failures what nothing else does. Of the others
/// (`node_modules.tar.xz`, `coverage.7z`) there is a warning.
enum UnreadForm {
    private static let packings = ["bz2", "xz", "zst", "zstd", "lz4", "lzma", "lz", "z", "br", "7z", "rar"]
    private static let archives = ["tbz", "tbz2", "txz", "tzst", "tlz", "7z", "rar"]

    /// What a file of this name is that isn't read; nil if its name doesn't say so.
    static func form(_ name: String) -> String? {
        guard let point = name.utf8.lastIndex(of: UInt8(ascii: ".")),
            name.utf8.distance(from: point, to: name.utf8.endIndex) < 9
        else { return nil }
        let endings = endings(name)
        guard let last = endings.last else { return nil }
        if last == "subunit" || endings.dropLast().last == "subunit" && last == "gz" { return "Subunit" }
        return packings.contains(last) || archives.contains(last) ? "compressed (\(last))" : nil
    }

    /// Whether it is an archive by its name, which is worth a word.
    static func isArchive(_ name: String) -> Bool {
        let endings = endings(name)
        return form(name) != nil && (archives.contains(endings.last ?? "") || endings.dropLast().last == "tar")
    }

    /// Whether it may hold results: its form is one of results alone, or it is called like some.
    ///
    /// - Parameters:
    ///   - name: Below the folder or in the archive.
    ///   - folder: The folder or archive, as it was named.
    static func isOfResults(_ name: String, in folder: String) -> Bool {
        guard form(name) != nil else { return false }
        let inner = endings(name).dropLast().last ?? ""
        return form(name) == "Subunit" || ["xml", "trx", "tap", "ktap", "subunit", "junit", "xunit"].contains(inner)
            || isCalledLikeResults(name, in: folder)
    }

    /// What may be in a folder of results beside them.
    private static let others: Set = [
        "coverage", "cov", "lcov", "jacoco", "cobertura", "gcov", "video", "videos", "screenshot", "screenshots",
        "image",
        "images", "trace", "traces", "data", "fixture", "fixtures", "corpus", "cache", "node", "modules", "deps",
        "vendor", "src",
        "source", "sources", "docs", "bundle", "benchmark", "benchmarks", "profile", "dump", "dumps", "core",
    ]
    private static let formats: Set = [
        "junit", "xunit", "nunit", "surefire", "failsafe", "subunit", "trx", "tap", "testng",
    ]
    private static let results: Set = [
        "result", "results", "report", "reports", "testresult", "testresults", "testreport", "testreports",
    ]
    private static let tests: Set = ["test", "tests", "spec", "specs"]

    /// Whether a name, or that of a folder around it, has a word such as `junit`, `results` or `reports`, or its own one such as
    /// `tests`, and none such as `coverage`.
    static func isCalledLikeResults(_ name: String, in folder: String) -> Bool {
        let parts = "\(folder)/\(name)".split(whereSeparator: { $0 == "/" || $0 == "\\" || $0 == "!" })
        guard let own = parts.last.map(words) else { return false }
        if !own.isDisjoint(with: formats) { return true }
        if !own.isDisjoint(with: others) { return false }
        if !own.isDisjoint(with: results.union(tests)) { return true }
        // Only the nearest folders: what lies above the one that was named says nothing of it.
        let around = parts.dropLast().suffix(2).map(words).reduce(into: Set()) { $0.formUnion($1) }
        return !around.isDisjoint(with: formats.union(results)) && around.isDisjoint(with: others)
    }

    /// `TestResults-linux` is test, results, testresults and linux.
    private static func words(_ text: Substring) -> Set<String> {
        var words: [String] = []
        var last: Character = " "
        for character in text {
            if !character.isLetter {
                last = " "
                continue
            }
            if !last.isLetter || character.isUppercase && last.isLowercase {
                words.append("")
            }
            words[words.count - 1] += character.lowercased()
            last = character
        }
        return Set(words)
    }

    private static func endings(_ name: String) -> [String] {
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" || $0 == "!" }).last ?? ""
        return last.split(separator: ".", omittingEmptySubsequences: false).dropFirst().map { $0.lowercased() }
    }

    /// Whether bytes begin like version 2 of Subunit.
    static func isSubunit(_ start: [UInt8]) -> Bool { start.count > 2 && start[0] == 0xB3 && start[1] & 0xF0 == 0x20 }

    /// - Parameter form: What it is.
    static func refusal(_ form: String) -> String {
        form.hasPrefix("compressed")
            ? "it is \(form), which isn't read: unpack it, or have it packed as .tar.gz or .zip"
            : "it is \(form), which isn't read: have the tests write JUnit XML or TAP, or convert it"
    }
}
