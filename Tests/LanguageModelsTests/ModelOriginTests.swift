import Checkpoints
import Foundation
import JSONReading
import LanguageModels
import NeuralNetworks
import Tensors
import Testing

/// What a model that was trained further keeps of the one from outside that it started from.
@Suite("models trained further in other formats")
struct ModelOriginTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)").path

    /// What has no form in the other format, with the part that the error names.
    private static let refused = ["qwen2-window gguf": "windows in some layers only"]

    /// The model with Float32 weights of its own and what went through an artifact's members.
    private func trained(
        _ model: PretrainedModel, _ change: (inout Decoder) -> Void = { _ in }
    ) throws -> PretrainedModel {
        var decoder = model.decoder.trainable
        change(&decoder)
        let members = Dictionary(uniqueKeysWithValues: try ModelOrigin(of: model).members.map { ($0.name, $0.bytes) })
        let read = try ModelOrigin(members: members.keys) { try #require(members[$0]) }
        let origin = try #require(read)
        // Same values, same bytes.
        #expect(try origin.members.map(\.bytes) == members.sorted { $0.key < $1.key }.map(\.value))
        return try PretrainedModel(origin, trained: decoder)
    }

    private func logits(_ model: PretrainedModel, _ ids: [Int32]) throws -> [Float] {
        let tape = Tape()
        tape.begin()
        let w = model.decoder.weights(on: tape)
        let layout = SequenceLayout.causal(offsets: [0, ids.count])
        let last = model.decoder.hiddenStates(ids, layout, last: layout, caches: nil, w) { _, _ in }
        let logits = Array(tape.values(model.decoder.logits(normalised: model.decoder.finalNorm(last, w), w)))
        try model.check()
        return logits
    }

    @Test("a model of every family is written with its new weights in both formats", arguments: FamilyTests.Fixture.all)
    func everyFamily(_ fixture: FamilyTests.Fixture) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let original = try PretrainedModel(fixture.path)
        let (ids, _, unchanged) = try fixture.expected()
        #expect(try FamilyTests.isClose(logits(trained(original), ids), unchanged))
        let model = try trained(original) { decoder in
            var random = RandomGenerator(seed: 3)
            decoder.parameters.withMutableElements { elements in
                for index in elements.indices { elements[index] += 0.02 * random.normal() }
            }
        }
        #expect(model.family == original.family && model.contextLength == original.contextLength)
        let expected = try logits(model, ids)
        #expect(!FamilyTests.isClose(expected, unchanged))
        func check(_ path: String, _ comment: Comment) throws {
            let written = try PretrainedModel(path)
            #expect(try FamilyTests.isClose(logits(written, ids), expected), comment)
        }
        _ = try TextExport().write(model, huggingFaceTo: folder + "/hf")
        try check(folder + "/hf", "as a folder")
        #expect(try PretrainedModel(folder + "/hf").contextLength == model.contextLength)
        let write = { try TextExport().write(model, ggufTo: folder + "/model.gguf", name: "tiny") }
        if let reason = Self.refused["\(fixture.testDescription) gguf"] {
            let error = #expect(throws: ConfigurationError.self) { try write() }
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
            return
        }
        _ = try write()
        try check(folder + "/model.gguf", "as a GGUF file")
    }

    @Test("what can't be read is refused with its place")
    func refusals() throws {
        let origin = try ModelOrigin(of: PretrainedModel(FamilyTests.Fixture.folder + "/gemma3"))
        let members = Dictionary(uniqueKeysWithValues: try origin.members.map { ($0.name, $0.bytes) })
        func opened(_ change: (inout [String: Data]) throws -> Void) throws -> ModelOrigin? {
            var members = members
            try change(&members)
            return try ModelOrigin(members: members.keys) { try #require(members[$0]) }
        }
        #expect(try opened { _ in } != nil)
        #expect(try opened { $0[ModelOrigin.familyMember] = nil } == nil, "a model of our own")
        func edited(_ from: String, _ to: String) throws -> ModelOrigin? {
            try opened {
                let json = String(decoding: try #require($0[ModelOrigin.familyMember]), as: UTF8.self)
                try #require(json.contains(from))
                $0[ModelOrigin.familyMember] = Data(json.replacingOccurrences(of: from, with: to).utf8)
            }
        }
        for (from, to, problem) in [
            ("\"version\" : 1", "\"version\" : 2", "version 2, expected 1"),
            ("Gemma 3", "Gemma 9", "the family 'Gemma 9', expected Llama"),
            ("\"turned\"", "\"twisted\"", "unknown key twisted"),
        ] {
            let error = #expect(throws: CheckpointError.self) { try edited(from, to) }
            #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
        }
        let error = #expect(throws: CheckpointError.self) {
            try opened { $0[ModelOrigin.folder + "config.json"] = nil }
        }
        #expect(error?.description.contains("neither model.gguf nor config.json") == true)
        // A description of other rotary positions would be written in place of the decoder's.
        let decoder = try PretrainedModel(FamilyTests.Fixture.folder + "/gemma3").decoder.trainable
        let bare = #expect(throws: ConfigurationError.self) { try decoder.huggingFaceExport() }
        #expect(bare?.message.contains("train it further again") == true, "without what is kept of the family")
        for turned in ["-4", "400"] {
            let own = "\"turned\" : \(decoder.configuration.headWidth)"
            let other = try #require(try edited(own, "\"turned\" : \(turned)"))
            let error = #expect(throws: CheckpointError.self) { try PretrainedModel(other, trained: decoder) }
            #expect(error?.description.contains("rotary positions of") == true, "\(error?.description ?? "")")
        }
    }
}
