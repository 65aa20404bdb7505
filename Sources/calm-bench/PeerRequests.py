"""What the other sides of calm-bench's commands about real models share; it stands in front of each of them.

One JSON request a line on standard input, one JSON answer a line on standard output.
"""

import json, os, resource, sys, time


def load(path, dtype):
    """A model of transformers from a folder or a .gguf file."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    if os.path.isdir(path):
        return transformers.AutoModelForCausalLM.from_pretrained(path, dtype=dtype)
    folder, name = os.path.split(path)
    return transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=dtype)


def peak():
    """The most bytes that this process ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def serve(requests):
    """Answers requests by their name `do`, until there are no more."""
    for line in sys.stdin:
        try:
            request = json.loads(line)
            if request["do"] not in requests:
                raise ValueError(f"unknown request {request['do']}")
            answer = requests[request["do"]](request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


class Stepping:
    """Something that is trained: opened, then a step a request."""

    def __init__(self, make):
        self.make, self.training = make, None

    def hello(self, request):
        import torch, transformers

        return {"version": f"PyTorch {torch.__version__}, transformers {transformers.__version__}"}

    def open(self, request):
        self.training = self.make(request)
        return {}

    def step(self, request):
        wall, cpu = time.perf_counter(), time.process_time()
        loss = self.training.step(request)
        return {
            "loss": loss, "seconds": time.perf_counter() - wall, "processor": time.process_time() - cpu, "peak": peak()
        }

    def serve(self):
        serve({"hello": self.hello, "open": self.open, "step": self.step})
