"""Makes continuations.json: continuations of prompts scored with transformers by the tiny chat model beside it, as the multiple-choice
tasks of EleutherAI's lm-evaluation-harness score them (lm_eval/models/huggingface.py, _encode_pair and _loglikelihood_tokens).
Run: python make_continuations.py (transformers 5.14, torch 2.13)."""
import json
import pathlib

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = pathlib.Path(__file__).parent
tokenizer = AutoTokenizer.from_pretrained(HERE / "tiny-chat")
model = AutoModelForCausalLM.from_pretrained(HERE / "tiny-chat", dtype=torch.float32).eval()


def encode(text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def loglikelihood(context, continuation):
    if context == "":
        before, scored = [tokenizer.bos_token_id], encode(continuation)
    else:
        spaces = len(context) - len(context.rstrip())
        if spaces > 0:
            context, continuation = context[:-spaces], context[-spaces:] + continuation
        whole = encode(context + continuation)
        before = encode(context)
        before, scored = whole[:len(before)], whole[len(before):]
    with torch.no_grad():
        log = torch.log_softmax(model(torch.tensor([before + scored])).logits[0], -1)
    return scored, [-float(log[len(before) + i - 1, token]) for i, token in enumerate(scored)]


RECORDS = [
    ("the cat sat on", "", [" the mat", " the dog", " a very long and unlikely mat indeed"], 0),
    ("where is the ", "", ["cat", "dog?", "\u00e9t\u00e9"], 2),
    ("", "", ["the cat", " x", "<|im_end|>"], 1),
    ("Question: o\u00f9?\nAnswer:", " ", ["ici", "l\u00e0-bas", "la mer"], 1),
    ("<|im_start|>user\nhi<|im_end|>\n", "", ["yes", "no"], None),
]
records = []
for prompt, delimiter, continuations, answer in RECORDS:
    scores = [loglikelihood(prompt, delimiter + c) for c in continuations]
    sums = [-sum(nats) for _, nats in scores]
    normed = [s / len(c.encode()) for s, c in zip(sums, continuations)]
    records.append({
        "prompt": prompt, "delimiter": delimiter, "continuations": continuations, "answer": answer,
        "ids": [ids for ids, _ in scores], "nats": [nats for _, nats in scores],
        "likeliest": sums.index(max(sums)), "likeliest_per_byte": normed.index(max(normed))})
(HERE / "continuations.json").write_text(json.dumps(records, indent=1, ensure_ascii=True) + "\n")
for record in records:
    print(record["prompt"], record["likeliest"], record["likeliest_per_byte"], record["answer"], record["ids"])
