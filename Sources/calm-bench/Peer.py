"""The PyTorch side of calm-bench: one JSON request a line on standard input, one JSON answer a line on standard output.

Written as a PyTorch user would who wants speed on a CPU: fused AdamW, scaled_dot_product_attention, torch.compile if asked,
frozen models under no_grad, preallocated key-value caches. Weights and tokens come from safetensors files that the other
side wrote, so that both sides train the same model on the same sequences.
"""

import json, struct, sys, time

import torch
import torch.nn as nn
import torch.nn.functional as F

TYPES = {"F32": torch.float32, "I64": torch.int64, "I32": torch.int32, "U16": torch.uint16, "U8": torch.uint8}


def read_safetensors(path):
    data = bytearray(open(path, "rb").read())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        kind = TYPES[entry["dtype"]]
        values = torch.frombuffer(data, dtype=kind, count=(end - start) // kind.itemsize, offset=8 + length + start)
        tensors[name] = values.clone().view(entry["shape"])
    return tensors


def rotary(positions, width, base):
    angles = torch.outer(torch.arange(positions).float(), base ** (-torch.arange(0, width, 2).float() / width))
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.attention_norm, self.mlp_norm = nn.RMSNorm(width, eps=1e-5), nn.RMSNorm(width, eps=1e-5)
        self.attention, self.mlp = nn.Module(), nn.Module()
        self.attention.qkv = nn.Linear(width, 3 * width, bias=False)
        self.attention.output = nn.Linear(width, width, bias=False)
        self.mlp.up = nn.Linear(width, hidden, bias=False)
        self.mlp.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x, cos, sin, cache=None, at=None, mask=None):
        B, T, D = x.shape
        q, k, v = self.attention.qkv(self.attention_norm(x)).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            k, v = store(cache, k, v, at, mask)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=cache is None)
        x = x + self.attention.output(y.transpose(1, 2).reshape(B, T, D))
        return x + self.mlp.down(F.gelu(self.mlp.up(self.mlp_norm(x)), approximate="tanh"))


def store(cache, k, v, at, mask):
    """Writes keys and values at positions `at`; all of the cache if there is a mask, else what is filled."""
    cache[0].index_copy_(2, at, k)
    cache[1].index_copy_(2, at, v)
    if mask is not None:
        return cache
    end = int(at[-1]) + 1
    return cache[0][:, :, :end], cache[1][:, :, :end]


