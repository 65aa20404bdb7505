"""Makes the fixtures beside it: small tokenizers of each kind, and what Hugging Face `tokenizers` makes of texts.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python make-fixtures.py

Each NAME.json is a tokenizer.json; cases.json holds, for each tokenizer and text, the ids with control tokens parsed and
not, where each token ends in bytes (a token within a character ends, for Hugging Face, where the character does), and
the text that the ids decode to.
"""

import itertools
import json
import pathlib
import struct
import sys
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "Oracle"))
from strings import strings  # noqa: E402

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN = LLAMA3.replace("{1,3}", "")
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK = [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
            "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"]
# Everything that the engine for other patterns knows.
MANY = [r"(?<=\p{L})\p{N}+?|\b\w{2,3}?\b|^\s*$|(?>a+)b|x*+y|\P{L}{3,}|[^\W\d_]+|(?<!a)b|$",
        r"[\p{Greek}\p{Cyrillic}]+|\d{2}|\D\S|\x{e9}+|\u00e9|[a-c-e]|\.|(?i:[a-c]k|S)+|(ab|a)(bc|c)?",
        r"(?:ab)*|(?:a|ab)(?:c|bcd)(?:d*)|[\p{L}&&[^\p{Han}]]+?(?=h)|\A|.+?$|\s*"]
CORPUS = strings(3000, 1000) + ["the theme of the then three thin things that they thought"] * 40

TEXTS = [
    "", " ", "  ", "\n", "a", "Hello world", " Hello  world ", "\t\ttabs\n\n\nlines\r\n  x", "it's IT'S 'ſ we'LL 'tis '",
    "x = 1234567 + ٣٣½²Ⅷ", "e\u0301a\u0323\u0301 가\u11a8 \u1100\u1161\u11a8 Å\u212b \u0958 \u2adc", "Việt Nam — “déjà vu” naïve",
    "你好，世界。こんにちは 안녕하세요", "สวัสดี नमस्ते שלום عَرَبِيّ ქართული", "😀👩‍👩‍👧🇲🇼✨", "▁▁ literal ▁marks▁", "a:<s>->b<s></s> <unk>",
    "<|im_start|>user\nhi<|im_end|>\n<|endoftext|>", "<tool_call>{}</tool_call><|im_sta", "  <mask>  and   <mask>word <mask>",
    "word<single>word <single> (<single>)", "<0x41><0x0A> bytes", "\x00\x01\x7f\x80\x9f\u200b\ufeff\ufffd\u2028\u2029", "\ufb01 ﷺ ㎏ Ｆｕｌｌ ſ K",
    "\U0001F1F2\U000E0067\U00010330\U0002F800\U000F0000\U0010FFFF", " " * 40 + "x" + " " * 33, "\n" * 45, "ab" * 60, "a\u0301" * 30,
    "the " * 30, "THE the The tHe", "don't.Stop!?...---===>>>", "foo_bar.baz(qux)[0]{1};\n    return None\n", "\u00a0nbsp\u3000wide\u2003em",
    "\ud55c\uae00" * 10, "1 12 123 1234 12345", "'''''", "mixed٣a3b½c", "\u0345\u0300\u0301 start with marks", "q\u0307\u0323 d\u0307\u0323",
    "trailing space ", "trailing newline\n", " leading", "\r\r\n\n\r", "a\rb\nc\r\nd", "İIıi ẞß ΑΣ Σ",
]


def add(tokenizer, *tokens, **flags):
    tokenizer.add_tokens([AddedToken(token, **{"special": True, "normalized": False} | flags) for token in tokens])


