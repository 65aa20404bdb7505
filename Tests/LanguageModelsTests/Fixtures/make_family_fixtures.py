"""Makes Fixtures/families: a tiny random checkpoint of each family, and what transformers computes with it in fp32.

    pip install torch==2.13.0 transformers==5.24.0 gguf==0.19.0 safetensors && python3 make_family_fixtures.py

A folder NAME is a Hugging Face checkpoint, NAME.gguf the same weights as llama.cpp's converter writes them. Beside it lies
NAME.expected.safetensors: `ids` [T], `hidden` [L + 1, T, d] (the residual stream behind so many blocks, the last one behind
the last norm) and `logits` [T, V].
"""
import json, os, shutil
import gguf
import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import (
    Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig, GPT2Config, GPT2LMHeadModel, LlamaConfig,
    LlamaForCausalLM, MistralConfig, MistralForCausalLM, Phi3Config, Phi3ForCausalLM, Qwen2Config, Qwen2ForCausalLM,
    Qwen3Config, Qwen3ForCausalLM)

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "families")
LENGTH = 24
common = dict(vocab_size=37, hidden_size=24, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=64)
six = dict(common, num_hidden_layers=6, hidden_size=16, intermediate_size=12)
MODELS = {
    "llama": (LlamaConfig, LlamaForCausalLM, common),
    "llama-biases-scaled": (LlamaConfig, LlamaForCausalLM, dict(
        common, head_dim=10, attention_bias=True, mlp_bias=True, tie_word_embeddings=True, max_position_embeddings=512,
        rope_parameters=dict(rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0,
                             high_freq_factor=4.0, original_max_position_embeddings=16))),
    "llama-linear": (LlamaConfig, LlamaForCausalLM, dict(
        common, rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=4.0))),
    "llama-yarn": (LlamaConfig, LlamaForCausalLM, dict(
        common, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=256,
        rope_parameters=dict(rope_type="yarn", rope_theta=1000.0, factor=4.0, original_max_position_embeddings=64))),
    "mistral": (MistralConfig, MistralForCausalLM, dict(common, sliding_window=5)),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, dict(common, tie_word_embeddings=True, sliding_window=3)),
    "qwen2-window": (Qwen2Config, Qwen2ForCausalLM, dict(
        common, use_sliding_window=True, sliding_window=5, max_window_layers=1)),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, dict(common, head_dim=16)),
    "gemma2": (Gemma2Config, Gemma2ForCausalLM, dict(
        common, head_dim=8, query_pre_attn_scalar=13, sliding_window=5, attn_logit_softcapping=3.0,
        final_logit_softcapping=5.0)),
    "gemma3": (Gemma3TextConfig, Gemma3ForCausalLM, dict(
        six, num_key_value_heads=1, head_dim=8, query_pre_attn_scalar=8, sliding_window=5)),
    "phi3": (Phi3Config, Phi3ForCausalLM, dict(
        common, sliding_window=5, pad_token_id=0, original_max_position_embeddings=64)),
    "phi3-long": (Phi3Config, Phi3ForCausalLM, dict(
        common, pad_token_id=0, max_position_embeddings=1024, original_max_position_embeddings=64,
        rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=[1.0, 1.2, 1.5],
                             long_factor=[2.0, 3.0, 4.0], original_max_position_embeddings=64))),
    "gpt2": (GPT2Config, GPT2LMHeadModel, dict(vocab_size=37, n_embd=24, n_layer=2, n_head=4, n_positions=32)),
}


def expected(model, path):
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(0, 37, (1, LENGTH), generator=generator)
    with torch.no_grad():
        output = model.float().eval()(ids, output_hidden_states=True)
    save_file({
        "ids": ids[0].to(torch.int32).numpy(), "hidden": np.stack([h[0].numpy() for h in output.hidden_states]),
        "logits": output.logits[0].numpy().copy()}, path)


