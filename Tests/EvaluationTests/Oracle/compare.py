"""Compares `calm metric` with sacrebleu on random, hostile texts: scores, sentences, signatures, intervals and p-values.

    python3 -m venv venv && venv/bin/pip install sacrebleu==2.6.0 numpy==2.4.6
    venv/bin/python compare.py CALM [--rounds 100] [--seed 1]

Characters are those of this Python's Unicode, since `--tokenize intl` depends on its version.
"""

import argparse
import itertools
import json
import pathlib
import random
import subprocess
import tempfile

from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest

from texts import mutated, text

TOKENIZATIONS = ("13a", "intl", "char", "none", "zh")
SMOOTHINGS = (("exp", None), ("floor", None), ("add-k", None), ("none", None), ("add-k", 0.5), ("floor", 0.01))


def jobs(generator):
    lowercase = generator.random() < 0.3
    common = ["--lowercase"] if lowercase else []
    for words in (0, 2):
        metric = CHRF(word_order=words, lowercase=lowercase)
        yield ["chrf++" if words else "chrf", *common], metric, metric
    for tokenize, (method, value) in generator.sample(list(itertools.product(TOKENIZATIONS, SMOOTHINGS)), 4):
        options = {"lowercase": lowercase, "tokenize": tokenize, "smooth_method": method, "smooth_value": value, "force": True}
        words = ["bleu", *common, "--tokenize", tokenize, "--smooth", method]
        if value is not None:
            words += ["--smooth-value", str(value)]
        yield words, BLEU(**options), BLEU(effective_order=True, **options)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("calm")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generator = random.Random(arguments.seed)
    checks, worst = 0, 0.0

    def check(found, expected, place):
        nonlocal checks, worst
        checks += 1
        worst = max(worst, abs(found - expected))
        if not abs(found - expected) <= 1e-9:
            print("different:", place, found, expected, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for turn in range(arguments.rounds):
            count, most = generator.choice([1, 2, 5, 40, 200]), generator.choice([1, 1, 2, 3])
            references = [[text(generator) for _ in range(generator.randint(1, most))] for _ in range(count)]
            systems = {
                name: [mutated(generator, generator.choice(own)) for own in references] for name in ("system", "baseline")}
            for name, hypotheses in systems.items():
                lines = [
                    json.dumps({"hypothesis": hypothesis, "references": own}, ensure_ascii=generator.random() < 0.5) + "\n"
                    for hypothesis, own in zip(hypotheses, references)]
                (folder / name).write_text("".join(lines), encoding="utf-8", newline="")
            width = max(map(len, references))
            columns = [[own[i] if i < len(own) else None for own in references] for i in range(width)]
            for words, corpus, sentence in jobs(generator):
                place = (arguments.seed, turn, *words)
                is_paired = count <= 40 and generator.random() < 0.5
                command = [arguments.calm, "metric", *words, "--jsonl", folder / "system"]
                if is_paired:
                    command += ["--baseline", folder / "baseline"]
                found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
                check(found["score"], corpus.corpus_score(systems["system"], columns).score, place)
                if not is_paired:
                    assert found["signature"] == str(corpus.get_signature()), place
                assert len(found["sentences"]) == count
                for score, hypothesis, own in zip(found["sentences"], systems["system"], references):
                    check(score, sentence.sentence_score(hypothesis, own).score, (*place, hypothesis, own))
                if not is_paired:
                    continue
                signatures, results = PairedTest(
                    [("baseline", systems["baseline"]), ("system", systems["system"])], {"metric": corpus}, columns, test_type="bs")()
                baseline, system = next(value for name, value in results.items() if name != "System")
                assert found["signature"] == str(next(iter(signatures.values()))), place
                same = corpus._extract_corpus_statistics(systems["system"], columns) == corpus._extract_corpus_statistics(
                    systems["baseline"], columns)
                check(found["p_value"], 1 if same else system.p_value, (*place, "p"))
                check(found["mean"], float(system.mean), (*place, "mean"))
                check(found["ci"], float(system.ci), (*place, "ci"))
                check(found["baseline"]["mean"], float(baseline.mean), (*place, "baseline mean"))
                check(found["baseline"]["ci"], float(baseline.ci), (*place, "baseline ci"))
    print(f"seed {arguments.seed}: {checks} comparisons, largest difference {worst}")


main()