class Decoder(nn.Module):
    def __init__(self, c, positions):
        super().__init__()
        self.embedding = nn.Embedding(c["vocabulary"], c["width"])
        self.blocks = nn.ModuleList(Block(c["width"], c["heads"], c["hidden"]) for _ in range(c["layers"]))
        self.norm = nn.RMSNorm(c["width"], eps=1e-5)
        self.output = nn.Linear(c["width"], c["vocabulary"], bias=False)
        cos, sin = rotary(positions, c["width"] // c["heads"], 10_000.0)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.load_state_dict(read_safetensors(c["weights"]))

    def forward(self, tokens, scored, targets):
        h = self.embedding(tokens)
        T = tokens.shape[1]
        for block in self.blocks:
            h = block(h, self.cos[:T], self.sin[:T])
        return F.cross_entropy(self.output(self.norm(h.flatten(0, 1)[scored])).float(), targets)

    def caches(self, batch, length):
        return [torch.zeros(2, batch, b.heads, length, self.embedding.embedding_dim // b.heads).unbind(0) for b in self.blocks]

    def advance(self, tokens, at, caches, mask):
        h = self.embedding(tokens)
        for block, cache in zip(self.blocks, caches):
            h = block(h, self.cos[at], self.sin[at], cache, at, mask)
        return self.output(self.norm(h[:, -1])).argmax(-1, keepdim=True)


class Connection(nn.Module):
    def __init__(self, source, width, heads):
        super().__init__()
        self.heads = heads
        self.projection = nn.Linear(source, width, bias=False)
        self.cross_attention = nn.Module()
        self.cross_attention.query = nn.Linear(width, width, bias=False)
        self.cross_attention.kv = nn.Linear(width, 2 * width, bias=False)
        self.cross_attention.output = nn.Linear(width, width, bias=False)

    def forward(self, h, states, cos, sin, cache=None, at=None, mask=None):
        B, T, D = h.shape
        q = self.cross_attention.query(F.rms_norm(h, (D,), eps=1e-5)).view(B, T, self.heads, -1).transpose(1, 2)
        kv = self.cross_attention.kv(self.projection(F.rms_norm(states, states.shape[-1:], eps=1e-5)))
        k, v = kv.view(B, T, 2, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            k, v = store(cache, k, v, at, mask)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=cache is None)
        return h + self.cross_attention.output(y.transpose(1, 2).reshape(B, T, D))


class Composed(nn.Module):
    def __init__(self, c, positions):
        super().__init__()
        self.anchor, self.augmenting = Decoder(c["anchor"], positions), Decoder(c["augmenting"], positions)
        for model in (self.anchor, self.augmenting):
            model.requires_grad_(False)
        self.pairs, heads, width = [tuple(pair) for pair in c["connections"]], c["anchor"]["heads"], c["anchor"]["width"]
        own = nn.ModuleDict()
        for a, b in self.pairs:
            own[f"{a}-{b}"] = Connection(c["augmenting"]["width"], width, heads)
        own.load_state_dict({k.removeprefix("augmenting.0.connections."): v for k, v in read_safetensors(c["weights"]).items()})
        self.own, self.lowest = own, min(b for _, b in self.pairs)
        self.depth = max(a for a, _ in self.pairs) + 1
        cos, sin = rotary(positions, width // heads, c["base"])
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, tokens, scored, targets):
        T, states, anchor = tokens.shape[1], [], self.anchor
        with torch.no_grad():
            s = self.augmenting.embedding(tokens)
            for block in self.augmenting.blocks[: self.depth]:
                s = block(s, self.augmenting.cos[:T], self.augmenting.sin[:T])
                states.append(s)
            h = anchor.embedding(tokens)
            for block in anchor.blocks[: self.lowest + 1]:
                h = block(h, anchor.cos[:T], anchor.sin[:T])
        for index in range(self.lowest, len(anchor.blocks)):
            if index > self.lowest:
                h = anchor.blocks[index](h, anchor.cos[:T], anchor.sin[:T])
            for a, b in self.pairs:
                if b == index:
                    h = self.own[f"{a}-{b}"](h, states[a], self.cos[:T], self.sin[:T])
        return F.cross_entropy(anchor.output(anchor.norm(h.flatten(0, 1)[scored])).float(), targets)

    def caches(self, batch, length):
        width, heads = self.anchor.embedding.embedding_dim, self.anchor.blocks[0].heads
        own = [torch.zeros(2, batch, heads, length, width // heads).unbind(0) for _ in self.pairs]
        return [self.anchor.caches(batch, length), self.augmenting.caches(batch, length), own]

    def advance(self, tokens, at, caches, mask):
        anchor, states = self.anchor, []
        s = self.augmenting.embedding(tokens)
        for block, cache in zip(self.augmenting.blocks[: self.depth], caches[1]):
            s = block(s, self.augmenting.cos[at], self.augmenting.sin[at], cache, at, mask)
            states.append(s)
        h = anchor.embedding(tokens)
        for index, (block, cache) in enumerate(zip(anchor.blocks, caches[0])):
            h = block(h, anchor.cos[at], anchor.sin[at], cache, at, mask)
            for (a, b), own in zip(self.pairs, caches[2]):
                if b == index:
                    h = self.own[f"{a}-{b}"](h, states[a], self.cos[at], self.sin[at], own, at, mask)
        return anchor.output(anchor.norm(h[:, -1])).argmax(-1, keepdim=True)


class Sequences:
    """A token corpus in batches, padded to the longest: causal attention never looks at what follows."""

    def __init__(self, path, batch, fixed):
        corpus = read_safetensors(path)
        offsets, tokens = corpus["offsets"].tolist(), corpus["tokens"].to(torch.int32).tolist()
        marks = corpus["scored"].tolist()
        self.items = [(tokens[a:b], marks[a:b]) for a, b in zip(offsets, offsets[1:])]
        longest = max(len(t) for t, _ in self.items) - 1
        self.batches = [self.pack(self.items[i : i + batch], longest if fixed else 0) for i in range(0, len(self.items), batch)]

    @staticmethod
    def pack(items, longest):
        T = max(longest, max(len(t) for t, _ in items) - 1)
        x = torch.zeros(len(items), T, dtype=torch.long)
        scored, targets = [], []
        for row, (tokens, marks) in enumerate(items):
            x[row, : len(tokens) - 1] = torch.tensor(tokens[:-1])
            for place in range(1, len(tokens)):
                if marks[place]:
                    scored.append(row * T + place - 1)
                    targets.append(tokens[place])
        return x, torch.tensor(scored), torch.tensor(targets)


class Training:
    def __init__(self, r):
        self.data = Sequences(r["corpus"], r["batch"], r["compile"])
        positions = max(x.shape[1] for x, _, _ in self.data.batches)
        self.model = Composed(r["model"], positions) if "anchor" in r["model"] else Decoder(r["model"], positions)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.parameters, self.bf16, self.at = trained, r["bf16"], 0
        self.optimizer = torch.optim.AdamW(trained, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
        self.function = torch.compile(self.model) if r["compile"] else self.model

    def loss(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.function(*self.data.batches[self.at % len(self.data.batches)])

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.at += 1
        return loss

    def run(self, steps):
        for _ in range(steps):
            loss = self.step()
        return loss.item()


class Decoding:
    def __init__(self, r):
        self.prompts = torch.tensor(r["prompts"])
        self.new, self.compiled = r["new"], r["compile"]
        length = self.prompts.shape[1] + self.new
        self.model = (Composed(r["model"], length) if "anchor" in r["model"] else Decoder(r["model"], length)).eval()
        self.length, self.batch = length, r["batch"]
        self.next = torch.compile(self.model.advance) if self.compiled else self.model.advance

    @torch.inference_mode()
    def run(self, repeats):
        for _ in range(repeats):
            answers = [self.answer(prompts) for prompts in self.prompts.split(self.batch)]
        return torch.cat(answers)[:2].tolist()

    def answer(self, prompts):
        B, P = prompts.shape
        caches = self.model.caches(B, self.length)
        row = torch.arange(self.length)
        out = []
        at = torch.arange(P)
        token = self.model.advance(prompts, at, caches, row[None, :] <= at[:, None])
        for position in range(P, P + self.new):
            out.append(token)
            if position == P + self.new - 1:
                break
            at = torch.tensor([position])
            # A compiled step must keep its shapes: it attends to the whole cache through a mask.
            token = self.next(token, at, caches, (row <= position)[None] if self.compiled else None)
        return torch.cat(out, 1)


def memory(figure):
    for line in open("/proc/self/status"):
        if line.startswith(figure):
            return int(line.split()[1]) * 1024


def answer(request, jobs):
    kind = request["do"]
    if kind == "hello":
        return {"torch": torch.__version__}
    if kind == "threads":
        torch.set_num_threads(request["count"])
        return {}
    if kind == "train":
        before = memory("VmRSS")
        job = jobs[request["id"]] = Training(request)
        with torch.no_grad():
            loss = job.loss().item()
        job.run(3)
        return {"loss": loss, "before": before}
    if kind == "decode":
        job = jobs[request["id"]] = Decoding(request)
        job.run(1)
        return {"answers": job.run(1)}
    if kind == "run":
        start = time.perf_counter()
        jobs[request["id"]].run(request["count"])
        return {"seconds": time.perf_counter() - start}
    if kind == "peak":
        return {"peak": memory("VmHWM")}
    if kind == "forget":
        jobs.clear()
        return {}
    raise ValueError(f"no such request: {kind}")


def main():
    torch.manual_seed(0)
    jobs = {}
    out = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), jobs)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(reply), file=out, flush=True)


main()
