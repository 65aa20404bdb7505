import Checkpoints
import Foundation
import Tensors
import Testing

@Suite struct GGUFFileTests {
    @Test("dequantised blocks equal the reference's bit for bit")
    func dequantisedBlocksEqualReferenceBit() throws {
        let file = try GGUFFile(try fixture("blocks.gguf"))
        let expected = try Data(contentsOf: URL(fileURLWithPath: try fixture("blocks.float32")))
        #expect(
            file.tensors.map(\.name) == [
                "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K", "F32", "F16", "BF16",
            ])
        var start = 0
        for tensor in file.tensors {
            #expect(tensor.type?.rawValue == tensor.name)
            let floats = try tensor.floats()
            let end = start + 4 * floats.count
            let wanted = expected[start..<end].withUnsafeBytes { bytes in
                (0..<floats.count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
            }
            #expect(floats.map(\.bitPattern) == wanted, "\(tensor.name)")
            start = end
        }
        #expect(start == expected.count)
    }

    @Test("some rows are those of the whole")
    func someRowsThoseWhole() throws {
        for tensor in try GGUFFile(try fixture("blocks.gguf")).tensors {
            let whole = try tensor.floats()
            for rows in [0..<0, 0..<1, 1..<3, tensor.rows - 1..<tensor.rows] {
                let part = whole[rows.lowerBound * tensor.columns..<rows.upperBound * tensor.columns]
                #expect(try tensor.floats(rows: rows).map(\.bitPattern) == part.map(\.bitPattern))
            }
        }
    }

    @Test("every type of metadata")
    func everyTypeMetadata() throws {
        let file = try GGUFFile(try fixture("metadata.gguf"))
        #expect(file.version == 3)
        #expect(file.value("general.architecture")?.string == "qwen2")
        #expect(file.value("a.uint8")?.integer == 200)
        #expect(file.value("a.int8")?.integer == -100)
        #expect(file.value("a.uint16")?.integer == 60000)
        #expect(file.value("a.int16")?.integer == -30000)
        #expect(file.value("a.uint32")?.integer == 4_000_000_000)
        #expect(file.value("a.int32")?.integer == -2_000_000_000)
        #expect(file.value("a.float32")?.number == Double(Float(0.1)))
        guard case .uint64(1 << 63)? = file.value("a.uint64") else { throw Missing() }
        #expect(file.value("a.uint64")?.integer == nil)
        #expect(file.value("a.int64")?.integer == .min)
        #expect(file.value("a.float64")?.number == 0.1)
        #expect(file.value("a.bool")?.bool == true)
        #expect(file.value("a.string")?.string == "Malaŵi 🇲🇼")
        #expect(try file.value("a.strings")?.array?.strings() == ["", "one", "näïve", "▁two"])
        #expect(try file.value("a.integers")?.array?.integers() == [1, -2, 3])
        #expect(try file.value("a.floats")?.array?.floats() == [0.5, -1.25])
        #expect(try file.value("a.floats")?.array?.numbers() == [0.5, -1.25])
        #expect(try file.value("a.bools")?.array?.bools() == [true, false])
        #expect(throws: CheckpointError.self) { try file.value("a.strings")?.array?.integers() }
        #expect(throws: CheckpointError.self) { try file.value("a.integers")?.array?.strings() }
        #expect(throws: CheckpointError.self) { try file.value("a.bools")?.array?.floats() }
        #expect(file.value("a.nothing") == nil)
    }

    private struct Missing: Error {}

    @Test("the outermost dimension comes first, and data starts at a multiple of the alignment")
    func outermostDimensionComesFirstData() throws {
        let file = try GGUFFile(try fixture("metadata.gguf"))
        let first = try #require(file["first"])
        #expect(first.shape == [2, 3])
        #expect(first.bytes.lowerBound % 64 == 0)
        #expect(try first.floats() == [0, 1, 2, 3, 4, 5])
        let second = try #require(file["second"])
        #expect(second.shape == [2, 3, 4])
        #expect((second.rows, second.columns) == (6, 4))
        #expect(try second.floats() == (0..<24).map(Float.init))
    }

