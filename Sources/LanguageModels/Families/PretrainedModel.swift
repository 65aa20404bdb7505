import Checkpoints
import JSONReading
import Tensors

/// A decoder from outside, over weights that stay in their files, or one that was trained further and has weights of its own.
package struct PretrainedModel: Sendable {
    /// Where it comes from.
    package enum Checkpoint: Sendable {
        case gguf(GGUFFile)
        case huggingFace(HuggingFaceFolder)

        /// Opens a `.gguf` file or a folder with `config.json`.
        ///
        /// - Throws: `CheckpointError` with everything that is wrong.
        package init(_ path: String) throws {
            self = HuggingFaceFolder.isOne(path) ? .huggingFace(try HuggingFaceFolder(path)) : .gguf(try GGUFFile(path))
        }
    }

    package let checkpoint: Checkpoint
    /// The family's name.
    package var family: String { architecture.name }
    let architecture: ModelFamily
    package let decoder: Decoder
    /// The longest text that the model was made for.
    package let contextLength: Int?
    /// What the configuration says of the decoder's rotary positions.
    let rotary: [RotaryPositions: RotaryDescription]
    private let failures: ReadFailures
    /// The checkpoint's files, if they are a copy that nobody else has.
    private let copy: TemporaryFiles?

    /// Whether the decoder was trained further: the checkpoint has no weights then, and says what stayed as it was.
    var isTrainedFurther: Bool { decoder.frozen == nil }

    /// Opens a `.gguf` file or a folder with `config.json`. The weights are mapped: this takes milliseconds.
    ///
    /// - Throws: `CheckpointError` with everything that is wrong.
    package init(_ path: String) throws {
        switch try Checkpoint(path) {
        case .gguf(let file): try self.init(file)
        case .huggingFace(let folder): try self.init(folder)
        }
    }

    package init(_ folder: HuggingFaceFolder) throws {
        var configuration = folder.configuration
        let type = configuration["model_type"]?.string ?? ""
        guard let family = ModelFamily.named(modelType: type), let names = family.huggingFaceNames else {
            throw CheckpointError(
                folder.path,
                "config.json: model_type '\(type)' is not supported; supported are "
                    + ModelFamily.all.flatMap(\.modelTypes).joined(separator: ", "))
        }
        // The text part of a model that also sees.
        if let text = configuration["text_config"], text.members != nil { configuration = text }
        let reader = ConfigurationReader(path: "\(folder.path)/config.json", .json(configuration))
        try self.init(
            .huggingFace(folder), family, folder.weights, names, reader,
            length: reader.optionalInteger("max_position_embeddings") ?? reader.optionalInteger("n_positions")
        ) { try family.fromJSON(reader, $0) }
    }

    package init(_ file: GGUFFile) throws {
        let architecture = file.value("general.architecture")?.string ?? ""
        guard let family = ModelFamily.named(architecture: architecture), let names = family.ggufNames else {
            throw CheckpointError(
                file.path,
                "general.architecture '\(architecture)' is not supported; supported are "
                    + ModelFamily.all.flatMap(\.architectures).joined(separator: ", "))
        }
        let reader = ConfigurationReader(path: file.path, .gguf(file, architecture: architecture))
        try self.init(
            .gguf(file), family, file, names, reader, length: reader.optionalInteger("context_length")
        ) { _ in try family.fromGGUF(reader, file) }
    }

    private init(
        _ checkpoint: Checkpoint, _ family: ModelFamily, _ source: some WeightSource, _ names: TensorNames,
        _ reader: ConfigurationReader, length: Int?, _ configuration: (_ hasOutput: Bool) throws -> DecoderConfiguration
    ) throws {
        let failures = ReadFailures()
        self.checkpoint = checkpoint
        architecture = family
        self.failures = failures
        contextLength = length
        copy = nil
        decoder = try names.decoder(configuration(names.hasOutput(in: source)), source, failures)
        rotary = reader.rotary
    }

    /// A model that was trained further, with what it kept of the one that it started from.
    ///
    /// - Throws: `CheckpointError` if that isn't of this decoder.
    package init(_ origin: ModelOrigin, trained decoder: Decoder) throws {
        let copy = try TemporaryFiles(origin.files)
        checkpoint = try origin.checkpoint(in: copy.path)
        architecture = origin.family
        contextLength = origin.contextLength
        rotary = try origin.rotary(of: decoder.configuration)
        failures = ReadFailures()
        self.copy = copy
        self.decoder = decoder
    }

    var source: any WeightSource {
        switch checkpoint {
        case .gguf(let file): file
        case .huggingFace(let folder): folder.weights
        }
    }

    /// To be called after a forward pass, before its result is used.
    ///
    /// - Throws: `CheckpointError` if a file changed since it was opened: what was computed isn't reliable.
    package func check() throws {
        try failures.check()
        try source.check()
    }
}
