"""Makes Fixtures/family-training.json: what 20 steps of AdamW in PyTorch lose on each checkpoint of Fixtures/families.

    pip install torch==2.13.0 transformers==5.24.0 safetensors && python3 make_family_training.py

The checkpoint's own `ids`, as two sequences of 12 tokens, are the batch of every step; matrices decay, vectors don't.
"""
import json, math, os
import torch
from safetensors.numpy import load_file
from transformers import AutoModelForCausalLM

here = os.path.dirname(os.path.abspath(__file__))
STEPS, WARMUP, RATE = 20, 3, 5e-3
losses = {}
for name in sorted(os.listdir(os.path.join(here, "families"))):
    folder = os.path.join(here, "families", name)
    if not os.path.isdir(folder):
        continue
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    # No token is padding here: each has a gradient.
    model.get_input_embeddings().padding_idx = None
    ids = torch.from_numpy(load_file(folder + ".expected.safetensors")["ids"]).long().view(2, 12)
    groups = [{"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.1},
              {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98), eps=1e-8)
    losses[name] = []
    for step in range(STEPS):
        after = math.pi * (step - WARMUP) / (STEPS - WARMUP)
        for group in optimizer.param_groups:
            group["lr"] = RATE * ((step + 1) / WARMUP if step < WARMUP else 0.5 * (1 + math.cos(after)))
        optimizer.zero_grad()
        logits = model(ids).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))
        losses[name].append(round(loss.item(), 6))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
with open(os.path.join(here, "family-training.json"), "w") as file:
    json.dump(losses, file, indent=1)
    file.write("\n")
