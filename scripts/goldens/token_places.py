"""Writes Tests/Fixtures/tokenizers/NAME-places.jsonl: where tokens are in their texts, and what ids decode to.

    pip install tokenizers==0.23.3
    python scripts/goldens/token_places.py NAME TOKENIZER.JSON

Each line is {"text", "tokens": [[id, start, stop], ...], "decoded", "whole"}: octets of the text in UTF-8, null for
tokens that were put around it; the text of the ids without and with special tokens.
"""
import json, pathlib, sys
from tokenizers import Tokenizer

FIXTURES = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/tokenizers"
TEXTS = [
    "", " ", "a", "The quick brown fox jumps over the lazy dog.", "  two  spaces\tand\na line  ",
    "I'll say it's what they've DON'T'd, we do not; it isn't!", "https://example.com/path?query=caf%C3%A9#2",
    "Straßenbahnhaltestelle: Überprüfung der Fußgängerübergänge", "cafe\u0301 caf\u00e9 CAFÉ", "人工智能 正在改变 search 90 分鐘。",
    "서울 날씨는 어때요?", "emoji 🦊🦊 and 👩\u200d👩\u200d👧", "a\u0000b", "supercalifragilisticexpialidocious " * 3,
    "Искусственный интеллект", "x <|end_of_text|> y  <|mask|> z <|im_start|>user", "a [SEP] b [MASK] . c ?",
    "\u1e9b\u0323 \uac00\u1100\u1161 \u212b", "q\u0307\u0323 word",
]


def main(name, path):
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    with open(FIXTURES / f"{name}-places.jsonl", "w", encoding="utf-8") as file:
        for text in TEXTS:
            encoding = tokenizer.encode(text)
            octets = [0]
            for character in text:
                octets.append(octets[-1] + len(character.encode()))
            tokens = [
                [id, None, None] if special else [id, octets[start], octets[stop]]
                for id, (start, stop), special in zip(encoding.ids, encoding.offsets, encoding.special_tokens_mask)
            ]
            record = {"text": text, "tokens": tokens, "decoded": tokenizer.decode(encoding.ids),
                      "whole": tokenizer.decode(encoding.ids, skip_special_tokens=False)}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


main(*sys.argv[1:])
