import Foundation
import LanguageModels
import Tensors
import Testing

@Suite("token corpus")
struct TokenCorpusTests {
    @Test("survives its file, in narrow and wide ids", arguments: [17, 1 << 16, 1 << 17])
    func roundTrip(vocabulary: Int) throws {
        var corpus = TokenCorpus(vocabulary: vocabulary)
        corpus.append([1, 2, Int32(vocabulary - 1)], scored: [false, true, true], byteOffsets: [0, 2, 3])
        corpus.append([], scored: [], byteOffsets: [])
        corpus.append([5], scored: [false], byteOffsets: [1])
        #expect(try TokenCorpus(safetensors: corpus.safetensors()) == corpus)
    }

    @Test("a file whose parts disagree is refused")
    func inconsistent() throws {
        func file(
            vocabulary: String = "9", offsets: [Int64] = [0, 2], tokens: [UInt16] = [1, 2], bytes: [Int32] = [0, 1],
            scored: [UInt8] = [0, 1]
        ) -> Data {
            var writer = SafetensorsWriter(metadata: ["vocabulary": vocabulary])
            writer.add("offsets", offsets)
            writer.add("tokens", tokens)
            writer.add("bytes", bytes)
            writer.add("scored", scored)
            return writer.data()
        }
        #expect(try TokenCorpus(safetensors: file()).count == 1)
        for wrong in [
            file(vocabulary: "x"), file(vocabulary: "2"), file(offsets: []), file(offsets: [0, 3]),
            file(offsets: [1, 2]),
            file(offsets: [0, 2, 1, 2]), file(bytes: [0]), file(scored: [0, 2]), file(scored: [1, 1]),
            file(scored: [0]),
        ] {
            #expect(throws: SafetensorsError.self) { try TokenCorpus(safetensors: wrong) }
        }
    }

    @Test("a batch packs what leads to scored tokens and nothing after the last of them")
    func packing() {
        var corpus = TokenCorpus(vocabulary: 9)
        corpus.append([1, 2, 3, 4, 5], scored: [false, false, true, true, false], byteOffsets: [0, 1, 2, 3, 4])
        corpus.append([6, 7], scored: [false, false], byteOffsets: [0, 1])
        corpus.append([8, 0], scored: [false, true], byteOffsets: [0, 1])
        let batch = TokenBatch(corpus, sequences: [2, 1, 0])
        #expect(batch.tokens == [8, 1, 2, 3])
        #expect(batch.offsets == [0, 1, 1, 4])
        #expect(batch.scoredRows == [0, 2, 3])
        #expect(batch.targets == [0, 3, 4])
        #expect(batch.layout.positions == [0, 0, 1, 2])
    }
}