def byte_level(regex=None, normalizer=None, digits=False, prefix=False, size=700, ignore_merges=False, alphabet=True):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    steps = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    for pattern in [regex] if isinstance(regex, str) else regex or []:
        steps.append(pre_tokenizers.Split(Regex(pattern), "isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex is None))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=size, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else []))
    add(tokenizer, "<|endoftext|>", "<|im_start|>", "<|im_end|>")
    add(tokenizer, "<tool_call>", "</tool_call>", special=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def generate_merges(vocab, scores):
    """The merges of a vocabulary with scores, as transformers' converters make them."""
    merges = []
    for piece, score in scores.items():
        local = [(piece[:i], piece[i:], score) for i in range(1, len(piece)) if piece[:i] in vocab and piece[i:] in vocab]
        merges += sorted(local, key=lambda m: (vocab[m[0]], vocab[m[1]]))
    merges.sort(key=lambda m: (m[2], len(m[0]), len(m[1])), reverse=True)
    return [(left, right) for left, right, _ in merges]


def sentencepiece(normalizer=None, pre_tokenizer=None, strip=True, normalized=False):
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=900, show_progress=False, limit_alphabet=250,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]))
    vocab = json.loads(tokenizer.to_str())["model"]["vocab"]
    # Pairs of pieces have the same score, so that its order counts.
    merges = generate_merges(vocab, {piece: -(id // 2) for piece, id in vocab.items() if id >= 259})
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps + [decoders.Strip(" ", 1, 0)] if strip else steps)
    add(tokenizer, "<unk>", "<s>", "</s>", normalized=normalized)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    return tokenizer


def unigram(normalizer, pre_tokenizer, decoder, byte_fallback=False):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    extra = [f"<0x{b:02X}>" for b in range(256)] if byte_fallback else []
    # Each character needs a token, so few scripts.
    corpus = ["".join(c for c in text if ord(c) < 0x180 or "α" <= c <= "ω") for text in CORPUS]
    tokenizer.train_from_iterator(corpus, trainers.UnigramTrainer(
        vocab_size=600 + len(extra), show_progress=False, special_tokens=["<unk>", "<s>"] + extra, unk_token="<unk>"))
    if byte_fallback:
        model = json.loads(tokenizer.to_str())["model"]
        tokenizer.model = models.Unigram([tuple(p) for p in model["vocab"]], 0, True)
    tokenizer.decoder = decoder
    return tokenizer


def prepended():
    return normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])


def odd():
    """Added tokens of every kind, over a vocabulary that lacks characters."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", continuing_subword_prefix="##", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("contiguous"),
                                                       pre_tokenizers.Digits(individual_digits=False)])
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=500, show_progress=False, limit_alphabet=40, special_tokens=["[UNK]"], continuing_subword_prefix="##",
        end_of_word_suffix="</w>"))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=True, normalized=False)])
    tokenizer.add_tokens([AddedToken("<single>", single_word=True, normalized=False), AddedToken("the", single_word=True),
                          AddedToken("THEY", normalized=True), AddedToken("ß", normalized=True)])
    tokenizer.decoder = decoders.Fuse()
    return tokenizer


def character_map(replacements):
    """What SentencePiece calls a precompiled character map: a double array of the texts, and the replacements."""
    root = {}
    pool, places = b"", {}
    for old, new in replacements.items():
        if new not in places:
            places[new] = len(pool)
            pool += new.encode() + b"\0"
        node = root
        for byte in old.encode():
            node = node.setdefault(byte, {})
        node[0] = places[new]
    units, used = {0: 0}, {0}

    def place(node, at):
        base = next(b for b in itertools.count(256) if b ^ at < 1 << 21 and all(b ^ byte not in used for byte in node))
        units[at] |= (base ^ at) << 10 | (1 << 8 if 0 in node else 0)
        used.update(base ^ byte for byte in node)
        for byte, child in node.items():
            units[base ^ byte] = child if byte == 0 else byte
        for byte, child in node.items():
            if byte != 0:
                place(child, base ^ byte)

    place(root, 0)
    size = (max(units) | 255) + 1
    return struct.pack(f"<I{size}I", 4 * size, *(units.get(index, 0) for index in range(size))) + pool


def mapped():
    """Unigram with the character map of a few texts: of one, two and three scalars, to none, fewer and more."""
    found = {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in [*range(0xA0, 0x100), *range(0xFB00, 0xFB07), *range(0xFF01, 0xFF5F)]
             if unicodedata.normalize("NFKC", chr(c)) != chr(c)}
    for base in "AEOaeou":
        for mark in "\u0300\u0301\u0308":
            found[base + mark] = unicodedata.normalize("NFC", base + mark)
    found |= {"\t": " ", "\n": " ", "\r": " ", "\u200b": "", "\ufeff": "", "\u00ad": "", "\u33cf": "kt", "\ufdfa": "صلى الله عليه وسلم", "ab": "x",
              "\u1100": "g", "\u0915": "k", "\u0600": "#", "\u00a9": "(c)", "ſ": "s", "²": "2"}
    tokenizer = unigram(normalizers.Sequence([normalizers.Precompiled(character_map(found)), normalizers.Replace(Regex(" {2,}"), " ")]),
                        pre_tokenizers.Metaspace(), decoders.Metaspace())
    add(tokenizer, "<unk>", "</s>")
    return tokenizer


def word_piece(cleanup=True, **options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(
        vocab_size=700, show_progress=False, limit_alphabet=180, special_tokens=["[UNK]", "[CLS]", "[SEP]"]))
    tokenizer.decoder = decoders.WordPiece(cleanup=cleanup)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return tokenizer


def suffixed():
    """The first BPE: words end with a mark."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=500, show_progress=False, limit_alphabet=120, special_tokens=["<unk>", "<s>"], end_of_word_suffix="</w>"))
    tokenizer.decoder = decoders.BPEDecoder()
    return tokenizer


