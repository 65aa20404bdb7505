import Artifacts
import Foundation
import Pipelines

/// `text.corpus`: texts as datasets to train on and to measure with, split by document.
enum TextCorpusStage: StageKind {
    struct Parameters: StageParameters {
        var unit = DocumentReader.Unit.auto
        var field = "text"
        var invalid = DocumentReader.InvalidText.fail
        var validation = 0.05
        var test = 0.05
        var seed = 0

        static let fields: [ParameterField<Self>] = [
            .choice(
                "documents", \.unit,
                "What a document is: a file, a paragraph, a line, or an object of JSONL; auto: an object where a file's name "
                    + "ends with .jsonl or .ndjson, else a file"),
            .string("field", \.field, "The field of JSONL objects that holds the text"),
            .choice(
                "invalid-utf8", \.invalid,
                "What is done with a document that isn't UTF-8: fail, skip it, or replace what is invalid by U+FFFD"),
            .double(
                "validation", \.validation, in: 0...1, "Share of the documents for validation; 0 for no such output"),
            .double("test", \.test, in: 0...1, "Share of the documents for the test; 0 for no such output"),
            .int("seed", \.seed, in: 0...Int.max, "With another seed other documents are in each split"),
        ]

        var shares: SplitShares { SplitShares(validation: validation, test: test, seed: seed) }
    }

    static let name = "text.corpus"
    static let version = 1
    static let summary = "Texts as datasets for training, validation and test, split by document, each text once"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("documents", "How many different documents there are"),
        MetricDeclaration("bytes", unit: "bytes", "Their size"),
        MetricDeclaration("<split>.documents", "How many of them are in train, validation or test"),
        MetricDeclaration("<split>.bytes", unit: "bytes", "Their size"),
        MetricDeclaration("duplicates", "How many exact copies of other documents were left out"),
        MetricDeclaration("empty", "How many documents of white space alone were left out"),
        MetricDeclaration("invalid", "How many documents that aren't UTF-8 were left out or mended"),
    ]

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("texts", [.file, .folder, .dataset], .many, "text files, JSONL files, or datasets of texts")]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        parameters.shares.splits.map { OutputRole($0.rawValue, .dataset, $0.summary) }
    }

    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        try parameters.shares.check(of: "documents")
        if parameters.field != "text", ![.auto, .jsonl].contains(parameters.unit) {
            throw PlanningError(parameter: "field", "only JSONL has fields, expected documents: jsonl or auto with it")
        }
        return Dictionary(uniqueKeysWithValues: parameters.shares.splits.map { ($0.rawValue, [TextDocument.fact: 1]) })
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        var reader = DocumentReader()
        (reader.unit, reader.field, reader.invalid) = (parameters.unit, parameters.field, parameters.invalid)
        let artifacts = try context.inputs("texts")
        for (index, artifact) in artifacts.enumerated() {
            try reader.read(artifact)
            context.progress(StageProgress(completed: index + 1, total: artifacts.count, unit: "inputs"))
        }
        guard !reader.documents.isEmpty else { throw StageFailure(.badInput, "the input 'texts' has no text") }

        // By their bytes: Swift calls texts equal that are written differently.
        var seen: Set<Digest> = []
        var splits: [CorpusSplit: [TextDocument]] = [:]
        for document in reader.documents {
            let digest = Digest(of: Data(document.text.utf8))
            guard seen.insert(digest).inserted else { continue }
            splits[parameters.shares.split(of: digest), default: []].append(document)
        }
        var total = 0
        for split in parameters.shares.splits {
            let documents = splits[split] ?? []
            let bytes = documents.reduce(0) { $0 + $1.text.utf8.count }
            total += bytes
            context.metric("\(split.rawValue).documents", Double(documents.count))
            context.metric("\(split.rawValue).bytes", Double(bytes))
            if documents.isEmpty {
                context.note(
                    "\(split.rawValue) has none of the \(seen.count) documents: give more, cut them finer, or change its share"
                )
            }
            try context.write(
                split.rawValue, metadata: ["documents": .int(documents.count), "bytes": .int(bytes)],
                members: [(TextDocument.member, TextDocument.lines(documents))])
        }
        context.metric("documents", Double(seen.count))
        context.metric("bytes", Double(total))
        context.metric("duplicates", Double(reader.documents.count - seen.count))
        context.metric("empty", Double(reader.empty))
        context.metric("invalid", Double(reader.skipped + reader.mended))
    }
}
