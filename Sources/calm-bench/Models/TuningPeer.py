"""The other side of `calm-bench tuning`.

A model of transformers is trained further as PyTorch's documentation has it, eager or compiled, with fused AdamW; in bfloat16
under autocast. Seconds are wall and processor seconds.
"""


class Training:
    def __init__(self, request):
        import torch

        torch.set_num_threads(request["threads"])
        self.request = request
        self.model = load(request["model"], torch.float32)
        self.model.train()
        self.forward = torch.compile(self.model) if request["compiled"] else self.model
        table = self.model.get_input_embeddings().weight
        decayed = [p for p in self.model.parameters() if p.dim() > 1 and p is not table]
        others = [p for p in self.model.parameters() if p.dim() == 1 or p is table]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": request["decay"]}, {"params": others, "weight_decay": 0.0}],
            lr=request["rate"], betas=(0.9, 0.98), eps=1e-8, fused=True,
        )
        self.ids = torch.tensor(request["ids"])

    def step(self, request):
        import torch

        for group in self.optimizer.param_groups:
            group["lr"] = self.request["rate"] * request["factor"]
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.request["precision"] == "bfloat16"):
            logits = self.forward(self.ids[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]).float(), self.ids[:, 1:].reshape(-1)
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()


Stepping(Training).serve()
