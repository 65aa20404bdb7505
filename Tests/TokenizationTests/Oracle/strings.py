"""Random and adversarial strings for comparing tokenizers; the same seed gives the same strings."""

import random

WORDS = """the of and to in is that for it was with Hello world don't I'LL we've they're it's THEY'RE 'S 'tis o'clock
    def return import self print( ); {} [] => != == // /* */ <!-- --> https://example.com/a?b=c&d=e user@example.com
    Zürich naïve café Ελλάδα Привет мир שלום عالم नमस्ते दुनिया สวัสดี 你好世界 こんにちは 안녕하세요 Việt Nam ქართული
    Ndimakukondani moni dziko lapansi ½ ² Ⅷ ٣٣ १२३ 1234567890 3.14159 0x1F 1,000,000 €5 $9.99 100% #1 @me
    😀 👩‍👩‍👧 🇲🇼 ✨ ﷺ ﬁ ﬂ ŉ ǅ ſ 'ſ ’s Kelvin K Å Å Ω Ω ㎏ Ｆｕｌｌ ｱｲｳ ・ … — “quoted” «x»""".split()
SPECIALS = """<|endoftext|> <|im_start|> <|im_end|> <tool_call> </tool_call> <s> </s> <unk> <bos> <eos> <pad> <mask>
    <start_of_turn> <end_of_turn> <unused5> <0x41> <0x0A> <0xFF> <|begin_of_text|> <|eot_id|> <|start_header_id|>
    <table> </td> <h1> [multimodal] <repo_name> <jupyter_code> <|endoftext <|im_ |> <<s>> </s ▁ ▁▁ ▁▁▁▁▁ ▁the""".split()
SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", "\r", "\u00a0", "\u2003", "\u3000", "\u0085", "\u2028", "\x0b",
          "\x0c", " \n", "\n ", "\t\t", " " * 7, " " * 31, " " * 32, " " * 33, "\n" * 31, "\n" * 40, "\t" * 35,
          "\u200b", "\ufeff", "\u200d"]
MARKS = ["\u0301", "\u0300", "\u0323", "\u0327", "\u0308", "\u0345", "\u05b0", "\u064b", "\u093c", "\u094d", "\u0e31",
         "\u20dd", "\u1dc0", "\u302a", "\u3099", "\u0338", "\u0f71", "\u0f72", "\U0001d165", "\U0001e8d0"]
BASES = "aeounsAEOKcdقאकगबΑΩЕ한가각ᄀ하ᅵᆨᆫあかはガ=<>≠"
PLANES = [(0x00, 0x80, 5), (0x80, 0x300, 3), (0x300, 0x370, 2), (0x370, 0x800, 2), (0x800, 0x1100, 2),
          (0x1100, 0x1200, 2), (0x1200, 0x2000, 1), (0x2000, 0x3000, 2), (0x3000, 0xA000, 2), (0xA000, 0xAC00, 1),
          (0xAC00, 0xD7A4, 2), (0xF900, 0x10000, 2), (0x10000, 0x20000, 3), (0x20000, 0x33500, 2), (0xE0000, 0xE0200, 1),
          (0xF0000, 0x110000, 1)]


def scalar(r):
    low, high, _ = r.choices(PLANES, [weight for _, _, weight in PLANES])[0]
    value = r.randrange(low, high)
    return chr(value) if not 0xD800 <= value < 0xE000 else "?"


def part(r):
    kind = r.randrange(14)
    if kind <= 3:
        return r.choice(WORDS)
    if kind == 4:
        return r.choice(SPECIALS)
    if kind <= 6:
        return r.choice(SPACES)
    if kind == 7:
        return "".join(scalar(r) for _ in range(r.randrange(1, 8)))
    if kind == 8:
        return r.choice(BASES) + "".join(r.choice(MARKS) for _ in range(r.randrange(1, 4)))
    if kind == 9:
        return "".join(chr(r.choice((0x1100, 0x1161, 0x11A8)) + r.randrange(20)) for _ in range(r.randrange(1, 5)))
    if kind == 10:
        return "".join(r.choice("0123456789٣१²½") for _ in range(r.randrange(1, 9)))
    if kind == 11:
        return "".join(r.choice("abcXYZ'\"!?.,:;-_/\\()<>|#") for _ in range(r.randrange(1, 10)))
    if kind == 12:
        return r.choice("ab -=\n▁ \u0301é") * r.randrange(1, 70)
    # Bytes that aren't UTF-8, as Python replaces them.
    return bytes(r.randrange(256) for _ in range(r.randrange(1, 6))).decode("utf-8", "replace")


def text(r):
    glue = r.choice(("", " ", " ", "\n"))
    return glue.join(part(r) for _ in range(r.choice((0, 1, 1, 2, 3, 5, 8, 13, 30))))


def strings(count, seed):
    r = random.Random(seed)
    return [text(r) for _ in range(count)]


def long_strings():
    r = random.Random(7)
    return ["a" * 300_000, "ab" * 150_000, " " * 100_000, "\n" * 20_000, "é" * 50_000, "e\u0301" * 20_000,
            "".join(r.choice("abcdefghij") for _ in range(1_000_000)), "한" * 50_000, "😀" * 30_000, "▁" * 20_000,
            "".join(chr(r.randrange(0x4E00, 0x9FA5)) for _ in range(100_000)), "<" * 50_000, "'" * 50_000, "1" * 50_000]
