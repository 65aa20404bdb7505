import Artifacts
import Composition
import Foundation
import LanguageModels
import Pipelines
import Tensors

/// The frozen models' activations over a corpus, in the store's `materialized/` folder: found there, or computed and left
/// there for the next composition of the same models, taps and corpus.
struct StoredActivations {
    let anchor: Artifact
    let augmenting: [Artifact]
    let corpus: Artifact
    let precision: Precision
    /// Bytes that all kept activations may take on disk.
    let limit: Int

    /// Nil, with the reason in the stage's log, if they don't fit.
    func callAsFunction(
        for model: ComposedModel, over tokens: TokenCorpus, _ context: StageContext
    ) throws -> FrozenActivations? {
        let layout = model.activationLayout(of: tokens)
        let beginning = SafetensorsWriter.beginning(
            metadata: ["format": "calm activations 1"],
            floats: layout.shapes)
        let bytes = beginning.count + layout.bytes
        guard bytes <= limit else {
            context.log(
                "frozen activations need \(bytes >> 20) MiB, frozen-activations-limit is \(limit >> 20): computed in each step"
            )
            try context.store.trimMaterialized(to: limit)
            return nil
        }
        let key = try key(layout, model.configuration)
        // Whoever comes second waits and reads.
        let lock = try FileLock.exclusive(context.store.locks.appendingPathComponent(key.hex), wait: true)
        defer { lock.removeFile() }
        context.metric("frozen-activations-bytes", Double(bytes))
        if let data = try context.store.materialized(key), let found = try? read(data, layout) {
            context.log("frozen activations: \(bytes >> 20) MiB, read from \(key.short)")
            try context.store.trimMaterialized(to: limit)
            return found
        }
        let clock = ContinuousClock()
        let start = clock.now
        let data = try materialize(key, bytes, context) { writer in
            try beginning.withUnsafeBytes { try writer.write($0, at: 0) }
            try model.computeActivations(of: tokens, layout, threads: context.threads, precision: precision) {
                tap, firstRow, values in
                try writer.write(
                    UnsafeRawBufferPointer(values), at: beginning.count + layout.offset(tap: tap, row: firstRow))
            }
        }
        let seconds = String(format: "%.1f", (clock.now - start) / .seconds(1))
        context.log(
            "frozen activations: \(bytes >> 20) MiB, computed in \(seconds) s, kept as \(key.short)"
        )
        return try read(data, layout)
    }

    private func materialize(
        _ key: Digest, _ bytes: Int, _ context: StageContext, fill: (MaterializedWriter) throws -> Void
    ) throws -> Data {
        do {
            return try context.store.materialize(key, bytes: bytes, limit: limit, fill: fill)
        } catch let error as StoreError {
            throw StageFailure(
                .store,
                "\(error); the frozen activations take \(bytes >> 20) MiB: make room, or set frozen-activations: never")
        }
    }

    private func read(_ data: Data, _ layout: FrozenActivations.Layout) throws -> FrozenActivations {
        try FrozenActivations(layout, in: SafetensorsFile(data))
    }

    /// What the bits depend on: models, taps, corpus, and the processor's arithmetic.
    private func key(_ layout: FrozenActivations.Layout, _ composition: CompositionConfiguration) throws -> Digest {
        var document: [String: JSONValue] = [
            "format": .string("calm activations 1"),
            "precision": .string(precision.ofProduct(training: false).rawValue),
            "profile": .string(try NumericProfile.current().description),
            "anchor": .string(anchor.digest.hex),
            "augmenting": .array(augmenting.map { .string($0.digest.hex) }),
            "corpus": .string(corpus.digest.hex),
            "taps": .array(layout.taps.map { .string($0.name) }),
        ]
        if let openChunk = composition.openChunk { document["alignment"] = .string("1 \(openChunk.rawValue)") }
        if let acts = composition.acts {
            document["acts"] = .string(acts.rawValue)
            document["mask"] = .string(composition.mask.rawValue)
        }
        if let prefix = composition.prefix { document["prefix"] = .array(prefix.map { .int(Int($0)) }) }
        return Digest(of: JSONValue.object(document).canonicalBytes)
    }
}
