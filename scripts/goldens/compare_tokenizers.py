"""Compares a tokenizer's ids with those of Hugging Face `tokenizers` on many random texts.

    pip install tokenizers==0.23.3
    python scripts/goldens/compare_tokenizers.py TOKENIZER.JSON COUNT COMMAND...

COMMAND gets one JSON string a line on its standard input and must answer each with one line: a JSON array of ids, or
the ids separated by spaces. Exits with 1 if any text has other ids.
"""
import json, re, subprocess, sys
from tokenization import tokenizer_of, texts


def main(path, count, *command):
    samples = list(texts(int(count)))
    expected = [encoding.ids for encoding in tokenizer_of(path).encode_batch(samples)]
    answer = subprocess.run(
        command, input="".join(json.dumps(text) + "\n" for text in samples), capture_output=True, text=True, check=True)
    lines = answer.stdout.splitlines()
    wrong = [
        (text, ids, line) for text, ids, line in zip(samples, expected, lines)
        if [int(number) for number in re.findall(r"\d+", line)] != ids]
    for text, ids, line in wrong[:5]:
        print(f"{text!r}\n  expected {ids}\n  got      {line}")
    print(f"{len(samples)} texts, {len(lines)} answers, {len(wrong)} differ")
    sys.exit(bool(wrong) or len(lines) != len(samples))


main(*sys.argv[1:])
