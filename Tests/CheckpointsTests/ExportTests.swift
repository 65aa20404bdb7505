import Checkpoints
import Foundation
import JSONReading
import Tensors
import Testing

@Suite struct ExportTests {
    private static let values: [Float] = [
        0, -0.0, 1, -2.5, 1e-8, 65519, 65520, 1e30, .infinity, -.infinity, 3.14159, 2e-7,
    ]

    private func tensor(_ name: String, _ type: ElementType) -> ExportedTensor {
        ExportedTensor(name, shape: [3, 4], type: type) { Array(Self.values[$0.lowerBound * 4..<$0.upperBound * 4]) }
    }

    private func folder() throws -> TemporaryFile {
        let file = try TemporaryFile([])
        try FileManager.default.removeItem(atPath: file.path)
        return file
    }

    @Test("a GGUF file is read back as it was written, quantised blocks too")
    func gguf() throws {
        let source = try GGUFFile(try fixture("blocks.gguf"))
        var export = GGUFExport(architecture: "llama")
        export.set("llama.block_count", .uint32(2))
        export.set("llama.rope.freq_base", .float32(1e6))
        export.set("x.signed", .int32(-3))
        export.set("x.flag", .bool(true))
        export.set("x.text", .string("Malaŵi"))
        export.set("x.tokens", .strings([[0xFF, 0x41], [], Array("é".utf8)]))
        export.set("x.types", .int32s([1, -2]))
        export.set("x.scores", .float32s([0.5, -1]))
        export.set("x.flags", .bools([true, false]))
        for tensor in source.tensors { export.add(try ExportedTensor("copy.\(tensor.name)", copying: tensor)) }
        for type in [ElementType.f32, .f16, .bf16] { export.add(tensor("new.\(type.rawValue)", type)) }
        let written = try TemporaryFile([])
        try export.write(to: written.path)

        let file = try GGUFFile(written.path)
        #expect(file.version == 3)
        #expect(file.keys.count == 10)
        #expect(file.value("general.architecture")?.string == "llama")
        #expect(file.value("llama.block_count")?.integer == 2)
        #expect(file.value("llama.rope.freq_base")?.number == 1e6)
        #expect(file.value("x.signed")?.integer == -3)
        #expect(file.value("x.flag")?.bool == true)
        #expect(file.value("x.text")?.string == "Malaŵi")
        var tokens: [[UInt8]] = []
        try file.value("x.tokens")?.array?.forEachString { tokens.append(Array($1)) }
        #expect(tokens == [[0xFF, 0x41], [], [0xC3, 0xA9]])
        #expect(try file.value("x.types")?.array?.integers() == [1, -2])
        #expect(try file.value("x.scores")?.array?.floats() == [0.5, -1])
        #expect(try file.value("x.flags")?.array?.bools() == [true, false])
        #expect(file.tensors.count == source.tensors.count + 3)
        for tensor in source.tensors {
            let copy = try #require(file["copy.\(tensor.name)"])
            #expect(copy.shape == tensor.shape)
            #expect(copy.type == tensor.type)
            #expect(try copy.withBytes { Array($0) } == tensor.withBytes { Array($0) })
        }
        try checkRounding(file, prefix: "new.")
        // Same content, same bytes.
        let again = try TemporaryFile([])
        try export.write(to: again.path)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: again.path))
                == Data(contentsOf: URL(fileURLWithPath: written.path)))
    }

    /// What F32, F16 and BF16 make of ``values``.
    private func checkRounding(_ source: some WeightSource, prefix: String) throws {
        #expect(try source["\(prefix)F32"]?.floats().map(\.bitPattern) == Self.values.map(\.bitPattern))
        let halves = try #require(try source["\(prefix)F16"]?.floats())
        #expect(halves.map(\.bitPattern) == Self.values.map { Float(Float16($0)).bitPattern })
        let brains = try #require(try source["\(prefix)BF16"]?.floats())
        for (value, brain) in zip(Self.values, brains) where value.isFinite {
            let unit = value.ulp * 65536
            #expect(abs(Double(brain) - Double(value)) <= Double(unit) / 2, "\(value) became \(brain)")
            #expect(brain.bitPattern & 0xFFFF == 0)
        }
    }

    @Test("every half is written as the processor rounds it")
    func halves() throws {
        var floats: [Float] = []
        for half in stride(from: UInt16(0), to: 0x7C00, by: 1) {
            let value = Float(Float16(bitPattern: half))
            let next = Float(Float16(bitPattern: half + 1))
            // On it, half-way to the next, and just beside that.
            let middle = next.isFinite ? (value + next) / 2 : value
            floats += [value, middle, middle.nextUp, -middle.nextDown]
        }
        let values = floats
        var export = GGUFExport(architecture: "x")
        export.add(ExportedTensor("t", shape: [values.count, 1], type: .f16) { Array(values[$0]) })
        let written = try TemporaryFile([])
        try export.write(to: written.path)
        let read = try #require(try GGUFFile(written.path)["t"]?.floats())
        #expect(read.map(\.bitPattern) == values.map { Float(Float16($0)).bitPattern })
    }

    @Test("a small model is one file, a large one several with an index", arguments: [(1 << 30, 1), (80, 2), (1, 3)])
    func folder(limit: Int, shards: Int) throws {
        let folder = try folder()
        var export = HuggingFaceExport(
            configuration: ["model_type": .string("llama"), "eps": .double(1e-5), "list": .array([.int(1), .null])],
            maximumShardSize: limit)
        for type in [ElementType.bf16, .f32, .f16] { export.add(tensor(type.rawValue, type)) }
        export.add(file: "tokenizer.json", Array("{}".utf8))
        try export.write(to: folder.path)

        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.filter { $0.hasSuffix(".safetensors") }.count == shards)
        #expect(names.contains("model.safetensors.index.json") == (shards > 1))
        let read = try HuggingFaceFolder(folder.path)
        #expect(read.configuration["model_type"]?.string == "llama")
        #expect(read.configuration["eps"]?.number == 1e-5)
        #expect(read.configuration["list"] == .array([.int(1), .null]))
        #expect(read.tokenizer.tokenizerJSON != nil)
        #expect(read.weights.tensors.count == 3)
        try checkRounding(read.weights, prefix: "")
    }

    @Test("a model that is there is not overwritten")
    func occupied() throws {
        let copy = try TemporaryFile(copyOf: try fixture("tiny-llama"))
        let export = HuggingFaceExport(configuration: [:])
        let error = #expect(throws: CheckpointError.self) { try export.write(to: copy.path) }
        #expect(error?.problems == ["the folder has a model already: config.json; choose another or remove it"])
    }

    @Test("a file whose tensors can't be made doesn't appear")
    func failure() throws {
        struct Failure: Error {}
        let folder = try folder()
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        var export = GGUFExport(architecture: "x")
        export.add(ExportedTensor("t", shape: [2], type: .f32) { _ in throw Failure() })
        #expect(throws: Failure.self) { try export.write(to: folder.path + "/model.gguf") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        #expect(throws: CheckpointError.self) { try export.write(to: "/nowhere/model.gguf") }
    }
}
