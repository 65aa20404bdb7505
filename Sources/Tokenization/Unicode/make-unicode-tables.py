"""Writes UnicodeData.swift: what Hugging Face `tokenizers` believes about each code point.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3 regex==2026.11.19
    venv/bin/python make-unicode-tables.py > UnicodeData.swift

Its parts follow different versions of Unicode, and ids depend on them, so every table is asked of the library itself:
patterns (Oniguruma: Unicode 16), `char::is_numeric` and lower case (Rust's standard library), punctuation (the crate
`unicode_categories`), normalization (`unicode-normalization-alignments`: Unicode 9). Only the values of combining
classes come from Python; Unicode never changes them. Where characters end (Unicode 17) comes from the package `regex` and is
compared with the library.
"""

import struct
import unicodedata

import regex
import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn".split()

SCRIPTS = "Han Hiragana Katakana Hangul Latin Greek Cyrillic Arabic Hebrew Thai Devanagari".split()


def matching(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    return {ord(c) for piece, _ in split.pre_tokenize_str("".join(map(chr, POINTS))) for c in piece}


def runs(values, default):
    """(start, value) wherever the value changes."""
    found, last = [], None
    for c in range(0x110000):
        value = values.get(c, default)
        if value != last:
            found.append((c, value))
            last = value
    return found


def ranges(members):
    found = []
    for c in sorted(members):
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def emit(name, comment, words):
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) + 1 > 110:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line)
    print(f"\n    /// {comment}")
    print(f'    static let {name}: StaticString = """')
    for line in lines[:-1]:
        print(f"        {line.rstrip()} \\")
    print(f"        {lines[-1].rstrip()}")
    print('        """')


def emit_ranges(name, comment, members):
    emit(name, comment, [f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in ranges(members)])


def canonical(c):
    return nfd.normalize_str(chr(c))


category = {}
for index, name in enumerate(CATEGORIES):
    for c in matching(r"\p{%s}" % name):
        category[c] = index
missing = [c for c in POINTS if c not in category]
assert not missing, missing[:5]

space = matching(r"\s")
assert all(chr(c).isspace() for c in space) and len(space) == 25

digits = pre_tokenizers.Digits(individual_digits=True)
numeric = set()
for c in POINTS:
    if len(digits.pre_tokenize_str("a" + chr(c))) == 2:
        numeric.add(c)
punctuation = {c for c in POINTS if len(pre_tokenizers.Punctuation().pre_tokenize_str("a" + chr(c))) == 2}
word = {c for c in POINTS if len(pre_tokenizers.Whitespace().pre_tokenize_str("a" + chr(c) + "a")) == 1}
white = {c for c in POINTS if len(pre_tokenizers.WhitespaceSplit().pre_tokenize_str("a" + chr(c) + "a")) == 2}
assert white == space, white ^ space

lowercase = normalizers.Lowercase()
lower = {c: lowercase.normalize_str(chr(c)) for c in POINTS if lowercase.normalize_str(chr(c)) != chr(c)}
unaccent = normalizers.StripAccents()
accents = {c for c in POINTS if unaccent.normalize_str(chr(c)) == ""}

bert = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
controls = {c for c in POINTS if bert.normalize_str("a" + chr(c)) == "a"}
bert = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
nonspacing = {c for c in POINTS if bert.normalize_str("a" + chr(c)) == "a"}
bert = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False)
ideographs = ranges(c for c in POINTS if bert.normalize_str(chr(c)) != chr(c))
assert ideographs == [[0x3400, 0x4DBF], [0x4E00, 0x9FFF], [0xF900, 0xFAFF], [0x20000, 0x2A6DF], [0x2A700, 0x2B81F],
                      [0x2B920, 0x2CEAF], [0x2F800, 0x2FA1F]], ideographs