TOKENIZERS = {
    "gpt2": lambda: byte_level(),
    "smollm": lambda: byte_level(digits=True, alphabet=False),
    "qwen": lambda: byte_level(QWEN, normalizers.NFC()),
    "llama3": lambda: byte_level(LLAMA3, ignore_merges=True),
    "tekken": lambda: byte_level(TEKKEN, ignore_merges=True),
    "deepseek": lambda: byte_level(DEEPSEEK),
    "many-patterns": lambda: byte_level(MANY),
    "prefixed": lambda: byte_level(prefix=True),
    "mistral": lambda: sentencepiece(prepended()),
    "gemma": lambda: sentencepiece(normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"), strip=False),
    "llama-first": lambda: sentencepiece(pre_tokenizer=pre_tokenizers.Metaspace(prepend_scheme="first", split=False)),
    "llama-normalized": lambda: sentencepiece(prepended(), normalized=True),
    "unigram": lambda: unigram(normalizers.NFKC(), pre_tokenizers.Metaspace(), decoders.Metaspace()),
    "unigram-bytes": lambda: unigram(
        normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip()]),
        pre_tokenizers.Metaspace(prepend_scheme="first"), decoders.Metaspace(prepend_scheme="first"), byte_fallback=True),
    "odd": odd,
    "mapped": mapped,
    "word-pieces": word_piece,
    "word-pieces-plain": lambda: word_piece(
        cleanup=False, clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False),
    "suffixed": suffixed,
}


def trained(texts, name, size, steps, normalizer=None, **options):
    """What training on the texts of the cases gives."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel(trim_offsets=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, show_progress=False, special_tokens=["<|endoftext|>", "<pad>"], **options))
    tokenizer.save(str(HERE / f"{name}.json"), pretty=False)


def trained_on_file():
    """What training on a file gives, which is read line by line."""
    path = HERE / "lines.txt"
    path.write_bytes("".join([
        "def f(x):\n    if x:\n\n        return x\n\n\n", "the then\r\n\r\nthere  \n  that's\n", "1234 12 345\n\n \n",
        "\u4f60\u597d \u4f60\u597d\n\n\u4f60\u597d\n", "no line break at the end of the file"] * 3).encode())
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel(trim_offsets=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.train([str(path)], trainers.BpeTrainer(
        vocab_size=310, show_progress=False, special_tokens=["<|endoftext|>", "<pad>"], min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.save(str(HERE / "trained-lines.json"), pretty=False)


def main():
    trained_on_file()
    texts = TEXTS + strings(25, 5)
    trained(texts, "trained", 600, [pre_tokenizers.ByteLevel(add_prefix_space=False)],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    trained(texts, "trained-qwen", 400, [
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Split(Regex(QWEN), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)], normalizers.NFC(), min_frequency=3)
    cases = {}
    for name, make in TOKENIZERS.items():
        path = HERE / f"{name}.json"
        if not path.exists():
            # Training isn't quite reproducible; delete a file to make it again.
            make().save(str(path), pretty=False)
        tokenizer = Tokenizer.from_file(str(path))
        cases[name] = []
        for text in texts:
            ends = list(itertools.accumulate((len(c.encode()) for c in text), initial=0))
            tokenizer.encode_special_tokens = True
            plain = tokenizer.encode(text, add_special_tokens=False).ids
            tokenizer.encode_special_tokens = False
            encoding = tokenizer.encode(text, add_special_tokens=False)
            cases[name].append({
                "text": text, "ids": encoding.ids, "ends": [ends[end] for _, end in encoding.offsets],
                "plain": plain, "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=False),
                "skipped": tokenizer.decode(encoding.ids, skip_special_tokens=True)})
    lines = [f'"{name}": [\n' + ",\n".join(json.dumps(case, ensure_ascii=True) for case in found) + "]"
             for name, found in cases.items()]
    (HERE / "cases.json").write_text("{" + ",\n".join(lines) + "}\n")


main()
