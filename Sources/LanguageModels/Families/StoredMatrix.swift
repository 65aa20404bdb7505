import Checkpoints
import Synchronization
import Tensors

/// Rows of one or more stored tensors, one after the other, as a frozen matrix: mapped, in their own element types.
final class StoredMatrix: FrozenMatrix {
    let rows: Int
    let columns: Int
    private let pieces: [(tensor: StoredTensor, first: Int)]
    private let failures: ReadFailures

    /// - Parameter limit: How many rows are read at most.
    /// - Precondition: tensors of the same number of columns.
    init(_ tensors: [StoredTensor], limit: Int = .max, _ failures: ReadFailures) {
        precondition(!tensors.isEmpty && tensors.allSatisfy { $0.columns == tensors[0].columns })
        var rows = 0
        pieces = tensors.map { tensor in
            defer { rows += tensor.rows }
            return (tensor, rows)
        }
        self.rows = min(rows, limit)
        columns = tensors[0].columns
        self.failures = failures
    }

    var floats: UnsafePointer<Float>? {
        guard pieces.count == 1, pieces[0].tensor.type == .f32,
            let base = pieces[0].tensor.file.bytes.baseAddress?.advanced(by: pieces[0].tensor.bytes.lowerBound),
            UInt(bitPattern: base) % 4 == 0
        else { return nil }
        return base.assumingMemoryBound(to: Float.self)
    }

    var storedTypes: [ElementType] { pieces.compactMap(\.tensor.type) }

    func readStored(_ range: Range<Int>, _ body: (Range<Int>, ElementType, UnsafeRawBufferPointer) -> Void) {
        for (tensor, first) in pieces {
            let part = range.clamped(to: first..<first + tensor.rows)
            guard !part.isEmpty, let type = tensor.type else { continue }
            do {
                body(part, type, try tensor.uncheckedBytes(rows: part.lowerBound - first..<part.upperBound - first))
            } catch {
                failures.record(error)
            }
        }
    }

    func read(_ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) {
        for (tensor, first) in pieces {
            let part = range.clamped(to: first..<first + tensor.rows)
            guard !part.isEmpty else { continue }
            let target = UnsafeMutableBufferPointer(
                start: buffer + (part.lowerBound - range.lowerBound) * columns, count: part.count * columns)
            do {
                // Whoever runs the model checks the files once a forward pass: a system call a tile costs more than reading it.
                try tensor.readUnchecked(rows: part.lowerBound - first..<part.upperBound - first, into: target)
            } catch {
                target.update(repeating: 0)
                failures.record(error)
            }
        }
    }
}

/// What went wrong when weights were read in the middle of a forward pass, which can't throw.
package final class ReadFailures: Sendable {
    private let first = Mutex<(any Error)?>(nil)

    func record(_ error: any Error) { first.withLock { $0 = $0 ?? error } }

    func check() throws {
        if let error = first.withLock({ $0 }) { throw error }
    }
}
