import Catalogue

/// What there is to be said of the reading of results in TAP.
struct TAPNotes {
    private var incomplete: [String] = []
    private var furtherIncomplete = 0
    var knownFailures = 0
    /// Whether there is a line that may be in another encoding.
    var hasOddBytes = false
    /// How many failures the comments behind the results count, and how many there were before this document.
    private var declaredFailures = 0
    private var earlierFailures = 0
    private var earlierKnown = 0
    /// How the program ended, if a comment says that it failed.
    private var exit: String?

    mutating func note(incomplete sentence: String) {
        if incomplete.contains(sentence) { return }
        if incomplete.count < 10 { incomplete.append(sentence) } else { furtherIncomplete += 1 }
    }

    private static let markup = ["<?xml ", "<testsuite", "<testcase", "<testrun"]

    /// A line that is none of TAP.
    mutating func note(other line: Substring) {
        let foreign = line.utf8.count { $0 >= 0x80 || $0 == UInt8(ascii: "?") }
        // What a program prints in another encoding has some of them; in another alphabet, all.
        if foreign * 3 > line.utf8.count { hasOddBytes = true }
        guard line.utf8.first == UInt8(ascii: "<"), Self.markup.contains(where: line.hasPrefix) else { return }
        note(incomplete: "it holds an XML document, which isn't read: keep each report in a file of its own")
    }

    /// A comment of the file itself: `# fail 2` of Node, tape and tap; how a program of Test::More ended.
    mutating func note(comment: String) {
        if comment.hasPrefix("fail ") || comment.hasPrefix("cancelled ") {
            let words = comment.split(whereSeparator: \.isWhitespace)
            if words.count == 2, let count = Int(words[1]) { declaredFailures += max(0, min(count, 1 << 30)) }
        } else if comment.hasPrefix("Looks like your test exited") || comment.hasPrefix("Looks like your test died") {
            exit = String(comment.prefix(200))
        }
    }

    /// What a document said of failures beyond those in it.
    ///
    /// - Parameter failing: How many cases of the file have failed.
    mutating func endDocument(failing: Int) -> String? {
        let found = failing - earlierFailures + knownFailures - earlierKnown
        let declared = declaredFailures
        let ended = exit
        (declaredFailures, exit) = (0, nil)
        (earlierFailures, earlierKnown) = (failing, knownFailures)
        if let ended { return ended }
        return declared > found ? "the report declares \(counted(declared, "failure")), found \(found)" : nil
    }

    func add(to summary: inout TestSummary, replaced: Int, guesses: [String]) {
        summary.warnings += guesses
        if replaced > 0 {
            summary.warnings.append("\(counted(replaced, "forbidden control character")) replaced by '?'")
        }
        if knownFailures > 0 {
            let verb = knownFailures == 1 ? "counts" : "count"
            summary.warnings.append("\(counted(knownFailures, "known failure")) \(verb) as skipped")
        }
        if hasOddBytes { summary.report(incomplete: TestSummary.oddBytes) }
        for sentence in incomplete { summary.report(incomplete: sentence) }
        if furtherIncomplete > 0 {
            summary.report(incomplete: "\(counted(furtherIncomplete, "other subtest")) likewise")
        }
        if summary.tests == 0 { summary.report(incomplete: "the report holds no test case") }
    }
}
