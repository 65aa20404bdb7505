import Foundation
import LanguageModels
import Tensors
import Testing

/// Whole models in fast arithmetic beside exact Float32. `CALM_VECTOR_WIDTH` in the environment limits the kernels of a process to
/// a width, so the tests of the others run in processes of their own.
@Suite("arithmetic of whole models")
struct ArithmeticTests {
    private static let environment = ProcessInfo.processInfo.environment

    private func check(
        _ model: Decoder, _ ids: [Int32], leading: [Int32] = [], decoded: Int, sequences: Int,
        _ bounds: ArithmeticDifference.Bounds
    ) -> ArithmeticComparison {
        let one = ArithmeticComparison(model, ids, leading: leading, threads: 1, decoded: decoded, sequences: sequences)
        let three = ArithmeticComparison(
            model, ids, leading: leading, threads: 3, decoded: decoded, sequences: sequences)
        #expect(one.exactDigest == three.exactDigest, "threads change exact results")
        for ((name, difference), (_, other)) in zip(one.parts, three.parts) {
            #expect(difference.otherNats == other.otherNats, "threads change fast results: \(name)")
            let violations = difference.violations(bounds)
            #expect(violations.isEmpty, "\(name) at \(VectorWidth.current): \(violations)")
        }
        return one
    }

    /// Of random models, whose likeliest tokens are often close to the next.
    private static let randomBounds = ArithmeticDifference.Bounds(
        sameShare: 0.8, loss: 0.6, logProbability: 0.4, divergence: 0.005, bitsChange: 0.005)

    @Test(
        "a model with weights of each plain type, in half precision and in bfloat16",
        arguments: ["llama-quantised.gguf", "qwen3"])
    func fixture(_ name: String) throws {
        let model = try PretrainedModel("\(FamilyTests.Fixture.folder)/\(name)").decoder
        let ids = (0..<60).map { Int32($0 * 7919 % 37) }
        let found = check(model, ids, decoded: 20, sequences: 6, Self.randomBounds)
        #expect(found.parts.map { $0.difference.positions } == [40, 20, 60])
        // Else nothing fast was computed.
        #expect(found.parts.contains { $0.difference.greatestLogit > 0 })
    }

    @Test("a model with weights of every quantised type")
    func blocks() throws {
        let found = check(
            try RandomBlocks.decoder(), (0..<160).map { Int32($0 * 7919 % 61) }, decoded: 20, sequences: 10,
            Self.randomBounds)
        // Else nothing fast was computed.
        let isFast = Int8Product.isFast([.q41], rows: 1, columns: 32)
        #expect((found.decoding.greatestLogit > 1e-4) == isFast)
    }

    @Test(
        "all of this at each narrower width of vectors", .enabled(if: !VectorWidth.current.narrower.isEmpty),
        arguments: VectorWidth.current.narrower)
    func inProcesses(_ width: VectorWidth) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--filter", "ArithmeticTests"]
        process.environment = Self.environment.merging([VectorWidth.variable: width.rawValue]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && text.contains("computed at \(width.rawValue)"), "\(text)")
    }

    @Test("a process says at which width it computes", .enabled(if: VectorWidth.limit != nil))
    func width() throws {
        let profile = try NumericProfile.current()
        print("computed at \(VectorWidth.current.rawValue), \(profile)")
        #expect(!profile.hasBFloat16 && !Int8Product.isNative)
        #expect(Self.environment["OPENBLAS_CORETYPE"] != nil || profile.blasKernels != "Cooperlake")
    }

    @Test("real models of CALM_TEST_MODELS", .enabled(if: environment["CALM_TEST_MODELS"] != nil))
    func real() throws {
        let folder = try #require(Self.environment["CALM_TEST_MODELS"])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".gguf") }
        #expect(!names.isEmpty, "no .gguf file in \(folder)")
        let text = try String(contentsOfFile: #filePath, encoding: .utf8)
        for name in names.sorted() {
            let opened = try TextModel(path: "\(folder)/\(name)")
            let model = try #require(opened.pretrained).decoder
            let ids = Array(try opened.text.tokenizer.encode(text).map(\.id).prefix(512))
            _ = check(
                model, ids, leading: opened.text.tokenizer.leadingTokens, decoded: 64, sequences: 16, .fast)
        }
    }
}

/// Matrices of random blocks of weights, of every quantised type in turn.
private struct RandomBlocks: FrozenMatrix {
    let type: ElementType
    let rows: Int
    let columns: Int
    private let bytes: [UInt8]
    var floats: UnsafePointer<Float>? { nil }
    var storedTypes: [ElementType] { [type] }

    static func decoder() throws -> Decoder {
        let types = ElementType.allCases.filter { $0.blockElements > 1 }
        var made = 0
        let configuration = DecoderConfiguration(vocabulary: 61, width: 256, layers: 2, heads: 4, hiddenWidth: 512)
        return try Decoder(
            configuration,
            frozen: { _, shape in
                guard shape.count > 1 else {
                    return FloatMatrix(rows: 1, columns: shape[0]) { $0.update(repeating: 1, count: shape[0]) }
                }
                made += 1
                return RandomBlocks(types[made % types.count], rows: shape[0], columns: shape[1], seed: UInt64(made))
            })
    }

    /// Elements with a standard deviation near 1 / √columns.
    init(_ type: ElementType, rows: Int, columns: Int, seed: UInt64) {
        (self.type, self.rows, self.columns) = (type, rows, columns)
        var random = RandomGenerator(seed: seed, "blocks")
        let size = type.blockBytes
        var bytes = (0..<rows * columns / type.blockElements * size).map { _ in
            UInt8(truncatingIfNeeded: random.next())
        }
        // Scale and minimum, which make the elements of a block about as often positive as negative.
        let (scale, minimum): (Float16, Float16?) =
            switch type {
            case .q80: (0.0009, nil)
            case .q40: (0.0136, nil)
            case .q41: (0.0136, -0.1)
            case .q50: (0.0068, nil)
            case .q51: (0.0068, -0.1)
            case .q4K: (0.0004, 0.003)
            case .q5K: (0.0002, 0.003)
            default: (0.00005, nil)
            }
        for block in stride(from: 0, to: bytes.count, by: size) {
            func put(_ half: Float16, at place: Int) {
                bytes[block + place] = UInt8(half.bitPattern & 0xff)
                bytes[block + place + 1] = UInt8(half.bitPattern >> 8)
            }
            put(scale, at: type == .q6K ? 208 : 0)
            if let minimum { put(minimum, at: 2) }
        }
        self.bytes = bytes
    }

    func read(_ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) {
        readStored(range) { _, _, stored in
            type.dequantize(stored, into: UnsafeMutableBufferPointer(start: buffer, count: range.count * columns))
        }
    }

    func readStored(_ range: Range<Int>, _ body: (Range<Int>, ElementType, UnsafeRawBufferPointer) -> Void) {
        let size = columns / type.blockElements * type.blockBytes
        bytes.withUnsafeBytes {
            body(range, type, UnsafeRawBufferPointer(rebasing: $0[range.lowerBound * size..<range.upperBound * size]))
        }
    }
}
