import Catalogue
import Foundation

extension JUnitReader {
    /// Reads a file and gives its cases; returns what they add up to.
    ///
    /// Once through is enough but for reports whose commas (`1,234`), suites of one name or slashes in such names can only be
    /// understood with the whole report in view: then it is read for that first.
    ///
    /// - Parameters:
    ///   - root: The checkout: paths of files below it are made relative, so that a test is the same on every machine.
    ///   - again: Called between two readings: what the first has given must be forgotten.
    /// - Throws: `RefusedReport`, or what `emit` throws.
    package static func read(
        _ file: URL, root: String? = nil, transcript: JUnitTranscript? = nil, again: () throws -> Void,
        _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        var settings = JUnitSettings(root: JUnitMarks.root(root))
        do {
            return try read(file, settings, transcript, again: again, emit)
        } catch is JUnitQuestion {
            let survey = JUnitSurvey()
            settings.survey = survey
            _ = try read(file, settings, nil, again: {}, { _ in })
            settings.survey = nil
            settings.comma = survey.comma
            settings.distinction = survey.distinction
            settings.escapesSlashes = survey.hasAmbiguousPaths
        }
        try again()
        transcript?.reset()
        return try read(file, settings, transcript, again: again, emit)
    }
}