def unpermute(w, heads):
    """Halves next to each other, as the original Llama checkpoints and GGUF have them."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


BLOCK = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up",
    "ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm",
    "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
GEMMA = {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
         "post_feedforward_layernorm": "post_ffw_norm"}
TOP = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
       "transformer.wte": "token_embd", "transformer.wpe": "position_embd", "transformer.ln_f": "output_norm"}


def write_gguf(name, model, architecture, extra=(), types={}):
    """The model's tensors by GGUF's names; `types` quantises some, and gives the model the values that they then have."""
    c = model.config
    w = gguf.GGUFWriter(os.path.join(here, name + ".gguf"), architecture)
    w.add_block_count(c.num_hidden_layers)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_head_count(c.num_attention_heads)
    if architecture == "gpt2":
        w.add_feed_forward_length(4 * c.hidden_size)
        w.add_layer_norm_eps(c.layer_norm_epsilon)
    else:
        w.add_feed_forward_length(c.intermediate_size)
        w.add_head_count_kv(c.num_key_value_heads)
        w.add_layer_norm_rms_eps(c.rms_norm_eps)
        width = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
        w.add_key_length(width)
        w.add_value_length(width)
    for key, value in extra:
        (w.add_uint32 if isinstance(value, int) else w.add_float32)(f"{architecture}.{key}", value)
    state = model.state_dict()
    for key in list(state):
        stem, kind = key.rsplit(".", 1)
        if stem in TOP:
            if stem == "lm_head" and getattr(c, "tie_word_embeddings", False):
                continue
            target = TOP[stem]
        else:
            parts = stem.split(".")
            table = dict(BLOCK, **(GEMMA if architecture.startswith("gemma") else {}))
            target = f"blk.{parts[2]}.{table['.'.join(parts[3:])]}"
        tensor = state[key].float().numpy()
        if architecture == "gpt2" and tensor.ndim == 2 and stem.startswith("transformer.h."):
            tensor = tensor.T
        if architecture == "llama" and target.endswith("attn_q"):
            tensor = unpermute(tensor, c.num_attention_heads)
        if architecture == "llama" and target.endswith("attn_k"):
            tensor = unpermute(tensor, c.num_key_value_heads)
        if architecture.startswith("gemma") and "norm" in target:
            tensor = tensor + 1
        tensor = np.ascontiguousarray(tensor)
        kind_of = types.get(target.split(".")[-1])
        if kind_of is not None:
            packed = gguf.quants.quantize(tensor, kind_of)
            values = gguf.quants.dequantize(packed, kind_of)
            if architecture == "llama" and target.endswith(("attn_q", "attn_k")):
                heads = c.num_attention_heads if target.endswith("attn_q") else c.num_key_value_heads
                values = values.reshape(heads, -1, 2, values.shape[1]).swapaxes(1, 2).reshape(values.shape)
            state[key].copy_(torch.from_numpy(np.ascontiguousarray(values)))
            w.add_tensor(f"{target}.{kind}", packed, raw_dtype=kind_of)
        else:
            w.add_tensor(f"{target}.{kind}", tensor)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    expected(model, os.path.join(here, name + ".gguf.expected.safetensors"))


def make(name):
    configuration, model, options = MODELS[name]
    torch.manual_seed(7)
    m = model(configuration(**options, initializer_range=0.3))
    with torch.no_grad():
        for parameter in m.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.2)
    return m


shutil.rmtree(here, ignore_errors=True)
os.makedirs(here)
for name in MODELS:
    m = make(name)
    folder = os.path.join(here, name)
    if name == "qwen3":
        # Saved in bfloat16 and read back, so that the rotary frequencies are single precision.
        m.to(torch.bfloat16).save_pretrained(folder)
        m = type(m).from_pretrained(folder, dtype=torch.float32)
        expected(m, folder + ".expected.safetensors")
        continue
    m.save_pretrained(folder, max_shard_size="8KB" if name == "llama" else "1GB")
    expected(m, folder + ".expected.safetensors")

for name in MODELS:
    os.remove(os.path.join(here, name, "generation_config.json"))
write_gguf("qwen2", make("qwen2"), "qwen2", [("rope.freq_base", 10000.0)])
# GGUF can't say what scores are divided by: the root of the head's width.
MODELS["gemma2"][2]["query_pre_attn_scalar"] = 8
write_gguf("gemma2", make("gemma2"), "gemma2", [
    ("attention.sliding_window", 5), ("attn_logit_softcapping", 3.0), ("final_logit_softcapping", 5.0)])
write_gguf("gemma3", make("gemma3"), "gemma3", [("attention.sliding_window", 5), ("rope.freq_base", 1000000.0)])
write_gguf("phi3", make("phi3"), "phi3", [("attention.sliding_window", 5), ("rope.freq_base", 10000.0)])
write_gguf("gpt2", make("gpt2"), "gpt2")
wide = dict(common, hidden_size=32, intermediate_size=32, tie_word_embeddings=False)
MODELS["llama-quantised"] = (LlamaConfig, LlamaForCausalLM, wide)
Q = gguf.GGMLQuantizationType
write_gguf("llama-quantised", make("llama-quantised"), "llama", [("rope.freq_base", 10000.0)], {
    "token_embd": Q.Q8_0, "attn_q": Q.Q4_0, "attn_k": Q.Q4_1, "attn_v": Q.Q5_0, "attn_output": Q.Q5_1,
    "ffn_up": Q.F16, "ffn_gate": Q.BF16, "ffn_down": Q.Q8_0})
