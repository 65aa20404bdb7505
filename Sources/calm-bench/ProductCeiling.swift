import LanguageModels
import Tensors

/// A training step's matrix products and nothing else: what no step can be faster than with these products.
enum ProductCeiling {
    /// One linear layer: three products a step.
    private struct Layer {
        let inputs: Int
        let outputs: Int
    }

    /// The attention of one shard: six products a head and layer, of which causality needs half.
    private struct Attention {
        /// Pairs of heads, in all layers and sequences.
        let pairs: Int
        let length: Int
        let width: Int
    }

    /// One shard's operands, all layers one after the other, so that caches see what training sees.
    private final class Shard: @unchecked Sendable {
        let rows: Int
        let layers: [Layer]
        let weights: FloatStorage
        let gradients: FloatStorage
        let inputs: FloatStorage
        let outputs: FloatStorage
        let attention: Attention
        let scores: FloatStorage

        init(rows: Int, layers: [Layer], attention: Attention, weights: FloatStorage) {
            self.attention = attention
            scores = FloatStorage(count: attention.length * attention.length)
            self.rows = rows
            self.layers = layers
            self.weights = weights
            gradients = FloatStorage(count: weights.count)
            inputs = FloatStorage(count: rows * layers.reduce(0) { $0 + $1.inputs })
            outputs = FloatStorage(count: rows * layers.reduce(0) { $0 + $1.outputs })
            inputs.fill(0.5)
            outputs.fill(0.25)
        }

        func step() {
            linear()
            let (t, c) = (attention.length, attention.width)
            let (a, b, s) = (inputs.base, outputs.base, scores.base)
            for _ in 0..<attention.pairs {
                for _ in 0..<2 { BLAS.multiply(a, .asStored, b, .transposed, into: s, m: t, n: t, k: c, beta: 0) }
                for _ in 0..<2 { BLAS.multiply(s, .asStored, b, .asStored, into: a, m: t, n: c, k: t, beta: 0) }
                for _ in 0..<2 { BLAS.multiply(s, .transposed, b, .asStored, into: a, m: t, n: c, k: t, beta: 0) }
            }
        }

        private func linear() {
            var (w, x, y) = (0, 0, 0)
            for layer in layers {
                BLAS.multiply(
                    inputs.base + x, .asStored, weights.base + w, .transposed, into: outputs.base + y, m: rows,
                    n: layer.outputs, k: layer.inputs, beta: 0)
                w += layer.inputs * layer.outputs
                x += layer.inputs * rows
                y += layer.outputs * rows
            }
            for layer in layers.reversed() {
                w -= layer.inputs * layer.outputs
                x -= layer.inputs * rows
                y -= layer.outputs * rows
                BLAS.multiply(
                    outputs.base + y, .asStored, weights.base + w, .asStored, into: inputs.base + x, m: rows,
                    n: layer.inputs, k: layer.outputs, beta: 0)
                BLAS.multiply(
                    outputs.base + y, .transposed, inputs.base + x, .asStored, into: gradients.base + w,
                    m: layer.outputs, n: layer.inputs, k: rows, beta: 0)
            }
        }
    }

    private static func layers(_ workload: TrainingCase) -> [Layer] {
        let d = workload.width
        let block = [(d, 3 * d), (d, d), (d, 4 * d), (4 * d, d)]
        let all = (0..<workload.layers).flatMap { _ in block } + [(d, workload.vocabulary)]
        return all.map { Layer(inputs: $0.0, outputs: $0.1) }
    }

    /// Floating-point operations of a step's products, of attention's the causal half.
    static func operations(_ workload: TrainingCase) -> Double {
        let length = Double(workload.lengths.lowerBound + workload.lengths.upperBound) / 2
        let weights = layers(workload).reduce(0) { $0 + $1.inputs * $1.outputs }
        let rows = Double(workload.batch) * length
        return 6 * rows * Double(weights) + 6 * rows * length * Double(workload.layers * workload.width)
    }

    /// Operations a second of large products on all threads, the best of a few tries.
    static func peak(threads: Int) -> Double {
        BLAS.prepare()
        let size = 1024
        let operands = (0..<threads).map { _ in (0..<3).map { _ in FloatStorage(count: size * size) } }
        for storage in operands.joined() { storage.fill(0.5) }
        let pool = WorkerPool(threads: threads)
        let times = (0..<6).map { _ in
            seconds {
                pool.run(threads) { thread in
                    for _ in 0..<4 {
                        BLAS.multiply(
                            operands[thread][0].base, .asStored, operands[thread][1].base, .asStored,
                            into: operands[thread][2].base, m: size, n: size, k: size, beta: 0)
                    }
                }
            }
        }
        return Double(threads * 4 * 2 * size * size * size) / (times.min() ?? .nan)
    }

    /// The products as a trainer cuts them, and cut into one part a thread; the faster counts.
    static func contenders(_ workload: TrainingCase, threads: Int) -> [Contender] {
        let rows = workload.batch * workload.lengths.lowerBound
        let d = workload.width
        let layers = layers(workload)
        let weights = FloatStorage(count: layers.reduce(0) { $0 + $1.inputs * $1.outputs })
        weights.fill(0.1)
        return Set([TrainingOptions.mostShards, threads]).sorted().map { parts in
            let attention = Attention(
                pairs: workload.layers * workload.heads * workload.batch / parts / 2,
                length: workload.lengths.lowerBound,
                width: d / workload.heads)
            let shards = (0..<parts).map { _ in
                Shard(rows: rows / parts, layers: layers, attention: attention, weights: weights)
            }
            let pool = WorkerPool(threads: threads)
            return Contender("products alone, by \(parts)", .ceiling) { count in
                seconds { for _ in 0..<count { pool.run(parts) { shards[$0].step() } } } / Double(count)
            }
        }
    }
}
