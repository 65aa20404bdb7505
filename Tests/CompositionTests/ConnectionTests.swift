import Composition
import LanguageModels
import Testing

@Suite struct ConnectionTests {
    @Test(
        "a preset chooses 0-based block outputs, augmenting first",
        arguments: [
            (ConnectionChoice.every4th, 8, 12, [[3, 5], [7, 11]]),
            (.every4th, 2, 3, [[1, 2]]),
            (.every4th, 12, 2, [[3, 0], [7, 1]]),
            (.everyNth(1), 2, 2, [[0, 0], [1, 1]]),
            (.uniform(2), 4, 6, [[1, 2], [3, 5]]),
            (.middle(2), 6, 4, [[2, 1], [3, 2]]),
            (.middle(1), 1, 1, [[0, 0]]),
            (.last(2), 6, 4, [[4, 2], [5, 3]]),
            (
                .pairs([Connection(augmenting: 1, anchor: 1), Connection(augmenting: 0, anchor: 0)]), 2, 2,
                [[0, 0], [1, 1]]
            ),
        ])
    func presets(choice: ConnectionChoice, augmenting: Int, anchor: Int, expected: [[Int]]) throws {
        let connections = try choice.connections(augmentingLayers: augmenting, anchorLayers: anchor)
        #expect(connections.map { [$0.augmenting, $0.anchor] } == expected)
    }

    @Test(
        "a choice that the models are too shallow for is refused",
        arguments: [
            ConnectionChoice.uniform(3), .middle(0), .last(3), .last(0), .everyNth(0), .pairs([]),
            .pairs([Connection(augmenting: 2, anchor: 0)]), .pairs([Connection(augmenting: 0, anchor: -1)]),
            .pairs([Connection(augmenting: 0, anchor: 0), Connection(augmenting: 0, anchor: 0)]),
        ])
    func refused(choice: ConnectionChoice) {
        #expect(throws: CompositionError.self) {
            try choice.connections(augmentingLayers: 2, anchorLayers: 2)
        }
    }

    @Test("the paper's BERT example adds 15M parameters to 1B by its own formula, 5.7% counted truly")
    func appendixC() {
        let anchor = DecoderConfiguration(
            vocabulary: 30_000, width: 1024, layers: 24, heads: 16, hiddenWidth: 4096)
        let overhead = ParameterOverhead(
            connections: [4], augmentingWidths: [512], anchor: anchor,
            addedTruly: 4 * (512 * 1024 + 4 * 1024 * 1024), anchorTruly: 30_000 * 1024 + 24 * 12 * 1024 * 1024)
        #expect(overhead.addedByFormula == 14_680_064)
        #expect(abs(overhead.shareByFormula - 0.015) < 0.001)
        #expect(abs(overhead.shareTruly - 0.057) < 0.001)
    }
}
