"""Makes the tokenizer.json of real models from the vocabularies that can be had, and what they make of a few texts.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 gguf==0.19.0 sentencepiece numpy
    venv/bin/python make_tokenizers.py OUT gpt2=gpt2.tiktoken llama3=tokenizer.model qwen2=qwen.tiktoken \\
        mistral=tokenizer.model.v1 smollm2=SmolLM2.gguf gemma3=gemma-3.gguf [--cases real.json]

They are configured as the files of the models are; transformers' own reading of GGUF isn't (it knows no `smollm`
pre-tokenizer and forgets Qwen's NFC).
"""

import base64
import hashlib
import itertools
import json
import os
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

from strings import strings

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN = LLAMA3.replace("{1,3}", "")


def byte_alphabet():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (b for b in range(256) if b not in printable)
    return {b: chr(b) for b in printable} | {b: chr(256 + n) for n, b in enumerate(others)}


ALPHABET = byte_alphabet()


def written(token):
    return "".join(ALPHABET[b] for b in token)


def from_ranks(path, **options):
    """A BPE model by tiktoken's ranks: a token is the merge of the two that are left when merging stops before it."""
    ranks = {}
    with open(path, "rb") as file:
        for line in file:
            if line.strip():
                token, rank = line.split()
                ranks[base64.b64decode(token)] = int(rank)
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        parts = [bytes([b]) for b in token]
        while len(parts) > 2:
            best = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], rank))
            if ranks.get(parts[best] + parts[best + 1], rank) >= rank:
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        if len(parts) == 2:
            merges.append((written(parts[0]), written(parts[1])))
    return BPE({written(token): rank for token, rank in ranks.items()}, merges, **options)


def from_scores(pieces, scores, selected):
    """A BPE model by SentencePiece's scores, as transformers' converters make it."""
    vocab = {piece: id for id, piece in enumerate(pieces)}
    merges = []
    for id in selected:
        piece = pieces[id]
        local = [(piece[:i], piece[i:], scores[id]) for i in range(1, len(piece)) if piece[:i] in vocab and piece[i:] in vocab]
        merges += sorted(local, key=lambda m: (vocab[m[0]], vocab[m[1]]))
    merges.sort(key=lambda m: (m[2], len(m[0]), len(m[1])), reverse=True)
    return BPE(vocab, [(a, b) for a, b, _ in merges], byte_fallback=True, fuse_unk=True, unk_token="<unk>")


def add(tokenizer, tokens, special=True):
    tokenizer.add_tokens([AddedToken(token, special=special, normalized=False) for token in tokens])


def byte_level(model, regex=None, digits=False):
    tokenizer = Tokenizer(model)
    steps = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    if regex:
        steps.append(pre_tokenizers.Split(Regex(regex), "isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=regex is None))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def spaced(model, prefix):
    tokenizer = Tokenizer(model)
    replace = normalizers.Replace(" ", "▁")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), replace]) if prefix else replace
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps + [decoders.Strip(" ", 1, 0)] if prefix else steps)
    return tokenizer


def gpt2(path):
    tokenizer = byte_level(from_ranks(path))
    add(tokenizer, ["<|endoftext|>"])
    return tokenizer


def llama3(path):
    tokenizer = byte_level(from_ranks(path, ignore_merges=True), LLAMA3)
    add(tokenizer, ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])
    return tokenizer


def qwen2(path):
    tokenizer = byte_level(from_ranks(path), QWEN)
    tokenizer.normalizer = normalizers.NFC()
    add(tokenizer, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return tokenizer


def mistral(path):
    import sentencepiece
    file = sentencepiece.SentencePieceProcessor(model_file=path)
    ids = range(file.get_piece_size())
    selected = [id for id in ids if not (file.is_control(id) or file.is_unknown(id) or file.is_byte(id))]
    tokenizer = spaced(from_scores([file.id_to_piece(i) for i in ids], [file.get_score(i) for i in ids], selected), True)
    add(tokenizer, ["<unk>", "<s>", "</s>"])
    return tokenizer


def gguf_keys(path):
    import gguf
    fields = gguf.GGUFReader(path).fields
    return {name: fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "scores", "token_type", "merges")
            if f"tokenizer.ggml.{name}" in fields}


def smollm2(path):
    keys = gguf_keys(path)
    vocab = {token: id for id, token in enumerate(keys["tokens"])}
    tokenizer = byte_level(BPE(vocab, [tuple(m.split(" ")) for m in keys["merges"]]), digits=True)
    add(tokenizer, [token for token, kind in zip(keys["tokens"], keys["token_type"]) if kind == 3])
    return tokenizer


def gemma3(path):
    keys = gguf_keys(path)
    kinds = keys["token_type"]
    # Runs of spaces are stored with spaces.
    pieces = [token.replace(" ", "▁") if set(token) == {" "} else token for token in keys["tokens"]]
    tokenizer = spaced(from_scores(pieces, keys["scores"], [id for id, kind in enumerate(kinds) if kind in (1, 4)]), False)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    add(tokenizer, [piece for piece, kind in zip(pieces, kinds) if kind == 3])
    add(tokenizer, [piece for piece, kind in zip(pieces, kinds) if kind == 4], special=False)
    return tokenizer


def main():
    arguments = sys.argv[1:]
    cases_path = arguments.pop(arguments.index("--cases") + 1) if "--cases" in arguments else None
    arguments = [argument for argument in arguments if argument != "--cases"]
    found = []
    for argument in arguments[1:]:
        name, path = argument.split("=", 1)
        tokenizer = globals()[name](path)
        tokenizer.save(os.path.join(arguments[0], f"{name}.json"), pretty=False)
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        cases = []
        for text in strings(25, 11):
            encoding = tokenizer.encode(text, add_special_tokens=False)
            ends = list(itertools.accumulate((len(c.encode()) for c in text), initial=0))
            cases.append({"text": text, "ids": encoding.ids, "ends": [ends[end] for _, end in encoding.offsets]})
        found.append({"name": name, "bytes": os.path.getsize(path), "sha256": digest, "cases": cases})
    if cases_path:
        with open(cases_path, "w") as file:
            file.write("[" + ",\n".join(json.dumps(entry) for entry in found) + "]\n")


main()
