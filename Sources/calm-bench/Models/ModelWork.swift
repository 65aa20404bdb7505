import Foundation
import Glibc
import LanguageModels
import NeuralNetworks
import Tensors

/// Seconds of wall and of processor time a token.
struct ModelTimes {
    var prefill: Double
    var decode: Double
    var prefillCPU: Double
    var decodeCPU: Double
}

/// What calm does of a row.
struct ModelWork {
    static let prompt = 512
    static let new = 64
    /// How calm's decoding of one sequence is called beside that of several.
    static let single = "calm, 1 sequence"

    let model: Decoder
    let products: FrozenProducts

    init(path: String, threads: Int, isExact: Bool) throws {
        model = try PretrainedModel(path).decoder
        products = FrozenProducts(roundsActivations: !isExact, pool: WorkerPool(threads: threads))
    }

    /// Any tokens: speed doesn't depend on which.
    static func tokens(_ count: Int, sequence: Int = 0, vocabulary: Int) -> [Int32] {
        (0..<count).map { place in
            let mixed = place * 7919 + sequence * 31 + 100
            return Int32(mixed % min(vocabulary, 40_000))
        }
    }

    func run(sequences: Int, prompt: Int = Self.prompt, new: Int = Self.new) -> ModelTimes {
        let vocabulary = model.configuration.outputVocabulary
        let prompts = (0..<sequences).map { Self.tokens(prompt, sequence: $0, vocabulary: vocabulary) }
        var state = model.makeState(sequences: sequences, capacity: prompt + new, precision: .float32)
        state.tape.frozenProducts = products
        var next = [[Int32]](repeating: [0], count: sequences)
        func take(_ row: Int, _ logits: UnsafeBufferPointer<Float>) {
            guard let base = logits.baseAddress else { return }
            next[row] = [Int32(VectorMath.argmax(base, logits.count))]
        }
        let start = (ContinuousClock.now, clock())
        _ = model.advance(prompts, state: &state, isEnding: { false }, take)
        let middle = (ContinuousClock.now, clock())
        for _ in 0..<new { _ = model.advance(next, state: &state, isEnding: { false }, take) }
        let end = (ContinuousClock.now, clock())
        let (read, written) = (Double(sequences * prompt), Double(sequences * new))
        return ModelTimes(
            prefill: (middle.0 - start.0) / .seconds(1) / read, decode: (end.0 - middle.0) / .seconds(1) / written,
            prefillCPU: Double(middle.1 - start.1) / Double(CLOCKS_PER_SEC) / read,
            decodeCPU: Double(end.1 - middle.1) / Double(CLOCKS_PER_SEC) / written)
    }

    /// Bytes of the caches of one sequence of that run.
    var cacheBytes: Double {
        let configuration = model.configuration
        let elements = (Self.prompt + Self.new) * configuration.layers * 2 * configuration.keyValueWidth
        return Double(elements * (products.halvesCaches ? 2 : 4))
    }

    /// Operations of a token's products, without the head's, which a prompt needs once.
    var operations: Double { 2 * Double(model.matrixElements(blocks: 0..<model.configuration.layers, head: false)) }

    /// Prints the most bytes that were ever resident, after what the memory row asks for, and those of code that are: a process of
    /// its own does this.
    static func probe(_ path: String, threads: Int, isExact: Bool, firstOnly: Bool) throws {
        if firstOnly {
            let products = FrozenProducts(roundsActivations: !isExact, pool: WorkerPool(threads: threads))
            let opened = try TextModel(path: path, products: products)
            var settings = GenerationSettings()
            settings.tokens = 1
            settings.ignoresEnd = true
            let ids = try opened.text.tokenizer.encode("The quick brown fox").map(\.id)
            _ = try TextGeneration(opened, settings).run([TextPrompt(ids)], numbers: [0])
        } else {
            _ = try ModelWork(path: path, threads: threads, isExact: isExact).run(sequences: 1)
        }
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let most = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
        print(most * 1024, try residentCode())
    }

    /// Bytes of this program and its libraries that are resident.
    private static func residentCode() throws -> Int {
        var (bytes, isCode) = (0, false)
        // The file's length isn't known, so that it has to be read to its end.
        let maps = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps")).readToEnd() ?? Data()
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 5, words[0].contains("-") {
                isCode = words.count >= 6 && (words[5].contains(".so") || words[5].hasPrefix(CommandLine.executable))
            } else if isCode, words.first == "Rss:", words.count > 1 {
                bytes += (Int(words[1]) ?? 0) * 1024
            }
        }
        return bytes
    }
}

/// Bytes a second that all threads together read from memory: a quarter of a gigabyte each, the best of five.
func memoryBandwidth(threads: Int) -> Double {
    let count = 1 << 26
    let buffers = (0..<threads).map { _ in FloatStorage(count: count) }
    for buffer in buffers { buffer.base.update(repeating: 1, count: count) }
    let pool = WorkerPool(threads: threads)
    var best = Double.infinity
    for _ in 0..<5 {
        let elapsed = ContinuousClock().measure {
            pool.run(threads) { _ = VectorMath.sumOfSquares(buffers[$0].base, count) }
        }
        best = min(best, elapsed / .seconds(1))
    }
    return Double(threads * count * 4) / best
}

extension CommandLine {
    /// Where this program lies.
    static var executable: String { URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path }
}
