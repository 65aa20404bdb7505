internal import CKernels
import Foundation

/// Rotary positions (Su et al., 2021, https://arxiv.org/abs/2104.09864), in place: of each head, elements i and i + c/2 turn
/// by position * base^(-2i/c), c the head's width. (The pairing of Llama's checkpoints.)
struct RotaryRotation: DifferentiableOperation {
    let x: VariableColumns
    let heads: Int
    let table: RotaryTable
    let positions: [Int32]

    var output: Variable { x.variable }

    /// A rotation's gradient turns back.
    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) { turn(upstream, direction: -1) }

    func turn(_ values: UnsafeMutablePointer<Float>, direction: Float) {
        calm_rotary(
            values + x.first, x.variable.columns, x.variable.rows, heads, table.width, table.cosines.base,
            table.sines.base, positions, direction)
    }
}

/// Cosines and sines [positions, width / 2] of one base.
final class RotaryTable {
    let base: Float
    let width: Int
    let count: Int
    let cosines: FloatStorage
    let sines: FloatStorage

    init(base: Float, width: Int, count: Int) {
        self.base = base
        self.width = width
        self.count = count
        let half = width / 2
        cosines = FloatStorage(count: count * half)
        sines = FloatStorage(count: count * half)
        for pair in 0..<half {
            let frequency = pow(Double(base), -2 * Double(pair) / Double(width))
            for position in 0..<count {
                cosines.base[position * half + pair] = Float(cos(Double(position) * frequency))
                sines.base[position * half + pair] = Float(sin(Double(position) * frequency))
            }
        }
    }
}

extension Tape {
    /// Rotates `heads` heads of `width` columns each, in place: x must be fresh, not yet read by any operation.
    package func rotate(_ x: VariableColumns, heads: Int, width: Int, positions: [Int32], base: Float) {
        precondition(width % 2 == 0, "rotary: heads of odd width \(width)")
        precondition(
            positions.count == x.variable.rows && x.first + heads * width <= x.variable.columns,
            "rotary: \(positions.count) positions, \(heads) x \(width) columns from \(x.first), x \(x.variable.shape)")
        var last: Int32 = 0
        for position in positions {
            precondition(position >= 0, "rotary: position \(position)")
            last = max(last, position)
        }
        let rotation = RotaryRotation(
            x: x, heads: heads, table: rotaryTable(base: base, width: width, covering: Int(last)), positions: positions)
        rotation.turn(write(x.variable), direction: 1)
        record(.rotary(rotation), for: x.variable)
    }

    private func rotaryTable(base: Float, width: Int, covering position: Int) -> RotaryTable {
        let known = rotaryTables.firstIndex { $0.base == base && $0.width == width }
        if let known, rotaryTables[known].count > position { return rotaryTables[known] }
        let table = RotaryTable(base: base, width: width, count: max(64, 2 * position))
        if let known { rotaryTables[known] = table } else { rotaryTables.append(table) }
        return table
    }
}
