"""Random texts that are hard on metrics: every script, white space of every kind, punctuation, control characters, escapes."""

import unicodedata

POOLS = [
    "abcdefgh ", "the cat sat on a mat. ", "0123456789.,- ",
    "ABC \u00c0\u00c9\u00ce \u03a3\u0391\u03a3. \u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u0130\u0131Ii ",
    "\u6f22\u5b57\u4eee\u540d\u4ea4\u3058\u308a\u6587\u3002\u3001\u300c\u300d ",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0646\u0635\u060c \u0661\u0662\u0663 ", "e\u0301a\u0308\u0327o\u0302 ",
    "\U0001F469\u200D\U0001F469\u200D\U0001F467\U0001F3F3\uFE0F\u200D\U0001F308\U0001F44D\U0001F3FD ",
    "\u00a0\u2003\u3000\u1680\u2028\u2029\u202f\u205f\u0085\u200b\u180e\ufeff ab",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ab1", "\r\n\t\x0b\x0c\x1c\x1d\x1e\x1f\x00\x7f x", "&quot;&amp;&lt;&gt;<skipped>-\n",
    "\u20ac\u00a3\u00a5+\u2212\u00d7\u00f7\u00b1\u221e\u2116\u00bd\u2167\u00b2\u00b3\u00bc \u00ab\u00bb\u201c\u201d\u2018\u2019\u2014\u2013\u2026\u00bf\u00a1 1,000.5",
    "\ud55c\uad6d\uc5b4 \u30c6\u30b9\u30c8 \u0e44\u0e17\u0e22 \u0939\u093f\u0928\u094d\u0926\u0940 ",
]
PARTS = ["&quot;", "&amp;lt;", "&gt;", "<skipped>", "-\n", "\n", "1,234.56", "...", "(hi)", "''", "--", " ! "]
BLANKS = [" ", "\u00a0", "\n", ".", " . ", "-", "\u3000\u3000"]


def scalar(generator):
    """One that is assigned in the Unicode of this Python, so that later versions agree."""
    while True:
        first, last = generator.choice([(0x20, 0x3000), (0x10000, 0x1FFFF), (0xE000, 0xFFFF), (0, 0x10FFFF)])
        character = chr(generator.randint(first, last))
        if unicodedata.category(character) not in ("Cn", "Cs"):
            return character


def text(generator, length=20):
    kind = generator.random()
    if kind < 0.04:
        return ""
    if kind < 0.06:
        return generator.choice(BLANKS)
    parts = []
    for _ in range(generator.randint(1, 6)):
        kind = generator.random()
        if kind < 0.1:
            parts += [scalar(generator) for _ in range(generator.randint(1, 6))]
        elif kind < 0.25:
            parts.append(generator.choice(PARTS))
        else:
            pool = generator.choice(POOLS)
            parts += [generator.choice(pool) for _ in range(generator.randint(0, length))]
    return "".join(parts)


def mutated(generator, reference):
    """A text near another one; sometimes another one altogether."""
    if generator.random() < 0.25:
        return text(generator)
    characters = list(reference)
    for _ in range(generator.randint(0, 5)):
        if characters and generator.random() < 0.5:
            characters.pop(generator.randrange(len(characters)))
        else:
            characters.insert(generator.randint(0, len(characters)), generator.choice(" .ab,\u00f1\u00a0"))
    return "".join(characters)
