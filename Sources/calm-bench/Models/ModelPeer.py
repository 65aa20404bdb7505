"""The other side of `calm-bench models`.

Used as their documentation says: llama.cpp through xllamacpp with its default settings, transformers in eager mode with its own
cache and under inference_mode. Seconds are wall and processor seconds a token.
"""


class Llama:
    def __init__(self, request):
        import xllamacpp

        start = time.perf_counter()
        parameters = xllamacpp.CommonParams()
        parameters.model.path = request["model"]
        parameters.n_ctx = request["context"]
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = request["threads"]
        parameters.cpuparams_batch.n_threads = request["threads"]
        self.server = xllamacpp.Server(parameters)
        self.load = time.perf_counter() - start

    def complete(self, prompt, new):
        start = time.process_time()
        answer = self.server.handle_completions(
            {"prompt": prompt, "n_predict": new, "temperature": 0, "ignore_eos": True, "cache_prompt": False}
        )
        answer = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
        if "timings" not in answer:
            raise RuntimeError(f"llama.cpp answered {answer}")
        return answer["timings"], time.process_time() - start

    def run(self, prompt, new):
        first, first_cpu = self.complete(prompt, 1)
        all, all_cpu = self.complete(prompt, new)
        if all["predicted_n"] != new or all["prompt_n"] != len(prompt):
            raise RuntimeError(f"llama.cpp counted {all}")
        return {
            "prefill": min(first["prompt_ms"], all["prompt_ms"]) / 1000 / len(prompt),
            "decode": all["predicted_ms"] / 1000 / new,
            "prefillCPU": first_cpu / len(prompt),
            "decodeCPU": max(all_cpu - first_cpu, 1e-9) / (new - 1),
        }


class Transformers:
    def __init__(self, request):
        import torch

        torch.set_num_threads(request["threads"])
        start = time.perf_counter()
        self.model = load(request["model"], "auto" if os.path.isdir(request["model"]) else torch.float32)
        self.model.eval()
        self.load = time.perf_counter() - start

    def run(self, prompt, new):
        import torch

        with torch.inference_mode():
            wall, cpu = time.perf_counter(), time.process_time()
            answer = self.model(torch.tensor([prompt]), use_cache=True, logits_to_keep=1)
            token = answer.logits[:, -1].argmax(-1)
            middle, middle_cpu = time.perf_counter(), time.process_time()
            for _ in range(new):
                answer = self.model(token[:, None], past_key_values=answer.past_key_values, use_cache=True)
                token = answer.logits[:, -1].argmax(-1)
            end, end_cpu = time.perf_counter(), time.process_time()
        return {
            "prefill": (middle - wall) / len(prompt),
            "decode": (end - middle) / new,
            "prefillCPU": (middle_cpu - cpu) / len(prompt),
            "decodeCPU": (end_cpu - middle_cpu) / new,
        }


tokenizers = {}


def tokenize(request):
    import transformers

    path = request["model"]
    if path not in tokenizers:
        folder, name = os.path.split(path)
        where = {"pretrained_model_name_or_path": path} if os.path.isdir(path) else {
            "pretrained_model_name_or_path": folder, "gguf_file": name}
        tokenizers[path] = transformers.AutoTokenizer.from_pretrained(**where).backend_tokenizer
    start = time.perf_counter()
    count = len(tokenizers[path].encode(request["text"], add_special_tokens=False).ids)
    return {"seconds": time.perf_counter() - start, "count": count}


def hello(request):
    import importlib.metadata

    package = {"llama.cpp": "xllamacpp", "transformers": "transformers"}[request["which"]]
    __import__(package)
    return {"version": f"{package} {importlib.metadata.version(package)}"}


opened = None


def open_model(request):
    global opened
    opened = (Llama if request["which"] == "llama.cpp" else Transformers)(request)
    return {"load": opened.load}


def run(request):
    return opened.run(request["prompt"], request["new"])


def first(request):
    global opened
    start = time.perf_counter()
    opened = Llama(request)
    opened.complete(request["prompt"], 1)
    return {"seconds": time.perf_counter() - start, "peak": peak()}


serve({"hello": hello, "open": open_model, "run": run, "tokenize": tokenize, "first": first})
