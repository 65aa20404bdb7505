import Checkpoints
import Foundation
import LanguageModels
import NeuralNetworks
import Tensors
import Testing

/// Tiny random checkpoints of every family against what transformers computes with them; see
/// Fixtures/make_family_fixtures.py.
@Suite("families")
struct FamilyTests {
    struct Fixture: CustomTestStringConvertible, Sendable {
        let path: String
        var testDescription: String { (path as NSString).lastPathComponent }

        static let folder = Bundle.module.path(forResource: "Fixtures", ofType: nil).map { "\($0)/families" } ?? ""

        static let all: [Fixture] = {
            let suffix = ".expected.safetensors"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.filter { $0.hasSuffix(suffix) }.sorted().map {
                Fixture(path: "\(folder)/\($0.dropLast(suffix.count))")
            }
        }()

        func expected() throws -> (ids: [Int32], hidden: [Float], logits: [Float]) {
            let file = try SafetensorsFile(Data(contentsOf: URL(fileURLWithPath: path + ".expected.safetensors")))
            let ids: [Int32] = try file.integers("ids", .i32)
            func floats(_ name: String) throws -> [Float] {
                try file.floats(name, shape: file[name]?.shape ?? []).elements
            }
            return (ids, try floats("hidden"), try floats("logits"))
        }
    }

    /// Of the largest magnitude. A dozen layers of fp32 sums in another order; a wrong constant moves far more.
    static let tolerance: Float = 2e-5

    static func isClose(_ found: some Sequence<Float>, _ expected: some Sequence<Float>) -> Bool {
        let expected = Array(expected)
        let scale = expected.map(abs).max() ?? 0
        let found = Array(found)
        return found.count == expected.count && !found.isEmpty
            && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance * scale }
    }

    @Test("there are fixtures of every family and format")
    func fixtures() { #expect(Fixture.all.count == 19) }

    @Test("hidden states behind every block and logits are those of transformers", arguments: Fixture.all)
    func agrees(_ fixture: Fixture) throws {
        let model = try PretrainedModel(fixture.path)
        let (ids, hidden, logits) = try fixture.expected()
        let tape = Tape()
        tape.begin()
        let w = model.decoder.weights(on: tape)
        let layout = SequenceLayout.causal(offsets: [0, ids.count])
        let count = ids.count * model.decoder.configuration.width
        var states: [[Float]] = []
        let last = model.decoder.hiddenStates(ids, layout, last: layout, caches: nil, w) {
            states.append(Array(tape.values($1)))
        }
        let normalised = model.decoder.finalNorm(last, w)
        states[states.count - 1] = Array(tape.values(normalised))
        #expect(states.count * count == hidden.count)
        for (index, state) in states.enumerated() {
            #expect(
                Self.isClose(state, hidden[index * count..<(index + 1) * count]), "behind \(index) blocks")
        }
        #expect(Self.isClose(tape.values(model.decoder.logits(normalised: normalised, w)), logits))
        try model.check()
    }

    @Test(
        "token by token with a cache, among sequences of other lengths, gives the same logits", arguments: Fixture.all)
    func cached(_ fixture: Fixture) throws {
        let model = try PretrainedModel(fixture.path)
        let (ids, _, logits) = try fixture.expected()
        let columns = logits.count / ids.count
        var state = model.decoder.makeState(sequences: 2, capacity: ids.count, precision: .float32)
        // The other sequence lags seven tokens behind.
        _ = model.decoder.advance([Array(ids[..<8]), [ids[0]]], state: &state, returning: .last)
        for index in 8..<ids.count {
            let rows = model.decoder.advance([[ids[index]], [ids[index - 7]]], state: &state, returning: .last)
            for (row, position) in [(0, index), (1, index - 7)] {
                #expect(
                    Self.isClose(rows.row(row), logits[position * columns..<(position + 1) * columns]),
                    "position \(position)")
            }
        }
    }

    @Test("texts beyond the length that positions are right for aren't read")
    func longestText() throws {
        #expect(try PretrainedModel("\(Fixture.folder)/phi3-long").decoder.maximumLength == 64)
        #expect(try PretrainedModel("\(Fixture.folder)/phi3").decoder.maximumLength == nil)
    }

    @Test("a file that is cut while the model runs ends with an error")
    func changedFile() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("cut-\(UUID().uuidString).gguf").path
        try FileManager.default.copyItem(atPath: "\(Fixture.folder)/llama-quantised.gguf", toPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let model = try PretrainedModel(path)
        var state = model.decoder.makeState(sequences: 1, capacity: 4, precision: .float32)
        _ = model.decoder.advance([[1, 2]], state: &state, returning: .last)
        try model.check()
        #expect(truncate(path, 4096) == 0)
        _ = model.decoder.advance([[3]], state: &state, returning: .last)
        let error = #expect(throws: CheckpointError.self) { try model.check() }
        #expect(error?.description.contains("changed while it was in use") == true)
    }

    @Test("a checkpoint that doesn't fit its configuration is refused with all that is wrong")
    func misfit() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("misfit-\(UUID().uuidString)")
        try FileManager.default.copyItem(atPath: "\(Fixture.folder)/mistral", toPath: folder.path)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("config.json")
        func edit(_ change: (inout [String: Any]) -> Void) throws {
            var object = try #require(
                JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
            change(&object)
            try JSONSerialization.data(withJSONObject: object).write(to: file)
        }
        try edit {
            $0["num_hidden_layers"] = 3
            $0["vocab_size"] = 38
        }
        let misshapen = #expect(throws: CheckpointError.self) { try PretrainedModel(folder.path) }
        let problems = misshapen?.problems ?? []
        #expect(problems.contains { $0.contains("embed_tokens.weight") && $0.contains("[38, 24]") })
        #expect(problems.count { $0.contains("missing tensor 'model.layers.2.") } == 9)
        try edit {
            $0["rms_norm_eps"] = "small"
            $0["hidden_act"] = "relu"
            $0["hidden_size"] = nil
        }
        let invalid = #expect(throws: CheckpointError.self) { try PretrainedModel(folder.path) }
        for key in ["rms_norm_eps", "hidden_act", "hidden_size"] {
            #expect(invalid?.problems.contains { $0.contains(key) } == true, "\(key)")
        }
        try edit { $0["model_type"] = "mamba" }
        let unknown = #expect(throws: CheckpointError.self) { try PretrainedModel(folder.path) }
        #expect(unknown?.description.contains("'mamba'") == true && unknown?.description.contains("qwen3") == true)
    }
}
