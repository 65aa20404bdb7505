"""Writes ../Fixtures/pieces.json: small SentencePiece models of both kinds, and the pieces of texts by SentencePiece itself.

    python3 -m venv venv && venv/bin/pip install sentencepiece==0.2.3 protobuf
    venv/bin/python make_pieces.py

Where two ways to cut a text are equally likely but for rounding, version 0.2.0 may choose the other one.
"""

import base64
import io
import json
import pathlib
import random
import sys
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent / "EvaluationTests" / "Oracle"))
from texts import text

# A map as that of `nmt_nfkc`, but small: spaces of many kinds, a character that goes, long and short rules with one beginning.
RULES = [
    ("A", "20"), ("9", "20"), ("D", "20"), ("A0", "20"), ("3000", "20"), ("2003", "20"), ("200B", ""), ("FB01", "66 69"), ("FF21", "41"),
    ("65 301", "E9"), ("61 308", "E4"), ("61 308 327", "4E"), ("61 61", "62"), ("61 61 61 61", "20 63 20"), ("BD", "31 2044 32"),
]
KINDS = {
    "plain": {},
    "symbols": {"user_defined_symbols": ["<sep>", "cat", "  x"], "control_symbols": ["<c>"]},
    "spaces": {"remove_extra_whitespaces": False, "add_dummy_prefix": False},
    "suffix": {"treat_whitespace_as_suffix": True},
}


def model(kind, options, corpus, rules, generator):
    written = io.BytesIO()
    size = {"vocab_size": 400, "hard_vocab_limit": False} if kind == "unigram" else {"vocab_size": 340}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=written, minloglevel=2, model_type=kind, normalization_rule_tsv=rules,
        character_coverage=0.98, **size, **options)
    message = sentencepiece_model_pb2.ModelProto()
    message.ParseFromString(written.getvalue())
    message.trainer_spec.ClearField("input")
    # Pieces that are known, but not in use.
    for piece in message.pieces:
        if piece.type == piece.NORMAL and len(piece.piece) > 1 and generator.random() < 0.1:
            piece.type = piece.UNUSED
        # Symbols that are part of longer pieces.
        elif "user_defined_symbols" in options and piece.piece in ("th", "nu", "at", "55", "er", "on", "..", "he", "mb", "ca", "sa"):
            piece.type = piece.USER_DEFINED
            # Which is ignored in a unigram model.
            piece.score = -20
    return message.SerializeToString()


def main():
    generator = random.Random(8)
    corpus = [f"the cat sat on the mat number {i} of {i * i}" for i in range(300)]
    corpus += ["".join(c for c in text(generator) if c not in "\0\r\n") for _ in range(150)]
    texts = [text(generator) for _ in range(60)]
    texts += [
        "", " ", "  lead and trail  ", "\u2581a\u2581b \u2581", "\u3000\u3000x\u200b y\u200b", "aa aaa aaaa aaaaa a\u0308 a\u0308\u0327", "cat<sep>cat  x  x cats",
        "<c> a <unk> <s>", "\u200b", "12\u00bd \ufb01n \uff21", "5555555 ...... ,,,", "the cat sat on the mat number 55 of 3025", "thnumbersatcathe",
    ]
    models = []
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write("".join(f"{source}\t{target}\n" for source, target in RULES))
        rules.flush()
        for kind in ("unigram", "bpe"):
            for name, options in KINDS.items():
                written = model(kind, options, corpus, rules.name, generator)
                processor = sentencepiece.SentencePieceProcessor(model_proto=written)
                models.append({
                    "name": f"{kind}-{name}", "model": base64.b64encode(written).decode(),
                    "pieces": [processor.EncodeAsPieces(text) for text in texts],
                })
    fixture = {"texts": texts, "models": models}
    path = pathlib.Path(__file__).parent.parent / "Fixtures" / "pieces.json"
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")


assert sentencepiece.__version__ == "0.2.3"
main()
