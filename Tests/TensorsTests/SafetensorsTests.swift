import Foundation
import Tensors
import Testing

@Suite("safetensors")
struct SafetensorsTests {
    private static func file(_ header: String, payload: Int) -> Data {
        var data = Data()
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
        return data + Data(header.utf8) + Data(repeating: 0, count: payload)
    }

    @Test("what was written is read back, and the payload is aligned")
    func roundTrip() throws {
        var writer = SafetensorsWriter(metadata: ["why": "a \"test\"\n"])
        writer.add("wide", [Int64.max, -1])
        writer.add("weights/é", Tensor(shape: [2, 3], elements: [1, -2, 3.5, 0, .leastNonzeroMagnitude, 6]))
        writer.add("ids", [Int32.min, 7])
        writer.add("small", [UInt16.max])
        writer.add("marks", [UInt8(1), 0, 255])
        writer.add("none", [Int32]())
        let data = writer.data()
        let file = try SafetensorsFile(data)
        #expect(try file.floats("weights/é", shape: [2, 3]).elements == [1, -2, 3.5, 0, .leastNonzeroMagnitude, 6])
        #expect(try file.integers("wide", .i64) as [Int64] == [.max, -1])
        #expect(try file.integers("ids", .i32) as [Int32] == [.min, 7])
        #expect(try file.integers("small", .u16) as [UInt16] == [.max])
        #expect(try file.integers("marks", .u8) as [UInt8] == [1, 0, 255])
        #expect(try file.integers("none", .i32) as [Int32] == [])
        #expect(file.metadata == ["why": "a \"test\"\n"])
        #expect(data[0] % 8 == 0)
    }

    @Test(
        "a hostile header is refused",
        arguments: [
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}"#, 12),
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4),
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, 8),
            (#"{"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
            (#"{"t":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0),
            (#"{"t":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#, 8),
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 16),
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#, 16),
            (#"{"t":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}"#, 8),
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8),
            (#"{"t":{"dtype":"F32","shape":[2]}}"#, 8),
            (
                #"{"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
                8
            ),
            (
                #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0061":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
                4
            ),
            (#"{"t":{"dtype":"U8","shape":[8],"shape":[8],"data_offsets":[0,8]}}"#, 8),
            (#"{"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"offset":1}}"#, 8),
            (#"{"__metadata__":{"a":"b","a":"c"}}"#, 0), (#"{"__metadata__":{},"__metadata__":{}}"#, 0),
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}"#, 8),
            (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775807,9223372036854775807]}}"#, 8),
            (#"{"t":{"dtype":"F32","shape":[1e99],"data_offsets":[0,8]}}"#, 8),
            (#"["t"]"#, 0), ("", 0), ("{", 0), (String(repeating: "[", count: 100_000), 0),
            (#"{"t":"# + String(repeating: #"{"a":"#, count: 100_000), 0),
        ])
    func hostile(header: String, payload: Int) {
        #expect(throws: SafetensorsError.self) { try SafetensorsFile(Self.file(header, payload: payload)) }
    }

    @Test("colons in names and metadata, quotes and backslashes are no mistake")
    func punctuation() throws {
        let header = #"{"__metadata__":{"a:b":"c:\"d\\"},"t:\"\\":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
        let file = try SafetensorsFile(Self.file(header, payload: 1))
        #expect(file.names == [#"t:"\"#] && file.metadata == ["a:b": #"c:"d\"#])
    }

    @Test("a header longer than the file is refused", arguments: [0, 7, 8, 9])
    func truncated(length: Int) {
        #expect(throws: SafetensorsError.self) { try SafetensorsFile(Data(repeating: 255, count: length)) }
    }

    @Test("an error names the tensor, what was found and what was expected")
    func message() throws {
        var writer = SafetensorsWriter()
        writer.add("ids", [Int32(1)])
        writer.add("w", Tensor(shape: [2], elements: [1, .nan]))
        let file = try SafetensorsFile(writer.data())
        #expect(throws: SafetensorsError.self) { try file.floats("ids") }
        let error = #expect(throws: SafetensorsError.self) { try file.floats("w", shape: [1, 2]) }
        #expect(error?.description == "tensor w: shape [2], expected [1, 2]")
        var declarations = ParameterDeclarations()
        _ = declarations.vector("w", 2, .constant(0))
        let loading = #expect(throws: SafetensorsError.self) { try declarations.loaded(from: file) }
        #expect(loading?.description == "tensor w: element 1 is nan")
    }
}
