import Foundation
import Tensors

/// AdamW with decoupled weight decay (Loshchilov & Hutter, 2019, https://arxiv.org/abs/1711.05101), global-norm clipping
/// before it, and rules by name for single tensors.
package final class AdamW {
    package struct Options: Sendable, Codable, Equatable {
        package var learningRate: Float
        package var beta1: Float
        package var beta2: Float
        package var epsilon: Float
        package var decay: Float
        /// The largest global gradient norm that passes unscaled; nil never scales.
        package var clip: Float?
        package var rules: [Rule]

        package init(
            learningRate: Float, beta1: Float = 0.9, beta2: Float = 0.98, epsilon: Float = 1e-8, decay: Float = 0.01,
            clip: Float? = 1, rules: [Rule] = []
        ) {
            self.learningRate = learningRate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.decay = decay
            self.clip = clip
            self.rules = rules
        }
    }

    /// What differs for the tensors whose name contains `name`. Of several, the last that matches decides each field.
    package struct Rule: Sendable, Codable, Equatable {
        package var name: String
        package var rateFactor: Float?
        package var decay: Float?

        package init(name: String, rateFactor: Float? = nil, decay: Float? = nil) {
            self.name = name
            self.rateFactor = rateFactor
            self.decay = decay
        }
    }

    /// Neighbouring elements that share a rate and a decay, at most `pieceLength` of them: what one thread updates.
    private struct Piece {
        let range: Range<Int>
        let rateFactor: Float
        let decay: Float
    }

    /// What the pieces of one update share.
    private struct Update {
        let parameters: UnsafeMutablePointer<Float>
        let first: UnsafeMutablePointer<Float>
        let second: UnsafeMutablePointer<Float>
        let gradients: UnsafeMutablePointer<Float>
        let rate: Float
        let corrections: (Float, Float)
        let gradientScale: Float
    }

    package let options: Options
    private let pieces: [Piece]
    /// The sum of the squared gradients of each piece.
    private let squares: UnsafeMutableBufferPointer<Double>
    /// Running means of the gradient and of its square, laid out as the parameters.
    package private(set) var first: Parameters
    package private(set) var second: Parameters
    package private(set) var steps = 0
    /// Those of the update under way.
    private var shards: [FloatStorage] = []
    private var current: Update?
    // Made once, so that an update takes no memory for them.
    private lazy var addShardsOfPiece: (Int) -> Void = { [unowned self] in addShards(piece: $0) }
    private lazy var updatePiece: (Int) -> Void = { [unowned self] in update(piece: $0) }

    /// Vectors (gains, biases) are not decayed unless a rule says so.
    package init(_ options: Options, for parameters: Parameters) {
        self.options = options
        first = Parameters(shapes: parameters.entries.map { ($0.name, $0.shape) })
        second = first
        var pieces: [Piece] = []
        for entry in parameters.entries {
            let rules = options.rules.filter { entry.name.contains($0.name) }
            let rateFactor = rules.last { $0.rateFactor != nil }?.rateFactor ?? 1
            let decay = rules.last { $0.decay != nil }?.decay ?? (entry.shape.count == 1 ? 0 : options.decay)
            for start in stride(from: entry.offset, to: entry.range.upperBound, by: Self.pieceLength) {
                let range = start..<min(start + Self.pieceLength, entry.range.upperBound)
                pieces.append(Piece(range: range, rateFactor: rateFactor, decay: decay))
            }
        }
        self.pieces = pieces
        squares = .allocate(capacity: pieces.count)
        squares.initialize(repeating: 0)
    }

    deinit { squares.deallocate() }

    /// Restores the moments of an interrupted run, in place, from the tensors of two prefixes.
    package func restore(
        from file: SafetensorsFile, first: String, second: String, steps: Int
    ) throws(SafetensorsError) {
        try self.first.load(from: file, prefix: first)
        try self.second.load(from: file, prefix: second)
        self.steps = steps
    }

    /// One update from the shards' gradients, which are summed in order into the first; returns the sum's norm before
    /// clipping. Piece by piece on the pool: the same bits on any number of threads, since each element is computed alone
    /// and the norm is summed in order.
    package func update(
        _ parameters: inout Parameters, gradients shards: [FloatStorage], scheduleFactor: Float, on pool: WorkerPool
    ) -> Float {
        precondition(shards.allSatisfy { $0.count == first.count }, "gradients of another shape")
        guard let gradients = shards.first?.base else { return 0 }
        self.shards = shards
        defer { self.shards = [] }
        pool.run(pieces.count, addShardsOfPiece)
        let norm = Float(squares.reduce(0, +).squareRoot())
        steps += 1
        let corrections = (
            Float(1 - pow(Double(options.beta1), Double(steps))), Float(1 - pow(Double(options.beta2), Double(steps)))
        )
        var gradientScale: Float = 1
        if let clip = options.clip, norm > clip { gradientScale = clip / norm }
        parameters.withMutableElements { values in
            first.withMutableElements { first in
                second.withMutableElements { second in
                    guard let values = values.baseAddress, let first = first.baseAddress,
                        let second = second.baseAddress
                    else { return }
                    current = Update(
                        parameters: values, first: first, second: second, gradients: gradients,
                        rate: options.learningRate * scheduleFactor, corrections: corrections,
                        gradientScale: gradientScale)
                    pool.run(pieces.count, updatePiece)
                    current = nil
                }
            }
        }
        return norm
    }

    private func addShards(piece index: Int) {
        let (start, count) = (pieces[index].range.lowerBound, pieces[index].range.count)
        let sum = shards[0].base + start
        for shard in 1..<shards.count { VectorMath.add(sum, shards[shard].base + start, count) }
        squares[index] = VectorMath.sumOfSquares(sum, count)
    }

    private func update(piece index: Int) {
        guard let current else { return }
        let piece = pieces[index]
        let start = piece.range.lowerBound
        VectorMath.adamW(
            parameters: current.parameters + start, first: current.first + start, second: current.second + start,
            gradients: current.gradients + start, count: piece.range.count,
            VectorMath.AdamWStep(
                rate: current.rate * piece.rateFactor, betas: (options.beta1, options.beta2), epsilon: options.epsilon,
                decay: piece.decay, corrections: current.corrections, gradientScale: current.gradientScale))
    }

    private static let pieceLength = 1 << 15
}
