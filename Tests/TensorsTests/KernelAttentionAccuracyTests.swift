import CKernels
import Foundation
import Tensors

extension KernelCase {
    /// A score's rounding moves its exponential by |score| as much, for which the magnitudes allow (`condition`); what
    /// else is summed adds half an ulp of its size a term, mostly cancelling. The backward sums twice.
    static let attention = [16, 5].flatMap { (width: Int) in
        let sizes = [1, 2, 15, 16, 17, 37]
        return [
            KernelCase(
                name: "attention forward, width \(width)", limit: 4, sizes: sizes,
                kinds: [.ordinary, .subnormal, .zero]
            ) { size, kind, random in
                let run = AttentionRun(length: size, width: width, kind: kind, &random)
                return run.probabilitySamples + run.outputSamples
            },
            KernelCase(
                name: "attention backward, width \(width)", limit: 5, sizes: sizes, kinds: [.ordinary, .zero]
            ) { size, kind, random in
                AttentionRun(length: size, width: width, kind: kind, &random).gradientSamples
            },
            KernelCase(
                name: "attention of one query, as in decoding, width \(width)", limit: 4, sizes: sizes,
                kinds: [.ordinary, .subnormal, .zero]
            ) { size, kind, random in
                AttentionRun(length: size, width: width, kind: kind, decodes: true, &random).outputSamples
            },
        ]
    }
}

/// Causal attention of one sequence, whose first row sees nothing, by the kernel and in Double.
private struct AttentionRun {
    static let heads = 2
    let length: Int
    let width: Int
    let q: [Float], k: [Float], v: [Float], dy: [Float]
    private(set) var y: [Float], dq: [Float], dk: [Float], dv: [Float]
    private(set) var probabilities: [Float]

    /// `decodes` asks row by row, as generation does, and for nothing that only a backward pass needs.
    init(length: Int, width: Int, kind: InputKind, decodes: Bool = false, _ random: inout RandomGenerator) {
        (self.length, self.width) = (length, width)
        let count = length * Self.heads * width
        (q, k) = (kind.draw(count, &random), InputKind.ordinary.draw(count, &random))
        (v, dy) = (kind.draw(count, &random), InputKind.ordinary.draw(count, &random))
        y = [Float](repeating: 0, count: count)
        (dq, dk, dv) = (y, y, y)
        probabilities = [Float](repeating: .nan, count: Self.heads * length * calm_attention_padded(length))
        run(decodes: decodes)
    }

    private mutating func run(decodes: Bool) {
        let stride = Self.heads * width
        let scratch = FloatStorage(count: calm_attention_backward_scratch(length, length, width))
        let visible = (0..<length).map(Int32.init)
        let whole = Int32(length)
        let ranges: [Int32] = decodes ? (0..<whole).flatMap { row in [row, 1, 0, whole] } : [0, whole, 0, whole]
        q.withUnsafeBufferPointer { queries in
            k.withUnsafeBufferPointer { keys in
                v.withUnsafeBufferPointer { values in
                    ranges.withUnsafeBufferPointer { ranges in
                        visible.withUnsafeBufferPointer { visible in
                            var shape = calm_attention(
                                queries: queries.baseAddress, keys: keys.baseAddress, values: values.baseAddress,
                                query_stride: stride, key_stride: stride, value_stride: stride, output_stride: stride,
                                ranges: ranges.baseAddress, visible: visible.baseAddress, holes: nil,
                                sequences: ranges.count / 4, heads: Self.heads, width: width, group: 1, window: 0,
                                scale: 1 / Float(width).squareRoot(), cap: 0, halves: 0)
                            if decodes { return calm_attention_forward(&y, nil, scratch.base, &shape) }
                            calm_attention_forward(&y, &probabilities, scratch.base, &shape)
                            calm_attention_backward(&dq, &dk, &dv, dy, probabilities, scratch.base, &shape)
                        }
                    }
                }
            }
        }
    }

    private var scale: Double { Double(1 / Float(width).squareRoot()) }

