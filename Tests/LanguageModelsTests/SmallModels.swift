import LanguageModels
import Tensors

/// A decoder small enough for a test, in the given positions.
func smallDecoder(
    positions: DecoderConfiguration.Positions = .rotary(base: 100), tiedHead: Bool = false, seed: UInt64 = 1
) throws -> Decoder {
    try Decoder(
        DecoderConfiguration(
            vocabulary: 17, outputVocabulary: 13, width: 32, layers: 2, heads: 2, positions: positions,
            tiedHead: tiedHead), seed: seed)
}

/// Sequences of 2 to 9 random tokens; from the second on they are scored.
func smallCorpus(count: Int, seed: UInt64 = 4) -> TokenCorpus {
    var random = RandomGenerator(seed: seed, "corpus")
    var corpus = TokenCorpus(vocabulary: 17)
    for _ in 0..<count {
        let ids = (0..<2 + random.integer(below: 8)).map { _ in Int32(random.integer(below: 13)) }
        corpus.append(ids, scored: ids.indices.map { $0 >= 1 }, byteOffsets: ids.indices.map { Int32($0) })
    }
    return corpus
}

/// Logits after every token of every sequence, without a cache.
func uncachedLogits(_ decoder: Decoder, _ sequences: [[Int32]]) -> [[Float]] {
    var corpus = TokenCorpus(vocabulary: decoder.configuration.vocabulary)
    for ids in sequences {
        let extended = ids + [0]
        corpus.append(
            extended, scored: extended.indices.map { $0 > 0 }, byteOffsets: extended.indices.map { Int32($0) })
    }
    let tape = Tape()
    tape.begin()
    let batch = TokenBatch(corpus, sequences: 0..<corpus.count)
    let logits = tape.tensor(decoder.logits(batch, dropout: nil, on: tape))
    return (0..<logits.shape[0]).map { Array(logits.row($0)) }
}

/// The largest difference; infinite if counts differ.
func distance(_ a: [[Float]], _ b: [[Float]]) -> Float {
    guard a.map(\.count) == b.map(\.count) else { return .infinity }
    return zip(a.joined(), b.joined()).map { abs($0 - $1) }.max() ?? 0
}
