#!/usr/bin/env python3
"""Writes Tests/Fixtures/minilm/vectors.jsonl: 200 texts with sentence-transformers' float32 vectors of the default model.

usage: minilm_vectors.py MODEL_DIR > vectors.jsonl        (needs sentence-transformers)

A line: {"text": ..., "tokens": after truncation to 256, "embedding": base64 of little-endian float32, unit length}.
"""
import base64
import json
import random
import sys

import torch
from sentence_transformers import SentenceTransformer

random.seed(20261123)
WORDS = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which "
    "one you were all her she there would their we him been has when who will no more if out so up said what its about "
    "than into them can only other time new some could these two may first then do any like my now over such our man me "
    "even most made after also well many must before through back years where much your way down should because long "
    "vector search embedding transformer tokenization matrix server throughput latency semantics retrieval"
).split()
FOREIGN = [
    "Zażółć gęślą jaźń", "Größenwahn und Übermut", "Ça déjà vu à l'œuvre", "El niño comió piñas", "İstanbul'da ığdır",
    "Привет, как дела?", "Καλημέρα κόσμε", "שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "你好，世界",
    "こんにちは世界。", "안녕하세요 세계", "Xin chào thế giới", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝕞𝕒𝕥𝕙", "e\u0301 a\u0308 o\u0302", "ﬁ ﬂ ﬃ ligatures",
    "ＦＵＬＬ ｗｉｄｔｈ", "½ ⅓ Ⅷ ①", "☃ ★ ♫ ✓", "😀 👩‍👩‍👧‍👦 🇩🇪 👍🏽", "a\u200bb\u200dc\ufeffd", "tab\tnewline\nreturn\rend",
    "null\u0000inside", "bell\u0007 esc\u001b del\u007f", "\u00a0\u2003\u3000spaces", "…—–‘’“”", "C++ & C# != F#; x_y-z/w\\v",
    "https://example.org/a?b=c&d=%20#e", "user@example.org", "3.14159 1,000,000 0x1F 1e-9", "[CLS] [SEP] [MASK] [UNK] [PAD]",
    "##ing ##ed", "don't can't I'm you're", "ALLCAPS MixedCase camelCase snake_case", "antidisestablishmentarianism",
    "x" * 99, "y" * 101, "pneumonoultramicroscopicsilicovolcanoconiosis", "\ufffd\ufffe\uffff", "\U000e0001\U0010ffff",
]


def sentence(count):
    return " ".join(random.choice(WORDS) for _ in range(count)).capitalize() + "."


def texts():
    yield from ["", " ", "a", ".", "7", "é", "字", "😀", "\u0000", "\n", "\u0301", "[CLS]"]
    yield from FOREIGN
    yield from [" ".join(FOREIGN), "中文" * 150, "word " * 253, "word " * 254, "word " * 255, "word " * 1000, "z" * 5000]
    for _ in range(30):
        yield " ".join(random.sample(FOREIGN, 3))
    for _ in range(20):
        yield "".join(chr(random.choice([random.randrange(32, 127), random.randrange(160, 0x2000)])) for _ in range(60))
    while True:
        yield sentence(random.choice([1, 2, 3, 5, 8, 12, 20, 40, 80, 150, 240]))


def main():
    torch.set_num_threads(1)
    model = SentenceTransformer(sys.argv[1], device="cpu")
    for text, _ in zip(texts(), range(200)):
        vector = model.encode(text, normalize_embeddings=True, convert_to_numpy=True).astype("<f4")
        tokens = int(model.tokenize([text])["input_ids"].shape[1])
        encoded = base64.b64encode(vector.tobytes()).decode()
        print(json.dumps({"text": text, "tokens": tokens, "embedding": encoded}))


main()
