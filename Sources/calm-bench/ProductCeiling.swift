import LanguageModels
import Tensors

/// A training step's matrix products and nothing else: what no step can be faster than with these products.
struct ProductCeiling {
    /// One linear layer over a shard's rows: up to three products a step.
    struct Layer {
        let rows: Int
        let inputs: Int
        let outputs: Int
        var inputGradient = true
        var weightGradient = true

        var operations: Int { 2 * rows * inputs * outputs * (1 + (inputGradient ? 1 : 0) + (weightGradient ? 1 : 0)) }
    }

    /// The attention of one shard: six products a head and layer, of which causality needs half.
    struct Attention {
        /// Pairs of heads, in all layers and sequences.
        let pairs: Int
        let length: Int
        let width: Int

        var operations: Int { 6 * 2 * pairs * length * length * width }
    }

    /// The products of a step cut into so many parts.
    let parts: (_ count: Int) -> (layers: [Layer], attention: Attention)

    /// Floating-point operations of a step's products.
    var operations: Double {
        let (layers, attention) = parts(1)
        return Double(layers.reduce(attention.operations) { $0 + $1.operations })
    }

    /// The products as a trainer cuts them, and cut into one part a thread; the faster counts. One unit is so many steps.
    func contenders(threads: Int, steps: Int = 1) -> [Contender] {
        Set([TrainingOptions.mostShards, threads]).sorted().map { count in
            let (layers, attention) = parts(count)
            let weights = FloatStorage(count: layers.reduce(0) { $0 + $1.inputs * $1.outputs })
            weights.fill(0.1)
            let shards = (0..<count).map { _ in Shard(layers, attention, weights) }
            let pool = WorkerPool(threads: threads)
            return Contender("products alone, by \(count)", .ceiling) { repeats in
                seconds { for _ in 0..<repeats * steps { pool.run(count) { shards[$0].step() } } } / Double(repeats)
            }
        }
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

    /// One shard's operands, all layers one after the other, so that caches see what training sees.
    private final class Shard: @unchecked Sendable {
        let layers: [Layer]
        let weights: FloatStorage
        let gradients: FloatStorage
        let inputs: FloatStorage
        let outputs: FloatStorage
        let attention: Attention
        let scores: FloatStorage

        init(_ layers: [Layer], _ attention: Attention, _ weights: FloatStorage) {
            self.layers = layers
            self.attention = attention
            self.weights = weights
            scores = FloatStorage(count: attention.length * attention.length)
            gradients = FloatStorage(count: weights.count)
            inputs = FloatStorage(count: layers.reduce(0) { $0 + $1.inputs * $1.rows })
            outputs = FloatStorage(count: layers.reduce(0) { $0 + $1.outputs * $1.rows })
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
                    inputs.base + x, .asStored, weights.base + w, .transposed, into: outputs.base + y, m: layer.rows,
                    n: layer.outputs, k: layer.inputs, beta: 0)
                w += layer.inputs * layer.outputs
                x += layer.inputs * layer.rows
                y += layer.outputs * layer.rows
            }
            for layer in layers.reversed() {
                w -= layer.inputs * layer.outputs
                x -= layer.inputs * layer.rows
                y -= layer.outputs * layer.rows
                if layer.inputGradient {
                    BLAS.multiply(
                        outputs.base + y, .asStored, weights.base + w, .asStored, into: inputs.base + x,
                        m: layer.rows, n: layer.inputs, k: layer.outputs, beta: 0)
                }
                if layer.weightGradient {
                    BLAS.multiply(
                        outputs.base + y, .transposed, inputs.base + x, .asStored, into: gradients.base + w,
                        m: layer.outputs, n: layer.inputs, k: layer.rows, beta: 0)
                }
            }
        }
    }
}

extension TrainingCase {
    /// For sequences of one length, scored throughout.
    var ceiling: ProductCeiling {
        ProductCeiling { parts in
            let (rows, d) = (batch * lengths.lowerBound / parts, width)
            let block = [(d, 3 * d), (d, d), (d, 4 * d), (4 * d, d)]
            let all = (0..<layers).flatMap { _ in block } + [(d, vocabulary)]
            return (
                all.map { ProductCeiling.Layer(rows: rows, inputs: $0.0, outputs: $0.1) },
                ProductCeiling.Attention(
                    pairs: layers * heads * batch / parts / 2, length: lengths.lowerBound, width: d / heads)
            )
        }
    }
}

extension CompositionCase {
    /// Of a later epoch's step: what lies below the lowest connection and the augmenting model are only read. The last
    /// block and its connection have queries in the scored rows alone.
    var ceiling: ProductCeiling {
        ProductCeiling { parts in
            let length = (lengths.lowerBound + lengths.upperBound) / 2
            let rows = batch * length / parts
            let scored = Int(Double(rows) * scoredShare)
            let (d, lowest) = (anchor.width, pairs.map(\.anchor).min() ?? 0)
            func frozen(_ rows: Int, _ inputs: Int, _ outputs: Int) -> ProductCeiling.Layer {
                ProductCeiling.Layer(rows: rows, inputs: inputs, outputs: outputs, weightGradient: false)
            }
            func asking(_ block: Int) -> Int { block == anchor.layers - 1 ? scored : rows }
            var layers: [ProductCeiling.Layer] = []
            var asked = 0
            for block in lowest..<anchor.layers {
                let some = asking(block)
                if block > lowest {
                    layers += [frozen(some, d, d), frozen(rows, d, 2 * d), frozen(some, d, d)]
                    layers += [frozen(some, d, 4 * d), frozen(some, 4 * d, d)]
                    asked += some
                }
                for pair in pairs where pair.anchor == block {
                    layers += [
                        ProductCeiling.Layer(rows: rows, inputs: augmenting.width, outputs: d, inputGradient: false),
                        ProductCeiling.Layer(rows: rows, inputs: d, outputs: 2 * d),
                        ProductCeiling.Layer(rows: some, inputs: d, outputs: d, inputGradient: block > lowest),
                        ProductCeiling.Layer(rows: some, inputs: d, outputs: d),
                    ]
                    asked += some
                }
            }
            layers.append(frozen(scored, d, anchor.vocabulary))
            return (
                layers,
                ProductCeiling.Attention(
                    pairs: asked * anchor.heads / length / 2, length: length, width: d / anchor.heads)
            )
        }
    }
}
