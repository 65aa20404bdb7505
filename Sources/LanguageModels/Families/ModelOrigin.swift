import Checkpoints
import Foundation
import Tensors

/// What a model that is trained further keeps of the model from outside that it started from, but for the weights: the family,
/// by which it is written in other formats, and the files about text, by which it reads and writes text as that one did.
///
/// As members of an artifact: `family.json`, whose version says how all of them are to be read, and files in `source/`: of a
/// Hugging Face folder its configuration, tokenizer, chat template and generation settings, of a GGUF file its metadata.
package struct ModelOrigin: Sendable {
    package static let familyMember = "family.json"
    package static let folder = "source/"
    private static let ggufFile = "model.gguf"

    private let document: FamilyDocument
    let family: ModelFamily
    /// By their names in `source/`.
    let files: [(name: String, bytes: Data)]

    /// Of a model from outside, or of one that was trained further itself.
    ///
    /// - Throws: `CheckpointError` if a file can't be read.
    package init(of model: PretrainedModel) throws {
        let configuration = model.decoder.configuration
        let rotary = try (0..<configuration.layers).compactMap { layer in
            try configuration.rotaryPositions(layer: layer).map { positions in
                guard let description = model.rotary[positions] else {
                    throw CheckpointError(model.source.path, "the rotary positions of layer \(layer) aren't described")
                }
                return description
            }
        }
        document = FamilyDocument(family: model.family, contextLength: model.contextLength, rotary: rotary)
        family = model.architecture
        switch model.checkpoint {
        case .huggingFace(let folder): files = try folder.textFiles()
        case .gguf(let file):
            let copy = try TemporaryFiles([])
            let path = copy.path + "/" + Self.ggufFile
            try file.writeMetadata(to: path)
            files = [(Self.ggufFile, Data(try readBytes(path)))]
        }
    }

    /// Of an artifact's members; nil if it is of a model that didn't come from outside.
    ///
    /// - Throws: `CheckpointError` if they can't be read by this version of calm, or what `read` throws.
    package init?(members: some Sequence<String>, read: (_ member: String) throws -> Data) throws {
        let members = members.sorted()
        guard members.contains(Self.familyMember) else { return nil }
        document = try FamilyDocument(json: try read(Self.familyMember), path: Self.familyMember)
        guard let family = ModelFamily.all.first(where: { [document] in $0.name == document.family }) else {
            throw CheckpointError(
                Self.familyMember,
                "the family '\(document.family)', expected \(ModelFamily.all.map(\.name).joined(separator: ", "))")
        }
        self.family = family
        files = try members.filter { $0.hasPrefix(Self.folder) }.map {
            (String($0.dropFirst(Self.folder.count)), try read($0))
        }
        guard files.contains(where: { [Self.ggufFile, "config.json"].contains($0.name) }) else {
            throw CheckpointError(
                Self.folder,
                "found neither \(Self.ggufFile) nor config.json, expected one of them; train the model again")
        }
    }

    /// The members of an artifact.
    package var members: [(name: String, bytes: Data)] {
        get throws { [(Self.familyMember, try document.json())] + files.map { (Self.folder + $0.name, $0.bytes) } }
    }

    /// The longest text that the model was made for.
    package var contextLength: Int? { document.contextLength }

    /// What is about text.
    ///
    /// - Throws: `CheckpointError` or `TokenizerError`.
    package func text() throws -> TextInterface {
        let copy = try TemporaryFiles(files)
        return try withExtendedLifetime(copy) { try TextInterface(try checkpoint(in: copy.path)) }
    }

    /// The checkpoint without weights whose files lie in a folder.
    func checkpoint(in folder: String) throws -> PretrainedModel.Checkpoint {
        files.contains { $0.name == Self.ggufFile }
            ? .gguf(try GGUFFile(folder + "/" + Self.ggufFile))
            : .huggingFace(try HuggingFaceFolder(folder, hasWeights: false))
    }

    /// How each kind of a decoder's rotary positions is described.
    ///
    /// - Throws: `CheckpointError` if they aren't described like that.
    func rotary(of configuration: DecoderConfiguration) throws -> [RotaryPositions: RotaryDescription] {
        let positions = (0..<configuration.layers).compactMap { configuration.rotaryPositions(layer: $0) }
        guard positions.count == document.rotary.count,
            zip(positions, document.rotary).allSatisfy({
                $1.isSound && $1.turned == $0.turned(of: configuration.headWidth)
            })
        else {
            throw CheckpointError(
                Self.familyMember,
                "the rotary positions of \(document.rotary.count) layers are described, expected those of the decoder in "
                    + "config.json; train the model again")
        }
        return Dictionary(zip(positions, document.rotary)) { first, _ in first }
    }
}

extension HuggingFaceFolder {
    /// All files but the weights.
    fileprivate func textFiles() throws -> [(name: String, bytes: Data)] {
        let configuration = (name: "config.json", bytes: try readBytes(path + "/config.json"))
        return try ([configuration] + tokenizerFiles()).map { ($0.name, Data($0.bytes)) }
    }
}

extension GGUFFile {
    /// Writes a GGUF file with all keys of this one that aren't about its tensors, which it hasn't.
    fileprivate func writeMetadata(to path: String) throws {
        var file = GGUFExport(architecture: value("general.architecture")?.string ?? "")
        let own: Set = [
            "general.architecture", "general.alignment", "general.file_type", "general.quantization_version",
        ]
        for key in keys where !own.contains(key) {
            if let value = try exportedValue(key) { file.set(key, value) }
        }
        try file.write(to: path)
    }
}
