import Checkpoints
import JSONReading
import Tensors

/// How a decoder of a family is written: the reverse of ``ModelFamily/fromJSON`` and ``ModelFamily/fromGGUF``.
struct FamilyWriting: Sendable {
    /// The class in transformers.
    let className: String
    /// `model_type` in `config.json`.
    let modelType: String
    /// `general.architecture` in GGUF.
    let architecture: String
    /// Which elements of queries and keys turn together in GGUF.
    var ggufPairing = RotaryPositions.Pairing.halves
    /// The family's own keys.
    let addJSON: @Sendable (inout JSONConfigurationWriter) -> Void
    let addGGUF: @Sendable (inout GGUFConfigurationWriter) -> Void
}

/// A decoder that is to be written in the terms of a family.
struct WrittenDecoder: Sendable {
    var configuration: DecoderConfiguration
    /// Of each layer; empty if positions are learned.
    var rotary: [RotaryDescription]
    /// The longest text that the model is for.
    var contextLength: Int

    /// The one kind of rotary positions of layers that are local, or aren't; nil if there are none or several.
    func rotary(local: Bool?) -> RotaryDescription? {
        let windows = configuration.variant.windows
        let kinds = Set(
            rotary.indices.filter { local == nil || (!windows.isEmpty && windows[$0] != nil) == local }.map {
                rotary[$0]
            })
        return kinds.count == 1 ? kinds.first : nil
    }

    /// The window of the layers that have one; nil if there is none or they differ.
    var window: Int? {
        let windows = Set(configuration.variant.windows.compactMap { $0 })
        return windows.count == 1 ? windows.first : nil
    }

    var isLocal: [Bool] {
        let windows = configuration.variant.windows
        return (0..<configuration.layers).map { !windows.isEmpty && windows[$0] != nil }
    }
}
