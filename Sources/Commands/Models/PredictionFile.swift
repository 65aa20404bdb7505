import Evaluation
import Pipelines
import Reports

/// Files of predictions, one JSON object a line; lines of white space are skipped.
enum PredictionFile {
    /// For messages.
    static func name(_ file: String) -> String { file == "-" ? "standard input" : file }

    /// The objects with their lines.
    ///
    /// - Throws: `CommandFailure` (usage) naming the first line that can't be read, or the file if it has no object.
    static func objects<Value>(
        of file: String, _ read: ([UInt8], String, Int) throws -> Value
    ) throws -> [(line: Int, value: Value)] {
        var objects: [(line: Int, value: Value)] = []
        var number = 0
        try forEachLine(of: file) { bytes in
            number += 1
            guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
            do {
                objects.append((number, try read(bytes, name(file), number)))
            } catch let error as DatasetError {
                throw failure(error.description)
            }
        }
        guard !objects.isEmpty else { throw failure("\(name(file)): no line, expected a JSON object a line") }
        return objects
    }

    /// - Throws: `CommandFailure` naming the first line of a baseline that isn't about the same references.
    static func checkReferences(
        of baseline: [(line: Int, value: Prediction)], _ file: String,
        like predictions: [(line: Int, value: Prediction)], _ other: String
    ) throws {
        guard baseline.count == predictions.count else {
            throw failure(
                "\(name(file)): \(counted(baseline.count, "prediction")), expected \(predictions.count), as in \(name(other))"
            )
        }
        for (found, expected) in zip(baseline, predictions)
        where !found.value.references.elementsEqual(expected.value.references, by: { $0.utf8.elementsEqual($1.utf8) }) {
            throw failure(
                "\(name(file)):\(found.line): the references differ from those of \(name(other)):\(expected.line); "
                    + "a comparison needs predictions of the same references, in the same order")
        }
    }

    /// - Throws: `CommandFailure` naming the first line with a reference that has no answer.
    static func checkAnswers(of predictions: [(line: Int, value: Prediction)], _ file: String) throws {
        for (line, prediction) in predictions {
            for (index, reference) in prediction.references.enumerated()
            where GradeSchoolMath.expectedAnswer(in: reference) == nil {
                throw failure(
                    "\(name(file)):\(line): reference \(index + 1) has no answer, expected '#### NUMBER' in it or a number alone"
                )
            }
        }
    }

    private static func failure(_ message: String) -> CommandFailure {
        CommandFailure("error: " + message, exitCode: Pipelines.ExitCode.usage)
    }
}
