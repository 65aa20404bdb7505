internal import CKernels
import Foundation

/// How rotary positions turn the heads of queries and keys.
package struct RotaryPositions: Sendable, Hashable, Codable {
    /// How fast each pair of elements turns, in radians a position.
    package enum Frequencies: Sendable, Hashable, Codable {
        /// base^(-2i/c) for pair i of c/2, with angles in double precision.
        case base(Float)
        /// One a pair, with angles in single precision, as PyTorch computes them.
        case single([Float])
    }

    /// Which two elements make a pair.
    package enum Pairing: String, Sendable, Hashable, Codable {
        /// Elements i and i + c/2: Llama's checkpoints as Hugging Face has them.
        case halves
        /// Elements 2i and 2i + 1: Llama's own checkpoints and GGUF's.
        case adjacent
    }

    package var frequencies: Frequencies
    package var pairing: Pairing
    /// What cosines and sines are multiplied by.
    package var scale: Float
    /// The longest text that these positions are right for; nil: any.
    package var longest: Int?

    package init(_ frequencies: Frequencies, pairing: Pairing = .halves, scale: Float = 1, longest: Int? = nil) {
        self.frequencies = frequencies
        self.pairing = pairing
        self.scale = scale
        self.longest = longest
    }

    /// Pairs by ``Pairing/halves``, with frequencies base^(-2i/c).
    package init(base: Float) { self.init(.base(base)) }

    /// Elements of a head of width c that turn: all, or as many as there are frequencies for.
    package func turned(of width: Int) -> Int {
        if case .single(let frequencies) = frequencies { 2 * frequencies.count } else { width }
    }
}

/// Rotary positions (Su et al., 2021, https://arxiv.org/abs/2104.09864), in place: each pair of elements of a head turns by
/// its position times its frequency.
struct RotaryRotation: DifferentiableOperation {
    let x: VariableColumns
    let heads: Int
    let table: RotaryTable
    let positions: [Int32]

    var output: Variable { x.variable }

    /// A rotation's gradient turns back.
    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        turn(upstream, rows: 0..<x.variable.rows, direction: -1)
    }

    func turn(_ values: UnsafeMutablePointer<Float>, rows: Range<Int>, direction: Float) {
        positions.withUnsafeBufferPointer { positions in
            guard let base = positions.baseAddress else { return }
            calm_rotary(
                values + x.first + rows.lowerBound * x.variable.columns, x.variable.columns, rows.count, heads,
                table.width, table.turned, table.rotary.pairing == .adjacent ? 1 : 0, table.cosines.base,
                table.sines.base, base + rows.lowerBound, direction)
        }
    }
}

/// Cosines and sines [positions, turned / 2] for heads of one width.
final class RotaryTable {
    let rotary: RotaryPositions
    let width: Int
    let turned: Int
    let count: Int
    let cosines: FloatStorage
    let sines: FloatStorage

    init(_ rotary: RotaryPositions, width: Int, count: Int) {
        self.rotary = rotary
        self.width = width
        self.count = count
        turned = rotary.turned(of: width)
        let half = turned / 2
        cosines = FloatStorage(count: count * half)
        sines = FloatStorage(count: count * half)
        for pair in 0..<half {
            let angle: (Int) -> Double
            switch rotary.frequencies {
            case .base(let base):
                let frequency = pow(Double(base), -2 * Double(pair) / Double(width))
                angle = { Double($0) * frequency }
            case .single(let frequencies):
                angle = { Double(Float($0) * frequencies[pair]) }
            }
            for position in 0..<count {
                let angle = angle(position)
                cosines.base[position * half + pair] = rotary.scale * Float(cos(angle))
                sines.base[position * half + pair] = rotary.scale * Float(sin(angle))
            }
        }
    }
}

extension Tape {
    /// Rotates `heads` heads of `width` columns each, in place: x must be fresh, not yet read by any operation.
    package func rotate(
        _ x: VariableColumns, heads: Int, width: Int, positions: [Int32], _ rotary: RotaryPositions
    ) {
        let turned = rotary.turned(of: width)
        precondition(turned % 2 == 0 && turned <= width, "rotary: \(turned) of \(width) elements of a head")
        precondition(
            positions.count == x.variable.rows && x.first + heads * width <= x.variable.columns,
            "rotary: \(positions.count) positions, \(heads) x \(width) columns from \(x.first), x \(x.variable.shape)")
        var last: Int32 = 0
        for position in positions {
            precondition(position >= 0, "rotary: position \(position)")
            last = max(last, position)
        }
        let rotation = RotaryRotation(
            x: x, heads: heads, table: rotaryTable(rotary, width: width, covering: Int(last)), positions: positions)
        let values = write(x.variable)
        frozenProducts.divideRows(x.variable.rows, operations: 2 * x.variable.rows * heads * width) { rows in
            rotation.turn(values, rows: rows, direction: 1)
        }
        record(.rotary(rotation), for: x.variable)
    }

    private func rotaryTable(_ rotary: RotaryPositions, width: Int, covering position: Int) -> RotaryTable {
        let known = rotaryTables.firstIndex { $0.width == width && $0.rotary == rotary }
        if let known, rotaryTables[known].count > position { return rotaryTables[known] }
        let table = RotaryTable(rotary, width: width, count: max(64, 2 * position))
        if let known { rotaryTables[known] = table } else { rotaryTables.append(table) }
        return table
    }
}