nfd, nfkd, nfc = normalizers.NFD(), normalizers.NFKD(), normalizers.NFC()
hangul = range(0xAC00, 0xD7A4)
decompositions = {c: canonical(c) for c in POINTS if canonical(c) != chr(c) and c not in hangul}
compatibility = {
    c: nfkd.normalize_str(chr(c)) for c in POINTS if nfkd.normalize_str(chr(c)) != canonical(c) and c not in hangul
}
classes = {}
for c in POINTS:
    value = unicodedata.combining(chr(c))
    if value and (c == 0x345 or nfd.normalize_str("\u0345" + chr(c)) == canonical(c) + "\u0345"):
        classes[c] = value
compositions = []
for c, text in sorted(decompositions.items()):
    if len(text) > 1:
        first = nfc.normalize_str(text[:-1])
        if len(first) == 1 and nfc.normalize_str(first + text[-1]) == chr(c):
            compositions.append((ord(first), ord(text[-1]), c))

# What a scalar is to the rules of where extended grapheme clusters end (UAX 29), in the order of `GraphemeBreak`.
BREAKS = ["CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark", "L", "V", "T", "LV", "LVT"]
breaks = {}
for index, name in enumerate(BREAKS):
    for c in regex.findall(r"\p{GCB=%s}" % name, "".join(map(chr, POINTS))):
        breaks[ord(c)] = index + 1
for pattern, before, value in ((r"\p{Extended_Pictographic}", 0, 14), (r"\p{InCB=Consonant}", 0, 15),
                               (r"\p{InCB=Linker}", 4, 16), (r"\p{InCB=Extend}", 4, 17)):
    for c in regex.findall(pattern, "".join(map(chr, POINTS))):
        if breaks.get(ord(c), 0) == before:
            breaks[ord(c)] = value


def ends_between(before, c):
    """Whether a cluster ends between the scalars `before` and a scalar."""
    kinds = [breaks.get(ord(x), 0) for x in before]
    last, next = kinds[-1], breaks.get(ord(c), 0)
    if last in (1, 2, 3) or next in (1, 2, 3):
        return not (last == 1 and next == 2)
    if last == 9 and next in (9, 10, 12, 13) or last in (12, 10) and next in (10, 11) or last in (13, 11) and next == 11:
        return False
    if next in (4, 5, 8, 16, 17) or last == 7:
        return False
    if next == 15:
        index = len(kinds) - 1
        while index >= 0 and kinds[index] in (5, 16, 17):
            index -= 1
        if index >= 0 and kinds[index] == 15 and 16 in kinds[index:]:
            return False
    if next == 14 and last == 5:
        index = len(kinds) - 2
        while index >= 0 and kinds[index] in (4, 16, 17):
            index -= 1
        if index >= 0 and kinds[index] == 14:
            return False
    if last == next == 6:
        count = 0
        while count < len(kinds) and kinds[-1 - count] == 6:
            count += 1
        return count % 2 == 0
    return True


def pieces(text):
    """What a map that replaces everything makes of a text: one of a cluster below six bytes, else one a scalar."""
    found, start = 0, 0
    for index in range(1, len(text) + 1):
        if index == len(text) or ends_between(text[:index], text[index]):
            cluster = text[start:index]
            found += 1 if len(cluster.encode()) < 6 else len(cluster)
            start = index
    return found


units = [256 << 10] + [0] * 767
for byte in range(1, 256):
    units[256 + byte] = byte | 1 << 8 | 768 << 10
counter = normalizers.Precompiled(struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + b"x\0")
# Where the package knows a later Unicode than the library does, or an earlier one.
for c in POINTS[1:]:
    joins, pictures = (len(counter.normalize_str(text + chr(c))) for text in ("a", "\u00a9\u200d"))
    if breaks.get(c) in (4, 5, 8, 16, 17) and joins == 2:
        del breaks[c]
    if breaks.get(c) == 14 and pictures == 2:
        del breaks[c]
    if breaks.get(c) == 15 and len(counter.normalize_str(chr(c) + "\u094d\u0915\u0301")) == 3:
        del breaks[c]
    if c not in breaks and pictures == 3:
        breaks[c] = 14
