import Artifacts
import Fetching
import Foundation
import Pipelines

/// `source.huggingface`: files of a repository of the Hugging Face hub at a revision.
///
/// The key holds the digests: either of each file, or of the list of all, `DIGEST  PATH` a line. Repository, revision and patterns
/// make no difference to the result, so they aren't in it.
enum HuggingFaceSource: EnvironmentReadingKind {
    enum Output: String, CaseIterable, Sendable { case folder, file }

    struct Parameters: TransferringParameters {
        var repository = ""
        var kind = HuggingFaceRepository.Kind.model
        var revision = ""
        var files = JSONValue.array([])
        var sha256 = JSONValue.string("")
        var output = Output.folder
        var transfer = TransferParameters()

        static let fields: [ParameterField<Self>] =
            [
                .string("repository", \.repository, required: true, "ORGANISATION/NAME").unkeyed,
                .choice("type", \.kind, "What the repository is of").unkeyed,
                .string("revision", \.revision, required: true, "A commit (recommended), branch or tag").unkeyed,
                .json(
                    "files", \.files, .list(of: .string),
                    "Paths or patterns (*, ?, [a-z], **) of the files; empty for those that 'sha256' lists"
                ).unkeyed,
                .json(
                    "sha256", \.sha256, .either([.map(of: .string), .string]), required: true,
                    """
                    SHA-256 of each file by its path, or one of the list of all files, as sha256sum writes it, sorted by path; \
                    'unknown' fails with what was found
                    """
                ).keyed { $0.keyedDigests },
                .choice("output", \.output, "Make a folder of the files, or a file of the only one"),
            ] + transferFields

        /// Digests in lower case.
        private var keyedDigests: JSONValue {
            switch sha256 {
            case .string(let text): .string(text.lowercased())
            case .object(let members): .object(members.mapValues { .string(($0.text ?? "").lowercased()) })
            default: sha256
            }
        }

        var patterns: [String] {
            if case .array(let texts) = files { texts.compactMap(\.text) } else { [] }
        }
    }

    static let name = "source.huggingface"
    static let version = 1
    static let summary = "Files of a Hugging Face repository at a revision, by their SHA-256"
    static let metrics: [MetricDeclaration]? = SourceWork.metrics

    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        switch parameters.output {
        case .folder: [OutputRole("files", .folder, "the files under their paths in the repository")]
        case .file: [OutputRole("file", .file, "the only file, with output: file")]
        }
    }
    static func environmentNames(_ parameters: Parameters) -> [String] { [] }
    static func passedThroughNames(_ parameters: Parameters) -> [String] {
        ConnectionSettings.variables + HuggingFaceSettings.variables
    }

    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        do {
            _ = try HuggingFaceRepository(parameters.repository, revision: parameters.revision, kind: parameters.kind)
        } catch {
            throw PlanningError(error.description)
        }
        _ = try WantedFiles(parameters)
        return [:]
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let work = SourceWork(context, parameters.transfer)
        let wanted = try WantedFiles(parameters)
        try work.perform { folder in
            let fetch = try RepositoryFetch(parameters, work, folder)
            let contents = try fetch.contents(of: wanted)
            for (name, content) in contents { context.log("\(content.digest)  \(name)") }
            try wanted.check(contents.map { ($0.name, $0.content.digest) })
            switch parameters.output {
            case .folder: try work.publish("files", contents)
            case .file:
                guard contents.count == 1, let only = contents.first else {
                    throw StageFailure(
                        .badInput,
                        "output: file needs exactly one file, found \(contents.count): "
                            + contents.prefix(10).map(\.name).joined(separator: ", "))
                }
                let name = only.name.split(separator: "/").last.map(String.init) ?? only.name
                try work.publish("file", [(name, only.content)])
            }
        }
    }
}
