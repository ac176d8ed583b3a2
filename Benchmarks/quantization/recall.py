#!/usr/bin/env python3
"""How many of the ten nearest texts smaller vectors still find: recall@10 on WordNet, with the default model.

usage: recall.py BINARY [PLOT.svg]        needs the Debian package wordnet-base, and requirements.txt beside this file

Documents are all definitions of WordNet 3.0, queries the example sentences of a thousand of them. Vectors come from
the server in three forms (float, int8, ubinary); FAISS compares every query with every document. Prints a table.
"""
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
CUTS = (256, 192, 128, 64)
SHORTLISTS = (20, 40, 100)


def definitions():
    """Maps each definition to its first example sentence, or None. Those that differ in case alone count once."""
    found = {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in (WORDNET / f"data.{part}").read_text(encoding="latin-1").splitlines():
            _, separator, gloss = line.partition(" | ")
            definition = re.split(r';?\s*"', gloss.strip(), maxsplit=1)[0].strip()
            example = re.search(r'"([^"]{20,})"', gloss)
            if separator and definition:
                found.setdefault(definition.lower(), (definition, example and example[1]))
    return dict(found.values())


def embed(port, texts, kind):
    """The vectors of the texts as the server's floats, int8 and bits (uint8, eight values each)."""
    floats, bytes_, bits = [], [], []
    for start in range(0, len(texts), BATCH):
        body = {"model": "all-MiniLM-L6-v2", "texts": texts[start : start + BATCH], "input_type": kind,
                "embedding_types": ["base64", "int8", "ubinary"]}
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
    """Every way to search: its group, its name, the bytes scanned for each document, and what it finds."""
    (floats, bytes_, bits), (float_queries, byte_queries, bit_queries) = documents, queries
    width = floats.shape[1]
    yield "float", f"float, {width} values", 4 * width, nearest(floats, float_queries)
    for dimensions in CUTS:
        found = nearest(cut(floats, dimensions), cut(float_queries, dimensions))
        yield "float", f"float, first {dimensions} values", 4 * dimensions, found
    yield "int8", f"int8, {width} values", width, nearest(bytes_, byte_queries)
    longest = nearest_bits(bits, bit_queries, max(SHORTLISTS))
    yield "ubinary", f"ubinary, {width} bits", width // 8, longest[:, :NEAREST]
    signs = np.unpackbits(bits, axis=1).astype(np.float32) * 2 - 1
    for count in SHORTLISTS:
        name = f"ubinary, first {count} rescored by float query and bits"
        yield "float query, bits", name, width // 8, rescored(longest[:, :count], signs, float_queries)
    for count in SHORTLISTS:
        name = f"ubinary, first {count} rescored by floats"
        yield "rescored by floats", name, width // 8, rescored(longest[:, :count], floats, float_queries)


def measure(binary):
    """Rows of group, name, bytes, recall@10, and the share of queries that find their own definition."""
    examples = definitions()
    texts = list(examples)
    answers = random.Random(8).sample([i for i, text in enumerate(texts) if examples[text]], QUERIES)
    running, port = server(binary)
    with running:
        documents = embed(port, texts, "search_document")
        queries = embed(port, [examples[texts[i]] for i in answers], "search_query")
    # The store's bits have to be the signs of the floats, the first value in the highest bit.
    assert (np.packbits(documents[0] > 0, axis=1) == documents[2]).all()
    print(f"{len(texts):,} documents, {len(answers):,} queries\n")
    rows, exact = [], None
    for group, name, size, found in searches(documents, queries):
        exact = found if exact is None else exact
        recall = np.mean([len(set(some) & set(all_)) / NEAREST for some, all_ in zip(found, exact)])
        own = np.mean([answer in some for answer, some in zip(answers, found)])
        rows.append((group, name, size, recall, own))
    return rows


def table(rows):
    """The rows in Markdown."""
    print("| vectors compared | bytes a text | MB a million texts | recall@10 | own definition among ten |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for _, name, size, recall, own in rows:
        print(f"| {name} | {size:,} | {size:,} | {100 * recall:.1f}% | {100 * own:.1f}% |")


def draw(rows, path):
    """Recall by the bytes scanned, in colours that can be read on white and on black."""
    import matplotlib

    matplotlib.use("svg")
    grey = "#808080"
    matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "0",
                                "text.color": grey, "axes.labelcolor": grey, "axes.edgecolor": grey, "xtick.color": grey,
                                "ytick.color": grey})
    import matplotlib.pyplot as plot

    figure, axes = plot.subplots(figsize=(7, 3.4), layout="constrained")
    colours = dict(zip(dict.fromkeys(row[0] for row in rows), ("#3b82c4", "#c98a1b", "#c0392b", "#9b59b6", "#2e9e5b")))
    for group, colour in colours.items():
        points = [row for row in rows if row[0] == group]
        axes.plot([row[2] for row in points], [100 * row[3] for row in points], marker="o", color=colour, label=group)
        for _, name, size, recall, _ in points:
            number = re.search(r"first (\d+)", name)
            label = f"{100 * recall:.0f}%" + (f" ({number[1]})" if number else "")
            axes.annotate(label, (size, 100 * recall), xytext=(6, -3), textcoords="offset points", fontsize=8, color=colour)
    sizes = sorted({row[2] for row in rows})
    axes.set(xscale="log", xlabel="bytes compared for each text", ylabel="recall@10, %", ylim=(0, 105))
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None}, transparent=True)


def main():
    rows = measure(sys.argv[1])
    table(rows)
    if len(sys.argv) > 2:
        draw(rows, sys.argv[2])


main()
