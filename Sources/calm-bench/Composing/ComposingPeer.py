"""The other side of `calm-bench compose-real`.

The same composition in PyTorch: two models of transformers, frozen, and cross-attention between them, which is trained with fused
AdamW. Nothing is differentiated that needn't be: the augmenting model and the anchor below the lowest connection run without
gradients, or are computed once and kept. In bfloat16 the frozen models have such weights, and the connections are under autocast.
"""

def turned(x, positions, base):
    """Rotary positions of [B, heads, S, c], pairs (i, i + c/2)."""
    import torch

    half = x.shape[-1] // 2
    frequencies = base ** (-torch.arange(half, dtype=torch.float64) * 2 / x.shape[-1])
    angles = (positions[..., None].double() * frequencies)[:, None].float()
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Composition:
    def __init__(self, request):
        import torch, safetensors.torch

        torch.set_num_threads(request["threads"])
        self.request = request
        self.isHalf = request["precision"] != "float32"
        dtype = torch.bfloat16 if self.isHalf else torch.float32
        self.anchor, self.augmenting = (
            load(request[which], dtype).eval().requires_grad_(False) for which in ("anchor", "augmenting")
        )
        # One that reads stored activations, and one that doesn't.
        start = safetensors.torch.load_file(request["weights"])
        self.both = [{name: tensor.clone().requires_grad_() for name, tensor in start.items()} for _ in range(2)]
        self.optimizers = [
            torch.optim.AdamW(
                weights.values(), lr=request["rate"], betas=(0.9, 0.98), eps=1e-8, weight_decay=request["decay"], fused=True
            )
            for weights in self.both
        ]
        self.ids = torch.tensor(request["ids"])
        longest = max(len(own) for own in request["own"])
        pad = lambda rows, value: torch.tensor([row + [value] * (longest - len(row)) for row in rows])
        self.own, self.keyPositions = pad(request["own"], 0), pad(request["positions"], 0)
        cuts = torch.tensor(request["cuts"])[..., None]
        self.sees = (cuts > 0).to(torch.float32)
        self.mask = (torch.arange(longest) < cuts.clamp(min=1))[:, None]
        self.connections = [tuple(pair) for pair in request["connections"]]
        self.lowest = min(anchor for _, anchor in self.connections)
        self.kept = None

    def blocks(self, model, h, first, end):
        """The residual stream behind each block from `first` to before `end`."""
        import torch

        positions = torch.arange(h.shape[1])[None]
        turns = model.model.rotary_emb(h, positions)
        for index in range(first, end):
            h = model.model.layers[index](h, attention_mask=None, position_ids=positions, position_embeddings=turns)
            yield index, h[0] if isinstance(h, tuple) else h

    def frozen(self):
        """The augmenting model's states by block, and the anchor's behind its lowest connected one."""
        import torch

        with torch.no_grad():
            depth = max(augmenting for augmenting, _ in self.connections) + 1
            wanted = {augmenting for augmenting, _ in self.connections}
            h = self.augmenting.model.embed_tokens(self.own)
            states = {i: h for i, h in self.blocks(self.augmenting, h, 0, depth) if i in wanted}
            h = self.anchor.model.embed_tokens(self.ids[:, :-1])
            for _, h in self.blocks(self.anchor, h, 0, self.lowest + 1):
                pass
            return states, h

    def connect(self, h, states, augmenting, anchor):
        import torch
        from torch.nn import functional as F

        name = f"augmenting.0.connections.{augmenting}-{anchor}"
        w = lambda part: self.weights[f"{name}.{part}.weight"]
        heads, base = self.request["heads"], self.request["base"]
        split = lambda x: x.unflatten(-1, (heads, -1)).transpose(1, 2)
        positions = torch.arange(h.shape[1])[None]
        source = F.linear(F.rms_norm(states, states.shape[-1:], eps=1e-5), w("projection"))
        keys, values = F.linear(source, w("cross_attention.kv")).chunk(2, -1)
        queries = F.linear(F.rms_norm(h, h.shape[-1:], eps=1e-5), w("cross_attention.query"))
        keys, queries = turned(split(keys), self.keyPositions, base), turned(split(queries), positions, base)
        mixed = F.scaled_dot_product_attention(queries, keys, split(values), attn_mask=self.mask)
        mixed = mixed.transpose(1, 2).flatten(2) * self.sees.to(mixed.dtype)
        return h + F.linear(mixed, w("cross_attention.output"))

    def step(self, request):
        import torch

        stored = request["stored"]
        self.weights, optimizer = self.both[stored], self.optimizers[stored]
        if stored and self.kept is None:
            self.kept = self.frozen()
        states, h = self.kept if stored else self.frozen()
        for group in optimizer.param_groups:
            group["lr"] = self.request["rate"] * request["factor"]
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.isHalf):
            positions = torch.arange(h.shape[1])[None]
            turns = self.anchor.model.rotary_emb(h, positions)
            for index in range(self.lowest, len(self.anchor.model.layers)):
                if index > self.lowest:
                    h = self.anchor.model.layers[index](
                        h, attention_mask=None, position_ids=positions, position_embeddings=turns
                    )
                for augmenting, anchor in self.connections:
                    if anchor == index:
                        h = self.connect(h, states[augmenting], augmenting, anchor)
            logits = self.anchor.lm_head(self.anchor.model.norm(h))
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), self.ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights.values(), 1.0)
        optimizer.step()
        return loss.item()


Stepping(Composition).serve()