    private func index(_ row: Int, _ head: Int, _ column: Int) -> Int { (row * Self.heads + head) * width + column }

    private func dot(_ a: [Float], _ i: Int, _ b: [Float], _ j: Int, _ head: Int) -> (value: Double, size: Double) {
        (0..<width).reduce(into: (0, 0)) { sum, c in
            let product = Double(a[index(i, head, c)]) * Double(b[index(j, head, c)])
            sum.0 += product
            sum.1 += abs(product)
        }
    }

    private func found(_ row: Int, _ head: Int, _ key: Int) -> Float {
        probabilities[(head * length + row) * calm_attention_padded(length) + key]
    }

    /// softmax(q kᵀ scale) of one row, and by how much a score's relative error counts.
    private func softmax(_ row: Int, _ head: Int) -> (shares: [Double], condition: Double) {
        let scores = (0..<row).map { dot(q, row, k, $0, head) }
        let top = scores.map(\.value).max() ?? 0
        let exponentials = scores.map { exp(($0.value - top) * scale) }
        let total = exponentials.reduce(0, +)
        return (exponentials.map { $0 / total }, 1 + scale * (scores.map(\.size).max() ?? 0))
    }

    var probabilitySamples: [Sample] {
        (0..<Self.heads).flatMap { head in
            (0..<length).flatMap { row in
                let (shares, condition) = softmax(row, head)
                return (0..<calm_attention_padded(length)).map { key in
                    let share = key < row ? shares[key] : 0
                    return Sample(found(row, head, key), share, magnitude: share * condition)
                }
            }
        }
    }

    var outputSamples: [Sample] {
        (0..<Self.heads).flatMap { head in
            (0..<length).flatMap { row in
                let (shares, condition) = softmax(row, head)
                return (0..<width).map { c in
                    let terms = shares.indices.map { shares[$0] * Double(v[index($0, head, c)]) }
                    // A subnormal term is rounded to 2⁻¹⁴⁹, however small it is.
                    return Sample(
                        y[index(row, head, c)], terms.reduce(0, +),
                        magnitude: condition * terms.reduce(0) { $0 + abs($1) }, slack: Double(row) * 0x1p-150)
                }
            }
        }
    }

    /// dV = Pᵀ dO; dS = P (dP - Σ P dP) scale with dP = dO Vᵀ; dQ = dS K; dK = dSᵀ Q; all from the kernel's own P.
    var gradientSamples: [Sample] {
        var expected = [String: [Double]]()
        var magnitudes = [String: [Double]]()
        for name in ["q", "k", "v"] {
            expected[name] = [Double](repeating: 0, count: q.count)
            magnitudes[name] = expected[name]
        }
        func add(_ name: String, _ i: Int, _ value: Double, _ magnitude: Double) {
            expected[name]?[i] += value
            magnitudes[name]?[i] += abs(magnitude)
        }
        for head in 0..<Self.heads {
            for row in 0..<length {
                let shares = (0..<row).map { Double(found(row, head, $0)) }
                let slopes = (0..<row).map { dot(dy, row, v, $0, head) }
                let mean = zip(shares, slopes).reduce(0) { $0 + $1.0 * $1.1.value }
                let most = zip(shares, slopes).reduce(0) { $0 + $1.0 * $1.1.size }
                for key in 0..<row {
                    let slope = shares[key] * (slopes[key].value - mean) * scale
                    let size = shares[key] * (slopes[key].size + most) * scale
                    for c in 0..<width {
                        let (i, j) = (index(row, head, c), index(key, head, c))
                        add("q", i, slope * Double(k[j]), size * Double(k[j]))
                        add("k", j, slope * Double(q[i]), size * Double(q[i]))
                        add("v", j, shares[key] * Double(dy[i]), shares[key] * Double(dy[i]))
                    }
                }
            }
        }
        return [("q", dq), ("k", dk), ("v", dv)].flatMap { name, gradient in
            zip(gradient, zip(expected[name] ?? [], magnitudes[name] ?? [])).map {
                Sample($0, $1.0, magnitude: $1.1)
            }
        }
    }
}
