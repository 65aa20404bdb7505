import Checkpoints
import Testing

@Suite struct ExpectedTensorsTests {
    @Test("missing, misshapen, unreadable and surplus tensors are all listed")
    func missingMisshapenUnreadableSurplusTensors() throws {
        var gguf = GGUFBytes(tensors: 4)
        gguf.tensor("blk.0.attn_q.weight", [2, 3], type: 0, offset: 0)
        gguf.tensor("blk.0.attn_key.weight", [2], type: 0, offset: 32)
        gguf.tensor("token_embd.weight", [256], type: 10, offset: 64)
        gguf.tensor("rope_freqs.weight", [2], type: 0, offset: 160)
        gguf.data(192)
        let stored = try TemporaryFile(gguf.bytes)
        let file = try GGUFFile(stored.path)
        let problems = file.problems(
            expecting: [
                ExpectedTensor("blk.0.attn_q.weight", [2, 3]), ExpectedTensor("blk.0.attn_k.weight", [2]),
                ExpectedTensor("output_norm.weight", [2]),
            ], optional: [ExpectedTensor("token_embd.weight", [256]), ExpectedTensor("output.weight", [2])],
            ignoring: { $0 == "rope_freqs.weight" })
        #expect(
            problems == [
                "missing tensor 'blk.0.attn_k.weight' [2]; the nearest is 'blk.0.attn_key.weight'",
                "missing tensor 'output_norm.weight' [2]",
                "tensor 'blk.0.attn_q.weight': shape [3, 2], expected [2, 3]",
                "tensor 'token_embd.weight': element type Q2_K is not supported; supported types are "
                    + "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K",
                "surplus tensor 'blk.0.attn_key.weight' [2]",
            ])
    }

    @Test("nothing is said of a checkpoint that fits")
    func nothingSaidCheckpointFits() throws {
        let folder = try HuggingFaceFolder(try fixture("tiny-llama"))
        let expected = folder.weights.tensors.map { ExpectedTensor($0.name, $0.shape) }
        #expect(folder.weights.problems(expecting: expected) == [])
    }
}
