import Tensors
import Testing

@Test("the numeric profile names the BLAS kernels and the vector width, and known products come out right")
func numericProfile() throws {
    let profile = try NumericProfile.current()
    #expect(!profile.blasKernels.isEmpty)
    #expect(["x86-64-v4", "x86-64-v3", "baseline"].contains(profile.vectorWidth))
}

@Test(
    "a library that isn't there, or isn't OpenBLAS, is an error that names it",
    arguments: ["libnowhere.so.0", "libm.so.6"])
func foreignLibrary(_ name: String) throws {
    let error = #expect(throws: NumericError.self) { try OpenBLAS(loading: name) }
    #expect(error?.message.contains(name) == true && error?.message.contains("install libopenblas0") == true)
}

@Test("dropout keeps its share, scales it, and repeats itself")
func dropoutShare() {
    let tape = Tape()
    tape.begin()
    let x = tape.input(Tensor(shape: [100, 100], elements: [Float](repeating: 1, count: 10_000)))
    func draw(_ shard: Int) -> [Float] {
        tape.tensor(tape.dropout(x, rate: 0.25, DropoutStream(seed: 1, step: 1, shard: shard))).elements
    }
    let first = draw(0)
    #expect(first.allSatisfy { $0 == 0 || $0 == 1 / 0.75 })
    // Four standard errors of a share of 0.25 over 10,000.
    #expect(abs(Double(first.count { $0 == 0 }) / 10_000 - 0.25) < 0.0174)
    #expect(draw(0) != first, "another call of the same step has its own mask")
    tape.begin()
    _ = tape.input(Tensor(shape: [1, 1], elements: [0]))
    #expect(draw(1) != first)
}
