import Foundation

/// Reports whose names don't say so: `results`, `junit.log`, what somebody's script redirected into a file.
enum UnnamedReport {
    /// How much of a file tells.
    static let startSize = 4096

    private static let endings: Set = [
        "junit", "junitxml", "xunit", "xunitxml", "report", "reports", "result", "results", "test", "tests", "txt",
        "log", "out", "output",
        // What `prove --archive` keeps of each test program.
        "t",
    ]

    /// Whether a file of this name may hold text of any kind: it has no ending, or one that says nothing.
    static func mayHaveName(_ name: String) -> Bool {
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
        guard let point = last.lastIndex(of: ".") else { return !last.isEmpty }
        return point != last.startIndex && endings.contains(last[last.index(after: point)...].lowercased())
    }

    /// Whether a file with this start is about tests: a document, in any encoding, with an element such as `testsuite`; results in
    /// TAP; or something packed that is called like results.
    static func isReport(_ start: [UInt8], name: String, in folder: String) -> Bool {
        if CompressedReport.format(start) != nil || UnreadForm.isSubunit(start) {
            return UnreadForm.isCalledLikeResults(name, in: folder)
        }
        return isDocument(start) || ReportForm.beginsLikeTAP(start)
    }

    private static func isDocument(_ start: [UInt8]) -> Bool {
        // What is left of UTF-16 and of byte order marks.
        let bytes = start.lazy.filter { $0 != 0 && $0 < 0x80 }
        let text = String(decoding: Array(bytes), as: UTF8.self).drop(while: \.isWhitespace)
        return text.first == "<" && text.lowercased().firstMatch(of: #/<([\w.-]+:)?test/#) != nil
    }

    static func isReport(_ file: BytePath, name: String, in folder: String) -> Bool {
        let descriptor = file.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var start = [UInt8](repeating: 0, count: startSize)
        let count = read(descriptor, &start, start.count)
        return count > 0 && isReport(Array(start[..<count]), name: name, in: folder)
    }
}
