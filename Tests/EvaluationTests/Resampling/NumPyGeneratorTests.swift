import Evaluation
import Testing

@Suite struct NumPyGeneratorTests {
    private struct Draws: Decodable {
        /// As text: it may be beyond what JSON's readers hold.
        let seed: String
        let bound: UInt32
        let draws: [Int]
    }

    @Test("numbers are those of NumPy's default_rng, for seeds and bounds of every size")
    func oracle() throws {
        let cases = try Fixture.read("draws.json", as: [Draws].self)
        #expect(cases.count == 36)
        for expected in cases {
            var generator = NumPyGenerator(seed: try #require(UInt64(expected.seed)))
            // Where there is no choice, nothing is drawn.
            _ = generator.index(below: 1)
            let draws = expected.draws.map { _ in generator.index(below: expected.bound) }
            #expect(draws == expected.draws, "seed \(expected.seed), below \(expected.bound)")
        }
    }
}
