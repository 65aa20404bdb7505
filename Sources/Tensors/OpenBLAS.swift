internal import COpenBLAS
import Glibc

/// The OpenBLAS library, loaded when the first product is asked for: loading takes longer than much of what is done
/// without a tensor in sight.
package struct OpenBLAS: Sendable {
    typealias Product =
        @convention(c) (
            CBLAS_LAYOUT, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, Float, UnsafePointer<Float>?,
            blasint, UnsafePointer<Float>?, blasint, Float, UnsafeMutablePointer<Float>?, blasint
        ) -> Void

    /// `cblas_sgemm`
    let sgemm: Product
    /// `openblas_get_corename`
    let corename: @convention(c) () -> UnsafeMutablePointer<CChar>?

    static let shared = Result { () throws(NumericError) in try OpenBLAS(loading: "libopenblas.so.0") }

    /// - Throws: `NumericError` if there is no such library, or it isn't OpenBLAS.
    package init(loading name: String) throws(NumericError) {
        // One thread, which is this one. Set before loading, or others are started that spin on cores which have work.
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
        // Its kernels are as wide as ours. A choice that somebody made stays.
        if let kernels = VectorWidth.limit?.blasKernels { setenv("OPENBLAS_CORETYPE", kernels, 0) }
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            throw NumericError(message: "OpenBLAS can't be loaded: \(Self.reason); install libopenblas0")
        }
        func symbol<Function>(_ symbol: String, _ type: Function.Type) throws(NumericError) -> Function {
            guard let address = dlsym(library, symbol) else {
                throw NumericError(message: "\(name) isn't OpenBLAS: \(Self.reason); install libopenblas0")
            }
            return unsafeBitCast(address, to: type)
        }
        try symbol("openblas_set_num_threads", (@convention(c) (Int32) -> Void).self)(1)
        sgemm = try symbol("cblas_sgemm", Product.self)
        corename = try symbol("openblas_get_corename", (@convention(c) () -> UnsafeMutablePointer<CChar>?).self)
    }

    private static var reason: String { dlerror().map { String(cString: $0) } ?? "no reason given" }
}
