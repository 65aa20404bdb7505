import Catalogue
import Foundation

extension JUnitReader {
    /// A file that isn't well-formed is read as a whole, so that it may not be larger than this.
    static let malformedLimit = 32 << 20
    static let fileLimit = 1 << 30

    /// Reads a file with these settings; throws `JUnitQuestion` where they don't say enough.
    static func read(
        _ file: URL, _ settings: JUnitSettings, _ transcript: JUnitTranscript?, again: () throws -> Void,
        _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        let name = file.lastPathComponent
        let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        func refused(_ reason: String, isForeign: Bool = false) -> RefusedReport {
            RefusedReport(file: file.path, reason: reason, isForeign: isForeign)
        }
        guard size > 0 else { throw refused("it is empty") }
        guard size <= fileLimit else { throw refused("it has \(size) bytes, expected at most \(fileLimit)") }
        if let format = try CompressedReport.format(of: file) {
            throw refused("it is compressed (\(format.rawValue)): unpack it first", isForeign: true)
        }
        do {
            let source = try XMLSource(file)
            do {
                var stream = JUnitReader(try XMLReader(streaming: source, name), transcript, settings, emit)
                return try stream.run(replaced: source.replaced, source)
            } catch JUnitProblem.malformed(let reason) {
                guard size <= malformedLimit else {
                    throw refused("it isn't well-formed XML, and too large to be mended (\(reason))")
                }
                try again()
                transcript?.reset()
                return try recover(file, name, reason, again: again, transcript, settings, emit)
            }
        } catch JUnitProblem.refused(let reason) {
            throw refused(reason, isForeign: reason.hasPrefix("it is no JUnit report"))
        } catch JUnitProblem.malformed(let reason) {
            throw refused(reason)
        }
    }

    /// Reads what isn't well-formed: mended if that makes it so, else as far as libxml2's recovery goes.
    private static func recover(
        _ file: URL, _ name: String, _ reason: String, again: () throws -> Void, _ transcript: JUnitTranscript?,
        _ settings: JUnitSettings, _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        let (bytes, replaced) = try XMLSource(file).wholeText()
        let mender = MarkupMender(bytes)
        let forbidden = replaced + mender.forbidden
        let text = Data(mender.mended)
        do {
            let source = XMLSource(text)
            var reader = JUnitReader(try XMLReader(streaming: source, name), transcript, settings, emit)
            var summary = try reader.run(replaced: forbidden, nil)
            if let repairs = mender.repairs {
                summary.warnings.insert("not well-formed XML, mended (\(reason)): \(repairs)", at: 0)
            }
            return summary
        } catch JUnitProblem.malformed {
            try again()
            transcript?.reset()
        }
        let xml = try XMLReader(recovering: text, name)
        // The last case, and what stands for suites behind it.
        var held: [TestCase] = []
        var ofSuites = 0
        var reader = JUnitReader(xml, transcript, settings) { item in
            if item.isOfSuite {
                ofSuites += 1
            } else {
                for earlier in held { try emit(earlier) }
                held = []
            }
            held.append(item)
        }
        var summary = try reader.run(replaced: forbidden, nil)
        var notes = ["not well-formed XML, read as far as possible (\(reason))"]
        if let repairs = mender.repairs { notes.append("mended: \(repairs)") }
        if xml.problemCount > 1 {
            notes.append(
                "\(xml.problemCount) places can't be read, the first in line \(xml.firstProblemLine): names, texts and results there may be incomplete"
            )
        }
        summary.warnings.insert(contentsOf: notes, at: 0)
        let found = summary.tests - ofSuites
        if mender.testCases > found {
            summary.warnings.append("\(mender.testCases - found) of \(mender.testCases) test cases were lost")
        }
        let isUndecided = held.first.map { $0.status == .passed || reader.isLastCaseUnknown } ?? false
        if mender.endsWithinTestCase, isUndecided, let last = held.first, !last.isOfSuite {
            held.removeFirst()
            summary.remove(last)
            transcript?.removeLastCase()
            summary.warnings.append("the file ends within the test case '\(last.name)', which is left out")
        }
        for item in held { try emit(item) }
        return summary
    }
}
