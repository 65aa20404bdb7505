import Artifacts
import Foundation
import LanguageModels
import Pipelines

/// The objects of an artifact that is one JSONL file, or those with its lines as their 'text'; empty lines are left out.
struct JSONLines {
    let lines: [(number: Int, value: JSONLine)]
    private let name: String

    /// - Throws: `StageFailure` (bad input) naming the line that is no object.
    init(_ artifact: Artifact, asTexts: Bool = false) throws {
        guard let name = artifact.manifest.members.keys.first, artifact.manifest.members.count == 1 else {
            throw StageFailure(
                .badInput,
                "'\(artifact.stage)' has \(artifact.manifest.members.count) members, expected one JSONL file")
        }
        let source = "\(name) of '\(artifact.stage)'"
        self.name = source
        let bytes = Array(try artifact.data(name))
        var lines: [(number: Int, value: JSONLine)] = []
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
            let value = try reportingBadInput(source) {
                asTexts
                    ? try JSONLine(text: Array(line), number: index + 1) : try JSONLine(Array(line), number: index + 1)
            }
            lines.append((index + 1, value))
        }
        guard !lines.isEmpty else {
            throw StageFailure(
                .badInput, "\(source) has no line, expected \(asTexts ? "a text" : "a JSON object") a line")
        }
        self.lines = lines
    }

    /// For messages.
    func place(_ number: Int) -> String { "\(name), line \(number)" }
}
