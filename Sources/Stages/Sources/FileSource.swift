import Artifacts
import Fetching
import Foundation
import Pipelines

/// `source.file`: a file of this machine, wherever it lies, with the digest that it must have.
///
/// Unlike a file that `in:` names, it is looked at only if the store doesn't hold it, so a large one costs nothing in later runs.
enum FileSource: StageKind {
    struct Parameters: StageParameters {
        var path = ""
        var name = ""
        var sha256 = ""

        static let fields: [ParameterField<Self>] = [
            .string("path", \.path, required: true, "Path of the file; a relative one begins in the pipeline's folder")
                .unkeyed,
            .digest(\.sha256),
            .string("name", \.name, "Its name in the artifact; empty for the path's last part")
                .keyed { .string($0.effectiveName) },
        ]

        var effectiveName: String { name.isEmpty ? (path.split(separator: "/").last.map(String.init) ?? "") : name }
    }

    static let name = "source.file"
    static let version = 1
    static let summary = "A file of this machine, by its path and SHA-256"
    static let metrics: [MetricDeclaration]? = SourceWork.metrics

    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("file", .file, "the file")] }

    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        guard !parameters.path.isEmpty else { throw PlanningError(parameter: "path", "expected a path, found none") }
        try SourceWork.check(name: parameters.effectiveName)
        _ = try ExpectedDigest(parameters.sha256, parameter: "sha256")
        return [:]
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let work = SourceWork(context)
        let expected = try ExpectedDigest(parameters.sha256, parameter: "sha256").digest
        if let member = work.stored(expected) {
            return try work.publish("file", [(parameters.effectiveName, .stored(member))])
        }
        let file = place(of: parameters.path, below: context.pipelineFolder)
        let found: Digest
        do {
            found = try Digest(ofFile: file)
        } catch let error as StoreError {
            throw StageFailure(.badInput, "\(error.message); check the parameter 'path'")
        }
        let bytes = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        guard let expected else { throw SourceWork.unknown(found, bytes: bytes) }
        guard found == expected else {
            throw StageFailure(.badInput, FetchFailure.mismatch(file.path, bytes, found, expected).description)
        }
        try work.publish("file", [(parameters.effectiveName, .file(file, found))])
    }

    private static func place(of path: String, below folder: String) -> URL {
        var path = path
        if path.hasPrefix("~/") { path = NSHomeDirectory() + path.dropFirst() }
        if !path.hasPrefix("/"), !folder.isEmpty { path = "\(folder)/\(path)" }
        return URL(fileURLWithPath: path, isDirectory: false)
    }
}
