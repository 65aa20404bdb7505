import Foundation
import Tensors

/// Tokenized sequences: ids end to end, and for each token whether it is scored (a target of the loss) and how many bytes
/// of its sequence's text are read once it is (control tokens are zero bytes wide).
///
/// On disk a safetensors file: `offsets` I64 [S + 1], `tokens` U16 or I32 [N], `bytes` I32 [N], `scored` U8 [N]; metadata
/// `vocabulary`.
package struct TokenCorpus: Sendable, Equatable {
    package let vocabulary: Int
    package private(set) var tokens: [Int32] = []
    package private(set) var scored: [Bool] = []
    package private(set) var byteOffsets: [Int32] = []
    /// Sequence i has tokens offsets[i]..<offsets[i + 1].
    package private(set) var offsets: [Int] = [0]

    /// An empty corpus over ids below `vocabulary`.
    package init(vocabulary: Int) {
        precondition(vocabulary > 0, "a corpus needs a vocabulary")
        self.vocabulary = vocabulary
    }

    /// Number of sequences.
    package var count: Int { offsets.count - 1 }

    package func range(_ sequence: Int) -> Range<Int> { offsets[sequence]..<offsets[sequence + 1] }

    /// How many tokens of a sequence are before its first scored one: a prompt.
    package func unscoredCount(_ sequence: Int) -> Int {
        let range = range(sequence)
        return (range.firstIndex { scored[$0] } ?? range.upperBound) - range.lowerBound
    }

    /// Adds a sequence. The first token of a sequence can't be scored: nothing comes before it.
    package mutating func append(_ ids: [Int32], scored marks: [Bool], byteOffsets bytes: [Int32]) {
        precondition(
            ids.count == marks.count && ids.count == bytes.count,
            "\(ids.count) ids, \(marks.count) marks, \(bytes.count) byte offsets")
        precondition(ids.allSatisfy { $0 >= 0 && $0 < vocabulary }, "an id is outside the vocabulary of \(vocabulary)")
        precondition(marks.first != true, "the first token of a sequence can't be scored")
        tokens += ids
        scored += marks
        byteOffsets += bytes
        offsets.append(tokens.count)
    }

    package init(safetensors data: Data) throws(SafetensorsError) {
        let file = try SafetensorsFile(data)
        guard let text = file.metadata["vocabulary"], let vocabulary = Int(text), vocabulary > 0 else {
            throw SafetensorsError("not a token corpus: no vocabulary in the metadata")
        }
        let starts: [Int64] = try file.integers("offsets", .i64)
        let ids: [Int32] =
            file["tokens"]?.type == .u16
            ? try file.integers("tokens", .u16, as: UInt16.self).map(Int32.init) : try file.integers("tokens", .i32)
        let bytes: [Int32] = try file.integers("bytes", .i32)
        let marks: [UInt8] = try file.integers("scored", .u8)
        guard bytes.count == ids.count, marks.count == ids.count else {
            throw SafetensorsError("\(ids.count) tokens, \(bytes.count) byte offsets, \(marks.count) scored marks")
        }
        if let index = ids.firstIndex(where: { $0 < 0 || $0 >= vocabulary }) {
            throw SafetensorsError("token \(index) has id \(ids[index]), the vocabulary \(vocabulary)")
        }
        guard starts.first == 0, starts.last == Int64(ids.count),
            zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 })
        else {
            throw SafetensorsError("offsets don't rise from 0 to the number of tokens, \(ids.count)")
        }
        if let index = marks.firstIndex(where: { $0 > 1 }) {
            throw SafetensorsError("scored mark \(index) is \(marks[index]), neither 0 nor 1")
        }
        self.vocabulary = vocabulary
        tokens = ids
        byteOffsets = bytes
        scored = marks.map { $0 == 1 }
        offsets = starts.map(Int.init)
        for sequence in 0..<count where !range(sequence).isEmpty && scored[offsets[sequence]] {
            throw SafetensorsError("sequence \(sequence): its first token is scored, but nothing comes before it")
        }
    }

    package func safetensors() -> Data {
        var writer = SafetensorsWriter(metadata: ["vocabulary": String(vocabulary)])
        writer.add("offsets", offsets.map(Int64.init))
        writer.add("bytes", byteOffsets)
        if vocabulary <= 1 << 16 {
            writer.add("tokens", tokens.map { UInt16($0) })
        } else {
            writer.add("tokens", tokens)
        }
        writer.add("scored", scored.map { $0 ? 1 : 0 } as [UInt8])
        return writer.data()
    }
}
