import Foundation
import Pipelines
import Tasks
import Testing

/// `evaluate.perplexity`, against the loss that training reports of the same texts, which is computed another way.
@Suite("Perplexity of models and compositions") struct TextPerplexityTests {
    private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("CommandLineTests/Fixtures/tiny-chat")

    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        let lines = (0..<60).map { "the number \($0) times \($0 % 7) makes \($0 * ($0 % 7)) é\n" }
        try workshop.write(lines.joined(), to: "a.txt")
    }

    private func stages(special: String = "", longest: Int = 64) -> String {
        """
          c: { uses: text.corpus, in: { texts: { file: a.txt } }, with: { documents: lines, validation: 0, test: 0.3 } }
          t: { uses: tokenizer.train, in: { texts: c }, with: { vocabulary-size: 300, special-tokens: [\(special)] } }
          k: { uses: corpus.tokenize, in: { datasets: c.train, tokenizer: t }, with: { longest: \(longest) } }
          v: { uses: corpus.tokenize, in: { datasets: c.test, tokenizer: t }, with: { longest: \(longest) } }
          m:
            uses: model.train
            in: { corpus: k, validation: v }
            with: { layers: 1, width: 16, heads: 2, steps: 20, batch: 8, warmup: 2 }

        """
    }

    private func run(_ stages: String) async throws -> RunResult {
        let result = try await workshop.run(stages)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        return result
    }

    @Test("nats per token are training's validation loss where both score the same tokens; the rest follows from them")
    func validation() async throws {
        let result = try await run(
            stages() + "  e: { uses: evaluate.perplexity, in: { model: m, dataset: c.test }, with: { context: 64 } }\n")
        let (metrics, corpus) = (result.metrics("e"), result.metrics("v"))
        let nats = try #require(metrics["nats-per-token"])
        #expect(abs(nats - (result.metrics("m")["validation-loss"] ?? 0)) < 1e-4)
        let texts = try workshop.workshop.rows("texts.tsv", of: workshop.workshop.artifact("e", "texts", of: result))
        #expect(metrics["documents"] == Double(texts.count) && texts.count == Int(corpus["sequences"] ?? 0))
        // Without a token in front the first of each text is not scored, and its bytes don't count.
        #expect(metrics["tokens"] == (corpus["tokens"] ?? 0) - Double(texts.count))
        let bytes = try #require(metrics["bytes"])
        let size = try #require(result.metrics("c")["test.bytes"])
        #expect(bytes < size && bytes >= size - 4 * Double(texts.count))
        let total = texts.reduce(0) { $0 + (Double($1[3]) ?? .nan) }
        #expect(abs(total - nats * (metrics["tokens"] ?? 0)) < 1e-6)
        let bits = try #require(metrics["bits-per-byte"])
        #expect(abs(bits - total / log(2) / bytes) < 1e-12)
        #expect(abs((metrics["perplexity"] ?? 0) - exp(nats)) < 1e-9)
        for (name, value) in [("bits-per-byte", bits), ("nats-per-token", nats)] {
            let (low, high) = (metrics["\(name)-low"] ?? .nan, metrics["\(name)-high"] ?? .nan)
            #expect(low < value && value < high && high - low < value / 2)
        }
        #expect(texts.allSatisfy { $0[0].hasPrefix("a.txt:") })
    }

    @Test("with a token that ends texts in front, every byte counts; a window that is too small costs likelihood")
    func windows() async throws {
        let result = try await run(
            stages(special: "'<|endoftext|>'") + """
                  e: { uses: evaluate.perplexity, in: { model: m, dataset: c.test } }
                  narrow: { uses: evaluate.perplexity, in: { model: m, dataset: c.test }, with: { context: 2, stride: 1 } }
                  first: { uses: evaluate.perplexity, in: { model: m, dataset: c.test }, with: { limit: 1 } }
                  file: { uses: evaluate.perplexity, in: { model: m, dataset: { file: a.txt } } }

                """)
        let metrics = result.metrics("e")
        #expect(metrics["bytes"] == result.metrics("c")["test.bytes"])
        #expect(metrics["tokens"] == (result.metrics("v")["tokens"] ?? 0) - 2 * (metrics["documents"] ?? 0))
        let narrow = result.metrics("narrow")
        #expect(narrow["tokens"] == metrics["tokens"] && narrow["bits-per-byte"] != metrics["bits-per-byte"])
        // One document says nothing of others.
        #expect(result.metrics("first").keys.allSatisfy { !$0.hasSuffix("-low") })
        #expect(result.metrics("file")["documents"] == 1)
    }

    @Test(
        "an untrained composition is its anchor; models from outside are measured, too; tables show bits, not per cent")
    func others() async throws {
        try FileManager.default.copyItem(at: Self.fixture, to: workshop.folder.appendingPathComponent("tiny"))
        let result = try await run(
            stages(special: "'<|endoftext|>'") + """
                  z:
                    uses: model.compose
                    in: { anchor: m, augmenting: m, corpus: k }
                    with: { connections: [[0, 0]], steps: 0 }
                  tiny: { uses: model.import, in: { source: { folder: tiny } } }
                  e:
                    uses: evaluate.perplexity
                    matrix: { model: [m, z, tiny] }
                    in: { model: "${matrix.model}", dataset: c.test }
                    with: { context: 64, label: "test.${matrix.model}" }
                  table:
                    uses: results.table
                    in: { scores: e }
                    with: { metric: bits-per-byte, rows: [test], columns: [m, z, tiny] }
                    expect: { test.z.bits-per-byte: "<= 8", test.z.bits-per-byte-high: "<= 8" }

                """)
        let values = ["m", "z", "tiny"].map { result.metrics("e[model=\($0)]")["bits-per-byte"] ?? .nan }
        #expect(abs(values[0] - values[1]) < 1e-5 && values[2] != values[0] && values[2] > 0)
        #expect(result.gates.count == 2 && result.gates.allSatisfy(\.passed))
        let table = try JSONDecoder().decode(
            ResultTable.self, from: workshop.workshop.artifact("table", "table", of: result).data(ResultTable.member))
        #expect(!table.isInPercent && table.values["test.m"] == values[0])
        #expect(table.notes == ["± is half of the bootstrap's 95% interval, by document."])
    }

    @Test("texts without a token to score are no result, and a window beyond the model's positions is refused")
    func refused() async throws {
        try workshop.write("a\n", to: "b.txt")
        let model = stages().replacingOccurrences(
            of: "layers: 1", with: "positions: learned, maximum-positions: 64, layers: 1")
        let result = try await workshop.run(
            model + """
                  short:
                    uses: text.corpus
                    in: { texts: { file: b.txt } }
                    with: { documents: lines, validation: 0, test: 0 }
                  e: { uses: evaluate.perplexity, in: { model: m, dataset: short } }
                  wide: { uses: evaluate.perplexity, in: { model: m, dataset: c.test }, with: { context: 65 } }

                """)
        for (stage, message) in [
            ("e", "no text has a token to score"), ("wide", "a window of 65 tokens, the model reads at most 64"),
        ] {
            let failure = result.stages.first { $0.name == stage }?.failure
            #expect(
                failure?.category == .badInput && failure?.message.contains(message) == true,
                "\(String(describing: failure))")
        }
    }
}
