"""Writes the tokenizer goldens in Tests/Fixtures/tokenizers: texts and the ids that Hugging Face `tokenizers` gives.

    pip install tokenizers==0.23.3
    python scripts/goldens/tokenization.py NAME TOKENIZER.JSON [COUNT]

Each line is {"text", "ids"}. The texts are hand-written sentences in many scripts and random Unicode made of what
tokenizers get wrong: marks in any order, controls, compatibility characters, contractions, added tokens. The random
generator is seeded: the same call writes the same file.
"""
import json, pathlib, random, sys, unicodedata
from tokenizers import Tokenizer

FIXTURES = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/tokenizers"
SENTENCES = """
The quick brown fox jumps over the lazy dog.
In a vacuum, light travels 299,792,458 metres every second - a universal constant.
I'll say it's what they've DON'T'd; we'Re y'all'd've, it\u017f: '\u017f
def fib(n: int) -> int:\n    return n if n < 2 else fib(n-1) + fib(n-2)
https://example.com/path/to/page?query=caf%C3%A9&lang=en#section-2
{"id": 42, "tags": ["a", "b"], "ok": true, "note": "\\u00e9\\n"}
Stra\u00dfenbahnhaltestelle: \u00dcberpr\u00fcfung der Fu\u00dfg\u00e4nger\u00fcberg\u00e4nge l\u00e4uft.
Tous les \u00eatres humains naissent libres et \u00e9gaux en dignit\u00e9 et en droits.
Tr\u00ed tu\u1ec7 nh\u00e2n t\u1ea1o \u0111ang thay \u0111\u1ed5i c\u00e1ch ch\u00fang ta t\u00ecm ki\u1ebfm th\u00f4ng tin.
\u0418\u0441\u043a\u0443\u0441\u0441\u0442\u0432\u0435\u043d\u043d\u044b\u0439 \u0438\u043d\u0442\u0435\u043b\u043b\u0435\u043a\u0442 \u043c\u0435\u043d\u044f\u0435\u0442 \u043f\u043e\u0438\u0441\u043a.
\u0397 \u03c4\u03b5\u03c7\u03bd\u03b7\u03c4\u03ae \u03bd\u03bf\u03b7\u03bc\u03bf\u03c3\u03cd\u03bd\u03b7 \u03b1\u03bb\u03bb\u03ac\u03b6\u03b5\u03b9 \u03c4\u03b7\u03bd \u03b1\u03bd\u03b1\u03b6\u03ae\u03c4\u03b7\u03c3\u03b7 \u039f\u0394\u039f\u03a3.
\u4eba\u5de5\u667a\u80fd\u6b63\u5728\u6539\u53d8\u6211\u4eec\u641c\u7d22\u4fe1\u606f\u7684\u65b9\u5f0f\u3002 only takes 90 \u5206\u9418\u3002
\u6771\u4eac\u306e\u5929\u6c17\u306f\uff1f\u660e\u65e5\u306f\u96e8\u304c\u964d\u308b\u3067\u3057\u3087\u3046\u3002\u30ac\u30ae\u30b0
\uc11c\uc6b8 \ub0a0\uc528\ub294 \uc5b4\ub54c\uc694? \ub0b4\uc77c\uc740 \ub9d1\uaca0\uc2b5\ub2c8\ub2e4.
\u0628\u0650\u0633\u0652\u0645\u0650 \u0671\u0644\u0644\u0651\u064e\u0647\u0650 \u0627\u0644\u0630\u0643\u0627\u0621 \u0627\u0644\u0627\u0635\u0637\u0646\u0627\u0639\u064a
\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd, \u05de\u05d4 \u05e9\u05dc\u05d5\u05de\u05da?
\u0915\u0943\u0924\u094d\u0930\u093f\u092e \u092c\u0941\u0926\u094d\u0927\u093f\u092e\u0924\u094d\u0924\u093e \u0916\u094b\u091c \u0915\u094b \u092c\u0926\u0932 \u0930\u0939\u0940 \u0939\u0948\u0964
\u0e1b\u0e31\u0e0d\u0e0d\u0e32\u0e1b\u0e23\u0e30\u0e14\u0e34\u0e29\u0e10\u0e4c\u0e01\u0e33\u0e25\u0e31\u0e07\u0e40\u0e1b\u0e25\u0e35\u0e48\u0e22\u0e19
\U0001f469\u200d\U0001f469\u200d\U0001f467 family, \U0001f3f3\ufe0f\u200d\U0001f308 flag, \U0001f44d\U0001f3fd \U0001f1e9\U0001f1ea 1\ufe0f\u20e3 \u2764\ufe0f
before <|endoftext|> after <|end_of_text|>   <|mask|> . <|im_start|>user<|im_end|> <think> </think> [SEP] [MASK][CLS]
""".strip().split("\n")
CONTROL = ["\0", "\x07", "\x1b", "\x7f", "\x85", "\xa0", "\u00ad", "\u200b", "\u200d", "\u200f", "\u2028", "\ufeff", "\ufffd",
           "\ue000", "\U000e0041", "\U0010fffd"]
SPACE = [" ", "  ", "   ", "\n", "\r\n", " \n ", "\t", "\n\n", "\u3000", "\u2003", "\u1680"]
TOKENS = ["[SEP]", "[CLS]", "[MASK]", "[unk]", "<|end_of_text|>", " \u2003<|mask|>", "<|endoftext|>", "<think>", "</think>",
          "<|im_start|>", "<|", "|>", "'s", "'LL", "'\u017f", "'Ve", "'"]
ASSIGNED = [chr(c) for c in range(0x20000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
MARKS = [c for c in ASSIGNED if unicodedata.category(c)[0] == "M"]
DECOMPOSING = [c for c in ASSIGNED if unicodedata.decomposition(c)]
PUNCTUATION = [c for c in ASSIGNED if unicodedata.category(c)[0] in "PS"]
NUMBERS = [c for c in ASSIGNED if unicodedata.category(c)[0] == "N"]
CASED = [c for c in ASSIGNED if c.lower() != c]
JAMO = [chr(c) for c in [*range(0x1100, 0x1200), *range(0xAC00, 0xAC40)]]
ASCII = [chr(c) for c in range(0x21, 0x7F)]
PLANES = [chr(c) for c in [*range(0x1F300, 0x1F650), *range(0x20000, 0x20400), *range(0x1D100, 0x1D800), *range(0x3100, 0x3200)]]
KINDS = [CONTROL, SPACE, SPACE, TOKENS, ASSIGNED, MARKS, DECOMPOSING, PUNCTUATION, NUMBERS, CASED, JAMO, ASCII, ASCII, PLANES]


def texts(count):
    yield from ["", " ", "  ", "\n", "a", "\u00e9", "e\u0301", "\u0301", "x" * 100, "x" * 101, "\u00e9" * 101]
    yield from SENTENCES
    choose = random.Random(20261123)
    words = " ".join(SENTENCES).split(" ")
    for _ in range(count):
        parts = []
        for _ in range(choose.randint(1, 7)):
            kind = choose.choice(KINDS)
            parts += [choose.choice(kind) for _ in range(choose.randint(1, 3))]
            if choose.random() < 0.5:
                parts.append(choose.choice(words) + choose.choice(["", " "]))
        yield "".join(parts)


def tokenizer_of(path):
    """The reference, without the padding and truncation that a file may ask for."""
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def main(name, path, count=1500):
    tokenizer = tokenizer_of(path)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    with open(FIXTURES / f"{name}.jsonl", "w") as out:
        for text in texts(int(count)):
            out.write(json.dumps({"text": text, "ids": tokenizer.encode(text).ids}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
