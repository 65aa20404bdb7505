"""The other side of `calm-bench tuning`: one JSON request a line on standard input, one JSON answer a line on standard output.

A model of transformers is trained further as PyTorch's documentation has it, eager or compiled, with fused AdamW; in bfloat16
under autocast. Seconds are wall and processor seconds.
"""

import json, os, resource, sys, time


class Training:
    def __init__(self, request):
        import torch, transformers

        transformers.utils.logging.set_verbosity_error()
        torch.set_num_threads(request["threads"])
        self.request = request
        folder, name = os.path.split(request["model"])
        if os.path.isdir(request["model"]):
            self.model = transformers.AutoModelForCausalLM.from_pretrained(request["model"], dtype=torch.float32)
        else:
            self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
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

    def step(self, factor):
        import torch

        wall, cpu = time.perf_counter(), time.process_time()
        for group in self.optimizer.param_groups:
            group["lr"] = self.request["rate"] * factor
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.request["precision"] == "bfloat16"):
            logits = self.forward(self.ids[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]).float(), self.ids[:, 1:].reshape(-1)
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return {
            "loss": loss.item(),
            "seconds": time.perf_counter() - wall,
            "processor": time.process_time() - cpu,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


def hello():
    import torch, transformers

    return {"version": f"PyTorch {torch.__version__}, transformers {transformers.__version__}"}


training = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if request["do"] == "hello":
            answer = hello()
        elif request["do"] == "open":
            training = Training(request)
            answer = {}
        elif request["do"] == "step":
            answer = training.step(request["factor"])
        else:
            raise ValueError(f"no request is called {request['do']}")
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
