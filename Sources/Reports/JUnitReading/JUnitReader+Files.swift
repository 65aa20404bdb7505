import Catalogue
import Foundation

extension JUnitReader {
    static let fileLimit = 1 << 30
    /// In files of more than this, texts, values and comments are parted before libxml2 sees them.
    private static let splitLimit = 8 << 20

    /// Reads a file with these settings; throws `JUnitQuestion` where they don't say enough.
    static func read(
        _ file: URL, _ settings: JUnitSettings, _ transcript: JUnitTranscript?, again: () throws -> Void,
        _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        func refused(_ reason: String, isForeign: Bool = false) -> RefusedReport {
            RefusedReport(file: file.path, reason: reason, isForeign: isForeign)
        }
        guard size > 0 else { throw refused("it is empty") }
        guard size <= fileLimit else { throw refused("it has \(size) bytes, expected at most \(fileLimit)") }
        if let format = try CompressedReport.format(of: file) {
            throw refused("it is compressed (\(format.rawValue)): unpack it first")
        }
        do {
            return try withoutActuallyEscaping(again) { again in
                let forget = {
                    try again()
                    transcript?.reset()
                }
                let reading = ReportReading(
                    file: file, settings: settings, transcript: transcript, again: forget, emit: emit)
                return try reading.read(isLarge: size > splitLimit)
            }
        } catch let problem as JUnitProblem {
            if case .foreign(let reason) = problem { throw refused(reason, isForeign: true) }
            throw refused(problem.hasOtherWays ? "it can't be read: \(problem.reason)" : problem.reason)
        }
    }
}
