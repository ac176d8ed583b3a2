#!/usr/bin/env python3
"""How many of the ten nearest texts smaller vectors still find: recall@10 on WordNet.

usage: recall.py BINARY [PLOT.svg] [--model MODEL]       MODEL as in `serve --model`; without it the default model

Needs the Debian package wordnet-base, and requirements.txt beside this file.

Documents are all entries of WordNet 3.0 (words and definition), queries the example sentences of a thousand of them.
Vectors come from the server in three forms (float, int8, ubinary); FAISS compares every query with every document.
Prints a table, and draws it if told where.
"""
import argparse
import base64
import json
import pathlib
import random
import re
import sys
import urllib.request

import faiss
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from harness import server  # noqa: E402

WORDNET = pathlib.Path("/usr/share/wordnet")
QUERIES, NEAREST, BATCH = 1_000, 10, 1_024
CUTS = (512, 256, 192, 128, 64)
SHORTLISTS = (20, 40, 100, 200)


def entries():
    """Maps each entry, its words and their definition, to its first example sentence or None."""
    found = {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in (WORDNET / f"data.{part}").read_text(encoding="latin-1").splitlines():
            synset, separator, gloss = line.partition(" | ")
            if not separator:
                continue
            fields = synset.split(" ")
            words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
            names = ", ".join(re.sub(r"\(\w+\)$", "", word).replace("_", " ") for word in words)
            definition = re.split(r';?\s*"', gloss.strip(), maxsplit=1)[0]
            example = re.search(r'"([^"]{20,})"', gloss)
            found[f"{names}: {definition}"] = example and example[1]
    return found


def embed(port, texts, kind):
    """The vectors of the texts as the server's floats, int8 and bits (uint8, eight values each)."""
    floats, bytes_, bits = [], [], []
    for start in range(0, len(texts), BATCH):
        types = ["base64", "int8", "ubinary"]
        body = {"texts": texts[start : start + BATCH], "input_type": kind, "embedding_types": types}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v2/embed", json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            forms = json.load(answer)["embeddings"]
        floats += [np.frombuffer(base64.b64decode(vector), "<f4") for vector in forms["base64"]]
        bytes_ += forms["int8"]
        bits += forms["ubinary"]
    return np.array(floats), np.array(bytes_, np.float32), np.array(bits, np.uint8)


def nearest(documents, queries, count=NEAREST):
    """The documents of the largest inner products, best first."""
    index = faiss.IndexFlatIP(documents.shape[1])
    index.add(documents)
    return index.search(queries, count)[1]


def nearest_bits(documents, queries, count):
    """The documents of the smallest Hamming distances, best first."""
    index = faiss.IndexBinaryFlat(8 * documents.shape[1])
    index.add(documents)
    return index.search(queries, count)[1]


def rescored(shortlists, documents, queries):
    """The first of each query's shortlist by inner product."""
    scores = np.einsum("qd,qkd->qk", queries, documents[shortlists])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
    return np.take_along_axis(shortlists, order, axis=1)


def cut(vectors, dimensions):
    """The leading values, at length 1 again."""
    leading = np.ascontiguousarray(vectors[:, :dimensions])
    return leading / np.linalg.norm(leading, axis=1, keepdims=True)


def searches(documents, queries):
    """Ways to search: name, bytes compared and kept for each document, and what is found. The first is exact."""
    (floats, bytes_, bits), (float_queries, byte_queries, bit_queries) = documents, queries
    width = floats.shape[1]
    whole, packed = floats.itemsize * width, bits.shape[1]
    yield f"float, {width} values", whole, whole, nearest(floats, float_queries)
    for dimensions in (some for some in CUTS if some < width):
        size = floats.itemsize * dimensions
        leading = nearest(cut(floats, dimensions), cut(float_queries, dimensions))
        yield f"float, first {dimensions} values", size, size, leading
    yield f"int8, {width} values", width, width, nearest(bytes_, byte_queries)
    longest = nearest_bits(bits, bit_queries, max(SHORTLISTS))
    yield f"ubinary, {width} bits", packed, packed, longest[:, :NEAREST]
    signs = np.unpackbits(bits, axis=1).astype(np.float32) * 2 - 1
    for count in SHORTLISTS:
        found = rescored(longest[:, :count], signs, float_queries)
        yield f"ubinary, first {count} ranked by float query and bits", packed, packed, found
    for count in SHORTLISTS:
        found = rescored(longest[:, :count], floats, float_queries)
        yield f"ubinary, first {count} ranked by floats", packed, packed + whole, found


def measure(binary, arguments):
    """Rows of name, bytes compared, bytes kept, recall@10, and the share of queries that find their own entry."""
    examples = entries()
    texts = list(examples)
    answers = random.Random(8).sample([i for i, text in enumerate(texts) if examples[text]], QUERIES)
    running, port = server(binary, *arguments)
    with running:
        documents = embed(port, texts, "search_document")
        queries = embed(port, [examples[texts[i]] for i in answers], "search_query")
    # The store's bits have to be the signs of the floats, the first value in the highest bit.
    assert (np.packbits(documents[0] > 0, axis=1) == documents[2]).all()
    print(f"{len(texts):,} documents, {len(answers):,} queries\n")
    rows, exact = [], None
    for name, compared, kept, found in searches(documents, queries):
        exact = found if exact is None else exact
        recall = np.mean([len(set(some) & set(all_)) / NEAREST for some, all_ in zip(found, exact)])
        own = np.mean([answer in some for answer, some in zip(answers, found)])
        rows.append((name, compared, kept, recall, own))
    return rows


def table(rows):
    """The rows in Markdown. Bytes a vector are megabytes a million vectors."""
    print("| vectors | MB compared | MB kept | recall@10 | own entry among ten |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, compared, kept, recall, own in rows:
        print(f"| {name} | {compared:,} | {kept:,} | {100 * recall:.1f}% | {100 * own:.1f}% |")


def draw(rows, path):
    """A bar of recall for each row, in colours that can be read on white and on black."""
    import matplotlib

    matplotlib.use("svg")
    grey = "#808080"
    greys = dict.fromkeys(("text.color", "xtick.color", "ytick.color"), grey)
    matplotlib.rcParams.update({"font.size": 9, "svg.hashsalt": "0", **greys})
    import matplotlib.pyplot as plot

    figure, axes = plot.subplots(figsize=(8, 0.25 * len(rows) + 0.5), layout="constrained")
    labels = [name for name, *_ in rows]
    colours = ["#c0392b" if name.startswith("ubinary") else "#3b82c4" for name in labels]
    bars = axes.barh(labels, [100 * recall for *_, recall, _ in rows], color=colours)
    axes.bar_label(bars, fmt="%.1f%%", padding=3)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.set_title("recall@10")
    axes.spines[:].set_visible(False)
    figure.savefig(path, metadata={"Date": None}, transparent=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("plot", nargs="?")
    parser.add_argument("--model")
    options = parser.parse_args()
    rows = measure(options.binary, ["--model", options.model] if options.model else [])
    table(rows)
    if options.plot:
        draw(rows, options.plot)


main()
