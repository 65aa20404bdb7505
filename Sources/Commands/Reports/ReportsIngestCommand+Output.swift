import Artifacts
import Catalogue
import Reports

/// What `calm reports ingest` prints of each file.
extension ReportsIngestCommand {
    static func text(_ file: ReportInput, _ outcome: ReportArchive.Outcome) -> String {
        switch outcome {
        case .ingested(let record, let summary):
            let counts = [(summary.failures, "failed"), (summary.errors, "broken"), (summary.skipped, "skipped")]
            let some = counts.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
            let incomplete = summary.incomplete.isEmpty ? "" : ", incomplete"
            return "\(record.file): \(counted(summary.tests, "test"))\(some)\(incomplete), run \(record.run.name)\n"
                + summary.incomplete.map { "  incomplete: \($0)\n" }.joined()
                + summary.otherWarnings.map { "  warning: \($0)\n" }.joined()
        case .known(let id, let run): return "\(file.name): ingested before, as report \(id.short) of run \(run)\n"
        case .refused(let refusal) where refusal.isForeign: return "\(file.name): \(refusal.reason)\n"
        case .refused: return ""
        }
    }

    static func document(_ file: ReportInput, _ outcome: ReportArchive.Outcome) -> JSONValue {
        var fields: [String: JSONValue] = ["file": .string(file.shown)]
        switch outcome {
        case .ingested(let record, let summary):
            fields["outcome"] = .string("ingested")
            fields["report"] = .string(record.id.hex)
            fields["run"] = .string(record.run.name)
            fields["tests"] = .int(summary.tests)
            fields["failures"] = .int(summary.failures)
            fields["errors"] = .int(summary.errors)
            fields["skipped"] = .int(summary.skipped)
            fields["seconds"] = .number(summary.seconds)
            fields["warnings"] = .array(summary.warnings.map(JSONValue.string))
            fields["incomplete"] = .array(summary.incomplete.map(JSONValue.string))
        case .known(let id, let run):
            fields["outcome"] = .string("known")
            fields["report"] = .string(id.hex)
            fields["run"] = .string(run)
        case .refused(let refusal):
            fields["outcome"] = .string("refused")
            fields["reason"] = .string(refusal.reason)
        }
        return .object(fields)
    }

    /// Of what could not be read at all.
    static func document(_ refusal: RefusedReport) -> JSONValue {
        .object([
            "file": .string(refusal.file), "outcome": .string("refused"), "reason": .string(refusal.reason),
        ])
    }

    /// One document: the files, and with --gate what it says.
    func document(_ files: [JSONValue], _ judged: [JudgedRun]) -> JSONValue {
        isJudged ? .object(["files": .array(files), "gates": .array(judged.map(\.json))]) : .array(files)
    }
}
