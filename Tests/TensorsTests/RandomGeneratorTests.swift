import Tensors
import Testing

@Suite("random generator")
struct RandomGeneratorTests {
    @Test("a seed gives the same numbers for ever")
    func reference() {
        // Recomputed with arbitrary-precision integers from the published recurrences (prng.di.unimi.it).
        var generator = RandomGenerator(seed: 0)
        #expect(
            (0..<3).map { _ in generator.next() } == [
                0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0,
            ])
    }

    @Test("streams differ by seed, name and number, and agree when those do")
    func streams() {
        func first(_ generator: RandomGenerator) -> UInt64 {
            var generator = generator
            return generator.next()
        }
        let all = [
            RandomGenerator(seed: 1, "a"), RandomGenerator(seed: 2, "a"), RandomGenerator(seed: 1, "b"),
            RandomGenerator(seed: 1, "a", 0), RandomGenerator(seed: 1, "a", 1), RandomGenerator(seed: 1, 1, "a"),
        ].map(first)
        #expect(Set(all).count == all.count)
        #expect(first(RandomGenerator(seed: 1, "a", 1)) == all[4])
    }

    @Test("uniform, integers and normals have their moments; permutations hold every number")
    func moments() {
        var generator = RandomGenerator(seed: 9)
        let count = 20_000
        let uniform = (0..<count).map { _ in generator.uniform() }
        #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
        // Four standard errors: sqrt(1/12/n) = 0.002; sqrt(1/n) = 0.007; of the variance sqrt(2/n) = 0.01.
        #expect(abs(uniform.reduce(0, +) / Float(count) - 0.5) < 0.0082)
        let normal = (0..<count).map { _ in generator.normal() }
        #expect(abs(normal.reduce(0, +) / Float(count)) < 0.028)
        #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / Float(count) - 1) < 0.04)
        #expect(Set((0..<200).map { _ in generator.integer(below: 7) }) == Set(0..<7))
        #expect(generator.permutation(of: 101).sorted() == (0..<101).map(Int32.init))
        #expect(generator.permutation(of: 0).isEmpty)
    }
}
