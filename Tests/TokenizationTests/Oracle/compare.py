"""Compares calm's tokenizers with Hugging Face's on random and adversarial strings: ids and places must be equal.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python compare.py FOLDER/*.json [--count 100000] [--seed 1] [--encoder COMMAND]

COMMAND is run with FILE replaced by the tokenizer's file and CONTROL by `parse` or `text`, which says whether control
tokens in text are read as such. It reads lines of {"text"} and writes lines of {"ids", "ends"}.

Hugging Face gives places in characters, calm in bytes: a token that ends within a character ends there by bytes, and at
the character's end once rounded up. Takes some ten minutes a dozen tokenizers; `make_tokenizers.py` makes those of real
models.
"""

import argparse
import bisect
import itertools
import json
import shlex
import subprocess
import sys

from tokenizers import Tokenizer

from strings import long_strings, strings


def ours(encoder, control, path, texts):
    command = [word.replace("FILE", path).replace("CONTROL", control) for word in shlex.split(encoder)]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    result = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    found = [json.loads(line) for line in result.splitlines()]
    assert len(found) == len(texts), f"{len(texts)} texts, {len(found)} results"
    return [(result["ids"], result["ends"]) for result in found]


def compare(encoder, path, texts, mode):
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = mode == "text"
    wrong_ids = wrong_ends = 0
    results = ours(encoder, mode, path, texts)
    for start in range(0, len(texts), 5000):
        batch = texts[start:start + 5000]
        for text, theirs, (ids, ends) in zip(
                batch, tokenizer.encode_batch(batch, add_special_tokens=False), results[start:start + 5000]):
            if ids != theirs.ids:
                wrong_ids += 1
                if wrong_ids <= 3:
                    print(f"  ids differ: {text[:200]!r}\n    theirs {theirs.tokens[:40]} {theirs.ids[:40]}\n    ours {ids[:40]}")
                continue
            byte = list(itertools.accumulate((len(c.encode()) for c in text), initial=0))
            rounded = [byte[bisect.bisect_left(byte, end)] for end in ends]
            expected = [byte[end] for _, end in theirs.offsets]
            if rounded != expected:
                wrong_ends += 1
                if wrong_ends <= 3:
                    print(f"  ends differ: {text[:200]!r}\n    {theirs.tokens[:40]}\n    theirs {expected[:40]}\n    ours {ends[:40]}")
    return wrong_ids, wrong_ends


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--encoder", default="calm tokenize FILE --jsonl - --bos no --special CONTROL")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    texts = strings(options.count, options.seed) + long_strings()
    failed = False
    for path in options.files:
        for mode, selected in (("parse", texts), ("text", texts[:options.count // 5])):
            wrong_ids, wrong_ends = compare(options.encoder, path, selected, mode)
            failed = failed or wrong_ids + wrong_ends > 0
            print(f"{path} {mode}: {len(selected)} strings, ids differ in {wrong_ids}, ends in {wrong_ends}", flush=True)
    sys.exit(1 if failed else 0)


main()
