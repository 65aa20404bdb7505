"""Makes the fixtures of CheckpointsTests with the reference implementations.

    pip install gguf==0.19.0 safetensors==0.8.0 numpy torch transformers==5.24.0 accelerate
    python make_fixtures.py                     # blocks.gguf, blocks.float32, metadata.gguf, tiny-llama/
    python make_fixtures.py real FILE.gguf …    # real-models.json: a CRC-32 for each dequantised tensor of these files
"""

import json
import pathlib
import sys
import zlib

import gguf
import numpy as np

here = pathlib.Path(__file__).parent
T = gguf.GGMLQuantizationType
BLOCK_TYPES = [T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K]
# Where the half-precision scales of a block are.
SCALES = {
    T.Q8_0: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}


def blocks():
    """Random blocks of each type, and what the reference makes of them. All bits are random but the scales', which are
    finite numbers of every size, zero and subnormal ones too."""
    random = np.random.default_rng(19)
    writer = gguf.GGUFWriter(here / "blocks.gguf", "llama")
    expected = b""
    for kind in BLOCK_TYPES:
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        rows, per_row = 8, 4 if elements == 32 else 1
        data = random.integers(0, 256, (rows * per_row, size), dtype=np.uint8)
        for offset in SCALES[kind]:
            halves = random.integers(0, 0x7C00, rows * per_row, dtype=np.uint16)
            halves |= random.integers(0, 2, rows * per_row, dtype=np.uint16) << np.uint16(15)
            halves[0], halves[1] = 0x8000, 0x0001
            data[:, offset : offset + 2] = halves.view(np.uint8).reshape(-1, 2)
        data = data.reshape(rows, per_row * size)
        writer.add_tensor(f"{kind.name}", data, raw_dtype=kind)
        values = gguf.dequantize(data, kind)
        assert values.shape == (rows, per_row * elements) and np.isfinite(values).all()
        expected += values.astype("<f4").tobytes()
    wide = random.standard_normal((3, 5)).astype(np.float32)
    brain = gguf.quantize(wide, T.BF16)
    for name, data, kind in [("F32", wide, None), ("F16", wide.astype(np.float16), None), ("BF16", brain, T.BF16)]:
        writer.add_tensor(name, data, raw_dtype=kind)
        expected += (wide if kind is None and name == "F32" else gguf.dequantize(data, T[name])).astype("<f4").tobytes()
    finish(writer)
    (here / "blocks.float32").write_bytes(expected)


def metadata():
    """A key of every type."""
    writer = gguf.GGUFWriter(here / "metadata.gguf", "qwen2")
    writer.add_uint8("a.uint8", 200)
    writer.add_int8("a.int8", -100)
    writer.add_uint16("a.uint16", 60000)
    writer.add_int16("a.int16", -30000)
    writer.add_uint32("a.uint32", 4000000000)
    writer.add_int32("a.int32", -2000000000)
    writer.add_float32("a.float32", 0.1)
    writer.add_uint64("a.uint64", 2**63)
    writer.add_int64("a.int64", -(2**63))
    writer.add_float64("a.float64", 0.1)
    writer.add_bool("a.bool", True)
    writer.add_string("a.string", "Malaŵi 🇲🇼")
    writer.add_array("a.strings", ["", "one", "näïve", "\u2581two"])
    writer.add_array("a.integers", [1, -2, 3])
    writer.add_array("a.floats", [0.5, -1.25])
    writer.add_array("a.bools", [True, False])
    writer.add_custom_alignment(64)
    writer.add_tensor("first", np.arange(6, dtype=np.float32).reshape(2, 3))
    writer.add_tensor("second", np.arange(24, dtype=np.float16).reshape(2, 3, 4))
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def folder():
    """A tiny Llama in three shards, as transformers saves it, and the sum of each tensor."""
    import torch
    from safetensors.torch import load_file
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(19)
    configuration = LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, tie_word_embeddings=False)
    model = LlamaForCausalLM(configuration).to(torch.bfloat16)
    model.generation_config = GenerationConfig(eos_token_id=[2, 7], bos_token_id=1)
    target = here / "tiny-llama"
    model.save_pretrained(target, max_shard_size="5KB")
    (target / "chat_template.jinja").write_text("{{ messages[0].content }}")
    (target / "tokenizer_config.json").write_text(json.dumps(
        {"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>", "chat_template": "not this one",
         "model_max_length": 1000000000000000019884624838656}, indent=2))
    sums = {}
    for shard in sorted(target.glob("*.safetensors")):
        for name, tensor in load_file(shard).items():
            sums[name] = {"shape": list(tensor.shape), "crc32": zlib.crc32(tensor.float().numpy().tobytes())}
    (target / "expected.json").write_text(json.dumps(sums, indent=1, sort_keys=True) + "\n")


def real(paths):
    result = {}
    for path in map(pathlib.Path, paths):
        tensors = {}
        for tensor in gguf.GGUFReader(path).tensors:
            values = gguf.dequantize(tensor.data, tensor.tensor_type).astype("<f4", copy=False)
            tensors[tensor.name] = [tensor.tensor_type.name, zlib.crc32(np.ascontiguousarray(values))]
        result[path.name] = tensors
    (here / "real-models.json").write_text(
        "{\n" + ",\n".join(
            f' {json.dumps(name)}: {{\n' + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in t.items()) + "\n }"
            for name, t in result.items()) + "\n}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["real"]:
        real(sys.argv[2:])
    else:
        blocks()
        metadata()
        folder()
