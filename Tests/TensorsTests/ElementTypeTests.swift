import Tensors
import Testing

/// The block formats are tested against the `gguf` package in CheckpointsTests.
@Suite struct ElementTypeTests {
    #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
        @Test("every half converts as the processor does it")
        func everyHalfConvertsProcessorDoes() {
            let halves = (0...UInt16.max).map { $0 }
            let floats = floats(halves, .f16)
            for half in halves {
                let expected = Float(Float16(bitPattern: half))
                if expected.isNaN {
                    #expect(floats[Int(half)].isNaN)
                } else {
                    #expect(floats[Int(half)].bitPattern == expected.bitPattern, "half \(half)")
                }
            }
        }
    #endif

    @Test("every bfloat16 is the upper half of a float")
    func everyBfloat16UpperHalfFloat() {
        let stored = (0...UInt16.max).map { $0 }
        let floats = floats(stored, .bf16)
        #expect(floats.map(\.bitPattern) == stored.map { UInt32($0) << 16 })
    }

    @Test("a part of a block has no size")
    func partBlockHasNoSize() {
        for type in ElementType.allCases {
            #expect(type.bytes(elements: 0) == 0)
            #expect(type.bytes(elements: 512) == 512 / type.blockElements * type.blockBytes)
            #expect(type.bytes(elements: 511) == (type.blockElements == 1 ? 511 * type.blockBytes : nil))
            #expect(type.bytes(elements: -256) == nil)
        }
        #expect(ElementType.f32.bytes(elements: .max) == nil)
    }

    private func floats(_ stored: [UInt16], _ type: ElementType) -> [Float] {
        [Float](unsafeUninitializedCapacity: stored.count) { floats, count in
            stored.withUnsafeBytes {
                type.dequantize($0, into: UnsafeMutableBufferPointer(rebasing: floats[..<stored.count]))
            }
            count = stored.count
        }
    }
}
