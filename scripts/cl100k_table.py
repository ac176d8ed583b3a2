"""Writes Sources/InferenceCore/Tokenization/CL100KTables.swift from a vocabulary whose first ids are cl100k_base.

    python scripts/cl100k_table.py NANO/tokenizer.json

The table holds what a vocabulary with one token per digit lacks: cl100k's tokens of two and three digits. The
fingerprint is that of all 100,256 tokens in order.
"""
import json, pathlib, sys

OUT = pathlib.Path(__file__).parent.parent / "Sources/InferenceCore/Tokenization/CL100KTables.swift"
RANKS = 100_256


def byte_alphabet():
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in kept]
    return {chr(b): b for b in kept} | {chr(0x100 + i): b for i, b in enumerate(others)}


def digits(value, width):
    """Big-endian digits of six bits, as the characters from "0" to "o"."""
    return "".join(chr(48 + (value >> 6 * i & 63)) for i in reversed(range(width)))


def fingerprint(tokens):
    """FNV-1a, 64 bits, over every token and an octet 0xFF (which ends no token's UTF-8) behind it."""
    value = 0xCBF29CE484222325
    for token in tokens:
        for byte in token + b"\xff":
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def main(path):
    octets = byte_alphabet()
    pieces = sorted((i, p) for p, i in json.load(open(path))["model"]["vocab"].items() if i < RANKS)
    tokens = [bytes(octets[c] for c in piece) for _, piece in pieces]
    assert [i for i, _ in pieces] == list(range(RANKS))
    numbers = [(i, t.decode()) for i, t in enumerate(tokens) if t.isdigit() and len(t) > 1]
    assert len(numbers) == 1100 and {len(t) for _, t in numbers} == {2, 3}
    data = "".join(digits(i, 3) + digits(int(t) + (100 if len(t) == 3 else 0), 2) for i, t in numbers)
    lines = [
        "// Written by scripts/cl100k_table.py. Do not edit.",
        "", "/// What must be known about the cl100k_base vocabulary to find it inside another one.",
        "enum CL100KTables {",
        "    /// FNV-1a over all tokens in order, 0xFF behind each.",
        f"    static let fingerprint: UInt64 = 0x{fingerprint(tokens):016X}",
        "    /// The tokens of two and three digits: id (three base 64 digits) and number (two; 100 more if it has three",
        "    /// digits), in order of id.",
        '    static let numbers: StaticString = #"""']
    lines += [f"        {data[i:i + 100]}\\#" for i in range(0, len(data), 100)]
    lines[-1] = lines[-1][:-2]
    OUT.write_text("\n".join(lines + ['        """#', "}", ""]))


main(sys.argv[1])
