"""Writes decoder.safetensors: an independent implementation of the decoder in PyTorch, as an oracle for the whole model.

    python make_decoder_fixture.py        # torch 2.13.0, CPU, one thread

Two sequences, each run on its own (no packing, no padding): logits at the scored rows, their mean loss, every gradient,
and the losses of ten AdamW steps on the same batch (clip 1, betas 0.9/0.98, warm-up 3, cosine over 10, decay 0.1 on
matrices only).
"""

import json, math, pathlib, struct
import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_num_threads(1)
V, OUT, D, L, H, FF, BASE, EPS = 13, 11, 24, 2, 3, 40, 100.0, 1e-5
SEQUENCES = [[1, 12, 9, 5, 3, 0, 2], [7, 11, 10, 4]]  # tokens; from the third on they are targets


def parameter(*shape, deviation):
    return torch.nn.Parameter(torch.randn(*shape) * deviation)


W = {"embedding.weight": parameter(V, D, deviation=0.5)}
for layer in range(L):
    name = f"blocks.{layer}"
    W[f"{name}.attention_norm.weight"] = torch.nn.Parameter(1 + 0.1 * torch.randn(D))
    W[f"{name}.attention.qkv.weight"] = parameter(3 * D, D, deviation=D**-0.5)
    W[f"{name}.attention.output.weight"] = parameter(D, D, deviation=D**-0.5)
    W[f"{name}.mlp_norm.weight"] = torch.nn.Parameter(1 + 0.1 * torch.randn(D))
    W[f"{name}.mlp.up.weight"] = parameter(FF, D, deviation=D**-0.5)
    W[f"{name}.mlp.down.weight"] = parameter(D, FF, deviation=FF**-0.5)
W["norm.weight"] = torch.nn.Parameter(1 + 0.1 * torch.randn(D))
W["output.weight"] = parameter(OUT, D, deviation=D**-0.5)


def norm(x, gain):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS) * gain


def rotate(x):  # [H, T, c]
    c = x.shape[-1]
    angles = torch.arange(x.shape[1])[:, None] * BASE ** (-torch.arange(0, c, 2) / c)
    cos, sin = angles.cos(), angles.sin()
    a, b = x[..., : c // 2], x[..., c // 2 :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def forward(tokens):
    h = W["embedding.weight"][torch.tensor(tokens)]
    for layer in range(L):
        name = f"blocks.{layer}"
        q, k, v = (norm(h, W[f"{name}.attention_norm.weight"]) @ W[f"{name}.attention.qkv.weight"].T).chunk(3, -1)
        q, k, v = (x.view(len(tokens), H, D // H).transpose(0, 1) for x in (q, k, v))
        mixed = F.scaled_dot_product_attention(rotate(q)[None], rotate(k)[None], v[None], is_causal=True)[0]
        h = h + mixed.transpose(0, 1).reshape(len(tokens), D) @ W[f"{name}.attention.output.weight"].T
        up = norm(h, W[f"{name}.mlp_norm.weight"]) @ W[f"{name}.mlp.up.weight"].T
        h = h + F.gelu(up, approximate="tanh") @ W[f"{name}.mlp.down.weight"].T
    return norm(h, W["norm.weight"]) @ W["output.weight"].T


def batch():
    logits = torch.cat([forward(s[:-1])[1:] for s in SEQUENCES])
    targets = torch.tensor([t for s in SEQUENCES for t in s[2:]])
    return logits, F.cross_entropy(logits, targets)


out = {f"weights.{k}": v.detach().clone() for k, v in W.items()}
logits, loss = batch()
loss.backward()
out["logits"], out["loss"] = logits.detach(), loss.detach().view(1)
out |= {f"gradients.{k}": v.grad.clone() for k, v in W.items()}

groups = [
    {"params": [p for p in W.values() if p.dim() > 1], "weight_decay": 0.1},
    {"params": [p for p in W.values() if p.dim() == 1], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.98), eps=1e-8)
losses = []
for step in range(10):
    factor = (step + 1) / 3 if step < 3 else 0.5 * (1 + math.cos(math.pi * (step - 3) / 7))
    for group in optimizer.param_groups:
        group["lr"] = 1e-2 * factor
    optimizer.zero_grad()
    _, loss = batch()
    losses.append(loss.item())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(W.values(), 1.0)
    optimizer.step()
out["losses"] = torch.tensor(losses)

header, payload = {}, b""
for name, tensor in out.items():
    data = tensor.contiguous().numpy().tobytes()
    header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(payload), len(payload) + len(data)]}
    payload += data
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
path = pathlib.Path(__file__).with_name("decoder.safetensors")
path.write_bytes(struct.pack("<Q", len(text)) + text + payload)
print(path.stat().st_size, "bytes; losses", [round(x, 4) for x in losses])
