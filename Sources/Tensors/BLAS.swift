internal import COpenBLAS

/// Matrix products. OpenBLAS is pinned to one thread: parallelism belongs to the shards above it, and a product must not
/// depend on how many threads happen to be free.
package enum BLAS {
    /// Must have run before any product; cheap to repeat.
    package static func prepare() { _ = library }

    private static let library: OpenBLAS = {
        do {
            return try OpenBLAS.shared.get()
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// OpenBLAS's name for the kernel family in use, e.g. `Cooperlake`. Results differ between families in the last bits.
    static var kernelFamily: String {
        return library.corename().map { String(cString: $0) } ?? "unknown"
    }

    /// Whether an operand is used as it lies in memory or transposed.
    package enum Order: Sendable { case asStored, transposed }

    /// C = a·b + beta·C with C [m, n], a [m, k] (or [k, m] if transposed), b [k, n] (or [n, k] if transposed). The rows of
    /// a and of C may be parts of longer ones, whose lengths are the strides.
    package static func multiply(
        _ a: UnsafePointer<Float>, _ aOrder: Order, _ b: UnsafePointer<Float>, _ bOrder: Order,
        into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, beta: Float, firstStride: Int? = nil,
        resultStride: Int? = nil
    ) {
        if m == 0 || n == 0 { return }
        library.sgemm(
            CblasRowMajor, aOrder == .asStored ? CblasNoTrans : CblasTrans,
            bOrder == .asStored ? CblasNoTrans : CblasTrans,
            blasint(m), blasint(n), blasint(k), 1, a, blasint(firstStride ?? max(aOrder == .asStored ? k : m, 1)),
            b, blasint(max(bOrder == .asStored ? n : k, 1)), beta, c, blasint(resultStride ?? n))
    }
}
