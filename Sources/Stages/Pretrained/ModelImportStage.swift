import Artifacts
import Foundation
import LanguageModels
import Pipelines

/// `model.import`: the files of a model from outside become a model, once it is known that they can be opened.
///
/// The members are the same blobs: nothing is copied but the plain files that are mapped (`materialized/`), which can go.
enum ModelImportStage: StageKind {
    struct Parameters: StageParameters {
        static let fields: [ParameterField<Self>] = []
    }

    static let name = "model.import"
    static let version = 1
    static let summary = "A model from outside, a GGUF file or a Hugging Face folder, checked as a whole"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("bytes", unit: "bytes", "Size of all files together"),
        MetricDeclaration("vocabulary", "Number of tokens that its tokenizer knows"),
    ]

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole(
                "source", [.file, .folder],
                "a GGUF file, or a folder with config.json, weights in safetensors and tokenizer.json")
        ]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("model", .pretrainedModel, "the same files, as a model")]
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let source = try context.input("source")
        let members = source.manifest.members
        let manifest = Manifest(type: .pretrainedModel, members: members)
        let artifact = try Artifact(try context.store.put(manifest), in: context.store)
        let model: TextModel
        do {
            model = try ImportedModel.open(artifact)
        } catch let failure as StageFailure {
            // It is the source that is at fault.
            let text = failure.message.replacingOccurrences(
                of: "pretrained-model \(artifact.digest.short) of '\(artifact.stage)'",
                with: "\(source.manifest.type.rawValue) \(source.digest.short) of '\(source.stage)'"
            ).replacingOccurrences(
                of: "the model \(artifact.digest.short) of '\(artifact.stage)'",
                with: "\(source.manifest.type.rawValue) \(source.digest.short) of '\(source.stage)'")
            throw StageFailure(failure.category, text)
        }
        try model.check()
        context.metric("bytes", Double(members.values.reduce(0) { $0 + $1.size }))
        context.metric("vocabulary", Double(model.text.tokenizer.vocabularyCount))
        try context.pass(artifact, as: "model")
    }
}
