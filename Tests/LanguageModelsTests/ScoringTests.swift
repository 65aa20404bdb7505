import LanguageModels
import NeuralNetworks
import Synchronization
import Tensors
import Testing

@Suite("scoring")
struct ScoringTests {
    /// A decoder that counts the rows whose logits are computed.
    private struct CountingModel: CausalLanguageModel {
        final class Count: Sendable { let rows = Atomic<Int>(0) }

        var base: Decoder
        let count = Count()
        var parameters: Parameters {
            get { base.parameters }
            set { base.parameters = newValue }
        }
        var maximumLength: Int? { base.maximumLength }
        var widestRow: Int { base.widestRow }
        var trainingOperations: Int { base.trainingOperations }

        func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable {
            base.logits(batch, dropout: dropout, on: tape)
        }

        func makeState(sequences: Int, capacity: Int, precision: Precision) -> DecoderState {
            base.makeState(sequences: sequences, capacity: capacity, precision: precision)
        }

        func readStates(
            _ tokens: [[Int32]], state: inout DecoderState, returning rows: LogitRows,
            visit: (_ blocks: Int, Variable) throws -> Void
        ) rethrows -> Variable {
            try base.readStates(tokens, state: &state, returning: rows, visit: visit)
        }

        func logits(ofStates states: Variable, on tape: Tape) -> Variable {
            count.rows.add(states.rows, ordering: .relaxed)
            return base.logits(ofStates: states, on: tape)
        }
    }

    private func scored(_ tokens: [Int32], from first: Int) throws -> (
        score: SequenceScore, rows: Int
    ) {
        let model = CountingModel(base: try smallDecoder(seed: 3))
        var state = model.makeState(sequences: 1, capacity: tokens.count, precision: .float32)
        var request = ScoreRequest()
        request.firstScored = first
        request.hiddenLayers = [.final]
        let score = score(model, tokens, request, state: &state)
        return (score, model.count.rows.load(ordering: .relaxed))
    }

    /// Scored in pieces of 256 tokens, logits of 16 rows at once.
    private static let tokens: [Int32] = (0..<600).map { index in
        let mixed: Int = index * 7 + index / 5
        return Int32(mixed % 13)
    }

    @Test(
        "only tokens from the first wanted one on are scored, as all of them are",
        arguments: [1, 2, 16, 17, 18, 255, 256, 257, 258, 512, 513, 599, 600])
    func part(from first: Int) throws {
        let all = try scored(Self.tokens, from: 1)
        #expect(all.score.nats.count == 599 && all.rows == 599)
        let some = try scored(Self.tokens, from: first)
        #expect(some.score.nats == Array(all.score.nats.dropFirst(first - 1)))
        #expect(some.rows >= 600 - first && some.rows < 600 - first + 16)
        // The last position's state is there whether or not anything is scored.
        let (found, expected) = (
            some.score.hidden[HiddenLayer.final]?.first ?? [], all.score.hidden[HiddenLayer.final]?.first ?? []
        )
        #expect(found.count == 32 && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }
}
