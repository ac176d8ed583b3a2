#!/usr/bin/env python3
"""Compares the vectors of two servers that have OpenAI's POST /embeddings: may they lie in one index?

    compare.py --old URL --new URL --old-model NAME --new-model NAME [--task TASK] [--old-prefix TEXT] [TEXT...]
"""
import argparse
import json
import math
import os
import urllib.request

TEXTS = [
    "What is the tallest mountain?",
    "Mount Everest is the highest mountain above sea level.",
    "Die Anlage wird einmal im Jahr gewartet.",
    "for item in items: total += item.price * item.count",
    "The committee will meet on Tuesday; members who cannot attend should tell the secretary by Friday. " * 8,
]


def embed(url, key, model, texts, task):
    body = {"model": model, "input": texts} | ({"task": task} if task else {})
    fields = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(f"{url.rstrip('/')}/embeddings", json.dumps(body).encode(), fields)
    with urllib.request.urlopen(request, timeout=600) as answer:
        items = json.load(answer)["data"]
    return [item["embedding"] for item in sorted(items, key=lambda item: item["index"])]


def cosine(a, b):
    if len(a) != len(b):
        raise SystemExit(f"the vectors have {len(a)} and {len(b)} values: two models, or two settings of dimensions")
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for side in ("old", "new"):
        parser.add_argument(f"--{side}", required=True, metavar="URL")
        parser.add_argument(f"--{side}-model", required=True, metavar="NAME")
    parser.add_argument("--task", help="sent to both")
    parser.add_argument("--old-prefix", default="", metavar="TEXT", help="put in front of the texts for the old server")
    parser.add_argument("texts", nargs="*", default=TEXTS, metavar="TEXT")
    options = parser.parse_args()

    prefixed = [options.old_prefix + text for text in options.texts]
    old = embed(options.old, os.environ.get("OLD_API_KEY"), options.old_model, prefixed, options.task)
    new = embed(options.new, os.environ.get("NEW_API_KEY"), options.new_model, options.texts, options.task)
    cosines = [cosine(a, b) for a, b in zip(old, new, strict=True)]
    for value, text in zip(cosines, options.texts):
        print(f"{value:.6f}  {text[:80]}")
    return min(cosines) < 0.999


if __name__ == "__main__":
    raise SystemExit(main())