    @Test("version 2 has the same layout")
    func version2HasSameLayout() throws {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: try fixture("metadata.gguf"))))
        bytes[4] = 2
        let stored = try TemporaryFile(bytes)
        let file = try GGUFFile(stored.path)
        #expect(file.version == 2)
        #expect(try file["first"]?.floats() == [0, 1, 2, 3, 4, 5])
    }

    @Test(
        "a header that can't be true is refused",
        arguments: [
            (Array("GGU".utf8), "byte 0: the file ends within the header: 4 bytes expected, 3 left"),
            (Array("GGML\u{3}\0\0\0".utf8), "byte 0: the file starts with 47 47 4d 4c, expected 'GGUF'"),
            (GGUFBytes(version: 1).bytes, "byte 4: GGUF version 1, expected 2 or 3"),
            (GGUFBytes(version: 3 << 24).bytes, "byte 4: the file is big-endian; convert it to little-endian"),
            (GGUFBytes(tensors: .max).bytes, "byte 8: 18446744073709551615 tensors claimed; 0 bytes are left"),
            (
                GGUFBytes(keys: 1 << 40).bytes,
                "byte 16: the list of keys claims a length of 1099511627776; 0 bytes are left"
            ),
        ])
    func headerCantTrueRefused(bytes: [UInt8], problem: String) throws {
        let file = try TemporaryFile(bytes)
        let error = #expect(throws: CheckpointError.self) { try GGUFFile(file.path) }
        #expect(error == CheckpointError(file.path, problem))
    }

    @Test("every cut is an error")
    func everyCutError() throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: try fixture("metadata.gguf"))))
        for count in 0..<bytes.count {
            let file = try TemporaryFile(Array(bytes[..<count]))
            // Behind the last tensor there is only padding.
            if let opened = try? GGUFFile(file.path) {
                #expect(count >= opened.tensors.map(\.bytes.upperBound).max()!)
            }
        }
    }

    @Test("everything that is wrong is said at once")
    func everythingWrongSaidOnce() throws {
        var gguf = GGUFBytes(tensors: 9, keys: 3)
        for value in [UInt32(24), 32] {
            gguf.add("general.alignment")
            gguf.add(UInt32(4))
            gguf.add(value)
        }
        gguf.add("k")
        gguf.add(UInt32(7))
        gguf.add(UInt8(1))
        gguf.tensor("good", [32, 2], type: 8, offset: 0)
        gguf.tensor("overlapping", [4], type: 0, offset: 64)
        gguf.tensor("good", [4], type: 0, offset: 96)
        gguf.tensor("unaligned", [4], type: 0, offset: 4)
        gguf.tensor("outside", [4], type: 0, offset: 1 << 40)
        gguf.tensor("cut", [1 << 30, 2], type: 1, offset: 0)
        gguf.tensor("uneven", [48], type: 2, offset: 0)
        gguf.tensor("impossible", [1 << 62, 1 << 62, 0], type: 0, offset: 0)
        gguf.tensor("exotic", [32], type: 20, offset: 128)
        gguf.data(160)
        let file = try TemporaryFile(gguf.bytes)
        let error = #expect(throws: CheckpointError.self) { try GGUFFile(file.path) }
        #expect(
            error?.problems == [
                "duplicate key 'general.alignment'",
                "tensor 'unaligned': starts at byte 4 of the data, expected a multiple of 32",
                "tensor 'outside': starts at byte 1099511627776 of the data, which has 160 bytes",
                "tensor 'cut': needs 4294967296 bytes from byte 0 of the data, which has 160; the file is cut off",
                "tensor 'uneven': rows of 48 elements, expected a multiple of 32 for Q4_0",
                "tensor 'impossible': impossible shape [4611686018427387904, 4611686018427387904, 0]",
                "tensors 'good' and 'overlapping' overlap",
                "duplicate tensor 'good'",
            ])
    }

    @Test("an alignment that is no power of two is refused")
    func alignmentNoPowerTwoRefused() throws {
        var gguf = GGUFBytes(keys: 1)
        gguf.add("general.alignment")
        gguf.add(UInt32(4))
        gguf.add(UInt32(24))
        let file = try TemporaryFile(gguf.bytes)
        let error = #expect(throws: CheckpointError.self) { try GGUFFile(file.path) }
        #expect(error?.problems == ["key 'general.alignment': uint32(24), expected a power of two of type uint32"])
    }

    @Test("an unsupported element type is named when it is read")
    func unsupportedElementTypeNamedWhen() throws {
        var gguf = GGUFBytes(tensors: 2)
        gguf.tensor("a", [256], type: 23, offset: 0)
        gguf.tensor("b", [256], type: 77, offset: 160)
        gguf.data(256)
        let stored = try TemporaryFile(gguf.bytes)
        let file = try GGUFFile(stored.path)
        let supported = "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K"
        for (name, type) in [("a", "IQ4_XS"), ("b", "number 77")] {
            let error = #expect(throws: CheckpointError.self) { try file[name]?.floats() }
            #expect(
                error?.problems == [
                    "tensor '\(name)': element type \(type) is not supported; supported types are \(supported)"
                ])
        }
    }

    @Test("arrays nested too deeply and booleans of other values are refused")
    func arraysNestedTooDeeplyBooleans() throws {
        var nested = GGUFBytes(keys: 1)
        nested.add("k")
        for _ in 0..<1000 {
            nested.add(UInt32(9))
            if nested.bytes.count > 40 { nested.add(UInt64(1)) }
        }
        var odd = GGUFBytes(keys: 1)
        odd.add("k")
        odd.add(UInt32(7))
        odd.add(UInt8(2))
        for (bytes, problem) in [
            (nested.bytes, "key 'k': arrays nested deeper than 4 levels"),
            (odd.bytes, "key 'k': a boolean has the value 2, expected 0 or 1"),
        ] {
            let file = try TemporaryFile(bytes)
            let error = #expect(throws: CheckpointError.self) { try GGUFFile(file.path) }
            #expect(error?.problems.first?.hasSuffix(problem) == true, "\(error?.description ?? "")")
        }
    }

    @Test("a file that is cut while it is open is an error in every reading")
    func fileCutWhileOpenError() throws {
        let file = try TemporaryFile(copyOf: try fixture("metadata.gguf"))
        let gguf = try GGUFFile(file.path)
        let strings = try #require(gguf.value("a.strings")?.array)
        #expect(truncate(file.path, 24) == 0)
        #expect(throws: CheckpointError.self) { try strings.strings() }
        #expect(throws: CheckpointError.self) { try gguf["first"]?.floats() }
        #expect(throws: CheckpointError.self) { try gguf.check() }
    }
}
