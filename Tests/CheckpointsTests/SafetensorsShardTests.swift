import Checkpoints
import Foundation
import Testing

@Suite struct SafetensorsShardTests {
    private func file(_ header: String, data: Int = 0) throws -> TemporaryFile {
        let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        return try TemporaryFile(bytes + Array(header.utf8) + [UInt8](repeating: 1, count: data))
    }

    @Test("tensors of every type are listed, and those of floats read")
    func tensorsEveryTypeListedThose() throws {
        let file = try file(
            #"""
            {"__metadata__": {"format": "pt"}, "b": {"dtype": "BF16", "shape": [2], "data_offsets": [8, 12]},
             "mask": {"dtype": "BOOL", "shape": [1, 2], "data_offsets": [12, 14]},
             "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
             "one": {"dtype": "F16", "shape": [], "data_offsets": [14, 16]},
             "none": {"dtype": "F32", "shape": [0, 3], "data_offsets": [16, 16]}}
            """#, data: 16)
        let shard = try SafetensorsShard(file.path)
        #expect(shard.tensors.map(\.name) == ["a", "b", "mask", "one", "none"])
        #expect(shard.metadata.map(\.value) == ["pt"])
        #expect(try shard["a"]?.floats() == [Float(bitPattern: 0x0101_0101), Float(bitPattern: 0x0101_0101)])
        #expect(try shard["b"]?.floats() == [Float(bitPattern: 0x0101_0000), Float(bitPattern: 0x0101_0000)])
        #expect(try shard["one"]?.floats() == [Float(Float16(bitPattern: 0x0101))])
        #expect(try shard["none"]?.floats() == [])
        #expect(shard["mask"]?.type == nil)
        #expect(shard["mask"]?.typeName == "BOOL")
        let error = #expect(throws: CheckpointError.self) { try shard["mask"]?.floats() }
        #expect(error?.problems.first?.contains("element type BOOL is not supported") == true)
    }

    @Test("everything that is wrong is said at once")
    func everythingWrongSaidOnce() throws {
        let file = try file(
            #"""
            {"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]},
             "b": {"dtype": "F99", "shape": [1], "data_offsets": [0, 8]},
             "c": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 8]},
             "d": {"dtype": "F32", "shape": [4611686018427387904, 4611686018427387904, 0], "data_offsets": [0, 0]},
             "e": {"dtype": "F32", "shape": [1], "data_offsets": [8, 4]},
             "f": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]},
             "g": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]},
             "h": [], "__metadata__": {"x": 1}}
            """#, data: 8)
        let error = #expect(throws: CheckpointError.self) { try SafetensorsShard(file.path) }
        let shape = "impossible shape; expected whole numbers that can be counted"
        #expect(
            error?.problems == [
                "tensor 'a': shape [3] of F32 doesn't take the 8 bytes that it is given",
                "tensor 'b': unknown element type F99", "tensor 'c': \(shape)", "tensor 'd': \(shape)",
                "tensor 'e': data_offsets don't lie in the 8 bytes of data", "tensor 'f': \(shape)",
                "tensor 'g': data_offsets don't lie in the 8 bytes of data",
                "tensor 'h': expected an object with dtype, shape and data_offsets",
                "__metadata__: expected an object of strings",
            ])
    }

    @Test("overlaps, gaps and what is left over are refused")
    func overlapsGapsWhatLeftOver() throws {
        let entry = { (name: String, range: ClosedRange<Int>) in
            #""\#(name)": {"dtype": "U8", "shape": [\#(range.count)], "data_offsets": [\#(range.lowerBound), \#(range.upperBound + 1)]}"#
        }
        for (header, problem) in [
            (
                "{\(entry("a", 0...3)), \(entry("b", 2...7))}",
                "tensor 'b' starts at byte 2 of the data, expected 4: tensors overlap or leave a gap"
            ),
            (
                "{\(entry("a", 0...3)), \(entry("b", 5...7))}",
                "tensor 'b' starts at byte 5 of the data, expected 4: tensors overlap or leave a gap"
            ),
            ("{\(entry("a", 0...3))}", "4 bytes after the last tensor"),
        ] {
            let file = try file(header, data: 8)
            let error = #expect(throws: CheckpointError.self) { try SafetensorsShard(file.path) }
            #expect(error == CheckpointError(file.path, problem))
        }
    }

    @Test("a header that can't be true is refused")
    func headerCantTrueRefused() throws {
        let short = try TemporaryFile([1])
        let long = try TemporaryFile([255, 255, 255, 255, 255, 255, 255, 127, 0])
        let duplicate = try file(#"{"a": {}, "a": {}}"#)
        let list = try file("[]")
        for (path, problem) in [
            (short.path, "not a safetensors file: 1 bytes, expected at least 8"),
            (
                long.path,
                "not a safetensors file, or cut off: its header claims 9223372036854775807 bytes; 1 follow and at most 100000000 are allowed"
            ),
            (duplicate.path, "the header is not valid JSON: 1:11: duplicate name 'a'"),
            (list.path, "the header is a list, expected an object"),
        ] {
            let error = #expect(throws: CheckpointError.self) { try SafetensorsShard(path) }
            #expect(error == CheckpointError(path, problem))
        }
    }

    @Test("every cut is an error")
    func everyCutError() throws {
        let bytes = Array(
            try Data(contentsOf: URL(fileURLWithPath: fixture("tiny-llama/model-00003-of-00003.safetensors"))))
        for count in stride(from: 0, to: bytes.count, by: 7) {
            let file = try TemporaryFile(Array(bytes[..<count]))
            #expect(throws: CheckpointError.self) { try SafetensorsShard(file.path) }
        }
    }
}
