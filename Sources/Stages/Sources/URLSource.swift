import Artifacts
import Fetching
import Foundation
import Pipelines

/// `source.url`: a file from a web server, verified by its digest.
///
/// The key holds the digest and the file's name, and not the URL: the same file from a mirror is the same result.
enum URLSource: EnvironmentReadingKind {
    struct Parameters: TransferringParameters {
        var url = ""
        var name = ""
        var sha256 = ""
        var transfer = TransferParameters()

        static let fields: [ParameterField<Self>] =
            [
                .string("url", \.url, required: true, "URL of the file: https or http").unkeyed,
                .digest(\.sha256),
                .string("name", \.name, "Its name in the artifact; empty for the URL's last part")
                    .keyed { .string($0.effectiveName) },
            ] + transferFields

        var effectiveName: String {
            name.isEmpty ? ((try? WebAddress(url))?.lastComponent ?? "") : name
        }
    }

    static let name = "source.url"
    static let version = 1
    static let summary = "A file from the web, by its URL and SHA-256"
    static let metrics: [MetricDeclaration]? = SourceWork.metrics

    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("file", .file, "the file")] }
    static func environmentNames(_ parameters: Parameters) -> [String] { [] }
    static func passedThroughNames(_ parameters: Parameters) -> [String] { ConnectionSettings.variables }

    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        do { _ = try WebAddress(parameters.url) } catch {
            throw PlanningError(parameter: "url", error.description)
        }
        guard !parameters.effectiveName.isEmpty else {
            throw PlanningError(parameter: "url", "it ends without a file's name: write one as the parameter 'name'")
        }
        try SourceWork.check(name: parameters.effectiveName)
        _ = try ExpectedDigest(parameters.sha256, parameter: "sha256")
        return [:]
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let work = SourceWork(context, parameters.transfer)
        let expected = try ExpectedDigest(parameters.sha256, parameter: "sha256").digest
        if let member = work.stored(expected) {
            return try work.publish("file", [(parameters.effectiveName, .stored(member))])
        }
        try work.perform { folder in
            let address = try WebAddress(parameters.url)
            let file = folder.appendingPathComponent("file.part")
            context.log("fetching \(address.display)")
            var download = Download(HTTPClient(work.settings), retries: work.retries, observer: work.observer)
            download.maximumBytes = parameters.transfer.maximumBytes
            let found = try download.fetch(address, to: file, expecting: expected, name: parameters.effectiveName)
            guard expected != nil else {
                let bytes = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
                throw SourceWork.unknown(found, bytes: bytes)
            }
            try work.publish("file", [(parameters.effectiveName, .file(file, found))])
        }
    }
}
