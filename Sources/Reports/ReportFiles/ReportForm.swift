import Catalogue
import Foundation

/// The forms of test reports that are read.
package enum ReportForm {
    case junit, tap

    /// How much of a file may tell.
    private static let startSize = 64 << 10

    /// The form of a file, by its first line that tells one; else by its name.
    static func of(_ file: URL, name: String) throws -> ReportForm {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        var start = try handle.read(upToCount: 512) ?? Data()
        if start.first == UInt8(ascii: "<"), !isTAP(name) { return .junit }
        start += try handle.read(upToCount: startSize) ?? Data()
        guard isTAP(name) else { return told(by: start) ?? .junit }
        // Any line of TAP counts there: what a program has printed in front of it may look like markup.
        return told(by: start, ignoringMarkup: true) ?? told(by: start) ?? .tap
    }

    /// By the first line that begins like markup, or is one of TAP that hardly any other text has; nil if there is none.
    static func told(by start: some Collection<UInt8>, ignoringMarkup: Bool = false) -> ReportForm? {
        // Most reports begin so.
        if start.first == UInt8(ascii: "<"), !ignoringMarkup { return .junit }
        // What is left of UTF-16 and of byte order marks.
        let text = String(decoding: start.filter { $0 != 0 && $0 < 0x80 }, as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            if !ignoringMarkup, line.starts(with: #/<[?!\w]/#) { return .junit }
            if line.starts(with: #/K?TAP version \d|1\.\.\d+\s*(#|$)|(not\s+)?ok \d+(\s|$)|Bail out!/#) { return .tap }
        }
        return nil
    }

    /// Whether a file's first line that isn't empty or a comment is one of TAP.
    static func beginsLikeTAP(_ start: [UInt8]) -> Bool {
        let text = String(decoding: start.filter { $0 != 0 && $0 < 0x80 }, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).lazy.map { $0.drop(while: \.isWhitespace) }
        guard let first = lines.first(where: { !$0.isEmpty && $0.first != "#" }) else { return false }
        return told(by: Array(first.utf8)) == .tap
    }

    /// Whether a text, which is no report itself, has a line that says in TAP that a test failed.
    static func holdsFailureOfTAP(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.prefix(startSize).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).contains { line in
            line.starts(with: "not ok".utf8) || line.starts(with: "Bail out!".utf8)
        }
    }

    /// Whether a name is that of results in TAP.
    static func isTAP(_ name: String) -> Bool {
        let name = name.lowercased()
        return [".tap", ".tap.gz", ".ktap"].contains(where: name.hasSuffix)
    }
}

/// A report of any form, by its file.
package enum ReportReader {
    /// Reads a file and gives its cases; returns what they add up to.
    ///
    /// - Parameters:
    ///   - name: What records call it: of a form without suites, it is the name of the suite.
    ///   - root: The checkout.
    ///   - again: What was given so far must be forgotten.
    /// - Throws: `RefusedReport`, or what `emit` throws.
    package static func read(
        _ file: URL, name: String, root: String? = nil, transcript: JUnitTranscript? = nil, again: () throws -> Void,
        _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        switch (try? ReportForm.of(file, name: name)) ?? .junit {
        case .junit: try JUnitReader.read(file, root: root, transcript: transcript, again: again, emit)
        case .tap: try TAPReader.read(file, name: name, transcript, emit)
        }
    }
}
