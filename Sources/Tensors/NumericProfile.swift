/// What the last bits of a result depend on besides the inputs: the BLAS kernels and the vector width that this processor
/// selected, and whether it has bfloat16 products of its own, which take the smallest sums for zero. Recorded with every execution, so that two machines' results are compared knowingly.
package struct NumericProfile: Sendable, Equatable, CustomStringConvertible {
    package let blasKernels: String
    package let vectorWidth: String
    package let hasBFloat16: Bool

    /// Loads OpenBLAS, reads the profile and checks one known product, so that a broken BLAS is an error and not a bad model.
    package static func current() throws(NumericError) -> NumericProfile {
        try VectorWidth.check()
        _ = try OpenBLAS.shared.get()
        let profile = NumericProfile(
            blasKernels: BLAS.kernelFamily, vectorWidth: VectorWidth.current.rawValue,
            hasBFloat16: BFloat16Product.isNative)
        try check(profile)
        return profile
    }

    package var description: String { "openblas-\(blasKernels)/\(vectorWidth)\(hasBFloat16 ? "+bf16" : "")" }

    /// [37, 29] · [29, 23] of small integers is exact in fp32, whatever the order of summation.
    private static func check(_ profile: NumericProfile) throws(NumericError) {
        let (m, k, n) = (37, 29, 23)
        let a = (0..<m * k).map { Float($0 % 7 - 3) }
        let b = (0..<k * n).map { Float($0 % 5 - 2) }
        var c = [Float](repeating: 0, count: m * n)
        BLAS.multiply(a, .asStored, b, .asStored, into: &c, m: m, n: n, k: k, beta: 0)
        for row in 0..<m {
            for column in 0..<n {
                let expected = (0..<k).reduce(Float(0)) { $0 + a[row * k + $1] * b[$1 * n + column] }
                let found = c[row * n + column]
                if found != expected {
                    throw NumericError(
                        message: """
                            matrix products are wrong on this machine (\(profile)): element [\(row), \(column)] of a known \
                            product is \(found), expected \(expected). Reinstall OpenBLAS, or choose another kernel family \
                            with OPENBLAS_CORETYPE=Haswell
                            """)
                }
            }
        }
    }
}

/// The machine's arithmetic can't be trusted.
package struct NumericError: Error, CustomStringConvertible {
    package let message: String
    package var description: String { message }
}