for c in map(chr, POINTS[1:]):
    for text in (f"a{c}", f"{c}a", f"\u00a9\u200d{c}", f"{c}\u200d\u00a9", f"\u0915\u094d{c}\u0301", f"\u0915{c}\u0915\u0301",
                 f"{c}\u094d\u0915\u0301", f"\u1100{c}\u0301", f"\uac00{c}\u0301", f"\uac01{c}\u0301", f"\u1161{c}\u0301",
                 f"\u11a8{c}\u0301", f"{c}\u1100\u0301", f"{c}\u1161\u0301", f"{c}\u11a8\u0301", f"\r{c}", f"{c}\n"):
        assert len(counter.normalize_str(text)) == pieces(text), [hex(ord(x)) for x in text]

print("// Generated by make-unicode-tables.py; don't edit.")
print(f"\n/// Unicode as Hugging Face `tokenizers` {tokenizers.__version__} has it; numbers are hexadecimal.")
print("enum UnicodeData {")
print("    /// The order in which `categories` counts.")
print("    static let categoryNames = [")
for row in (CATEGORIES[:15], CATEGORIES[15:]):
    print(f"        {', '.join(chr(34) + n + chr(34) for n in row)},")
print("    ]")
emit("categories", "`start:category` wherever the general category changes.",
     [f"{c:x}:{v:x}" for c, v in runs(category, CATEGORIES.index("Cn"))])
emit_ranges("whiteSpace", "White space: `\\\\s`, and Rust's `char::is_whitespace`.".replace("\\\\", "\\"), space)
emit_ranges("numeric", "Rust's `char::is_numeric`.", numeric)
emit_ranges("punctuation", "Punctuation, with all of ASCII's symbols.", punctuation)
emit_ranges("wordCharacters", "`\\w` of Rust's regular expressions.", word)
emit_ranges("patternWordCharacters", "`\\w` of Oniguruma.".replace("\\\\", "\\"), matching(r"\w"))
emit_ranges("loneWordCharacters", "What `\\w` of Oniguruma matches by itself but not within brackets.".replace("\\\\", "\\"),
            matching(r"\w") - matching(r"[\w]"))
assert not matching(r"[\w]") - matching(r"\w")
assert matching(r"\d") == matching(r"[\d]") and matching(r"\s") == matching(r"[\s]")
for script in SCRIPTS:
    emit_ranges(script.lower() + "Script", f"`\\p{{{script}}}`.".replace("\\\\", "\\"), matching(r"\p{%s}" % script))
emit_ranges("accents", "What `StripAccents` drops.", accents)
emit_ranges("bertControls", "What BERT's tokenizers drop.", controls)
emit_ranges("nonspacingMarks", "What is an accent for BERT's tokenizers.", nonspacing)
emit("lowercase", "`scalar=lower case`.",
     [f"{c:x}={','.join(f'{ord(x):x}' for x in t)}" for c, t in sorted(lower.items())])
emit("combiningClasses", "`start:class` wherever the canonical combining class changes.",
     [f"{c:x}:{v:x}" for c, v in runs(classes, 0)])
emit("canonicalDecompositions", "`scalar=full canonical decomposition`, without Hangul syllables.",
     [f"{c:x}={','.join(f'{ord(x):x}' for x in t)}" for c, t in sorted(decompositions.items())])
emit("compatibilityDecompositions", "`scalar=full compatibility decomposition` where it differs from the canonical one.",
     [f"{c:x}={','.join(f'{ord(x):x}' for x in t)}" for c, t in sorted(compatibility.items())])
emit("compositions", "`first,second=composite`, without Hangul.", [f"{a:x},{b:x}={c:x}" for a, b, c in compositions])
emit("graphemeBreaks", "`start:class` wherever what counts for grapheme clusters changes; see `GraphemeBreak`.",
     [f"{c:x}:{v:x}" for c, v in runs(breaks, 0)])
print("}")
