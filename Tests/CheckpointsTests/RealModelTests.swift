import Checkpoints
import Foundation
import Testing

/// The real models at hand, in the folder that CALM_TEST_MODELS names.
enum RealModels {
    static let folder = ProcessInfo.processInfo.environment["CALM_TEST_MODELS"]

    static let names = ["SmolLM2-135M-Instruct.Q4_1.gguf", "gemma-3-270m-q4_k_m.gguf", "qwen2.5-coder-0.5b.gguf"]
        .filter { name in folder.map { FileManager.default.fileExists(atPath: $0 + "/" + name) } ?? false }
}

/// `Fixtures/real-models.json` has the CRC-32 of each tensor as the `gguf` package dequantises it.
@Suite(
    .enabled(
        if: RealModels.folder != nil, "CALM_TEST_MODELS names no folder with the files of Fixtures/real-models.json"
    ))
struct RealModelTests {
    @Test("there is at least one of the models")
    func thereLeastOneModels() {
        #expect(
            !RealModels.names.isEmpty, "none of the files of Fixtures/real-models.json is in \(RealModels.folder ?? "")"
        )
    }

    @Test(
        "every tensor of a real model equals the reference's bit for bit", arguments: RealModels.names)
    func everyTensorRealModelEquals(name: String) throws {
        let expected = try #require(try readJSON(try fixture("real-models.json"))[name]?.members)
        let file = try GGUFFile(try #require(RealModels.folder) + "/" + name)
        #expect(file.tensors.count == expected.count)
        for (tensorName, entry) in expected.members {
            let tensor = try #require(file[tensorName])
            #expect(tensor.typeName == entry.elements?.first?.string)
            #expect(try checksum(tensor) == entry.elements?.last?.integer, "\(tensorName)")
        }
    }

    @Test(
        "a real model opens in no time, and nothing of it is copied", arguments: RealModels.names)
    func realModelOpensNoTime(name: String) throws {
        let path = try #require(RealModels.folder) + "/" + name
        _ = try GGUFFile(path)
        let start = ContinuousClock.now
        let file = try GGUFFile(path)
        // Milliseconds in a release build; the limit leaves room for an unoptimised one on a busy machine.
        #expect(ContinuousClock.now - start < .seconds(1))
        #expect(file.value("tokenizer.ggml.tokens")?.array?.count ?? 0 > 40_000)
    }
}
