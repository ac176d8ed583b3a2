"""The tiny jina checkpoints, and the vectors that the authors' arithmetic gives for them."""

import base64
import json

import numpy

from embed_server import ROOT

FIXTURES = ROOT / "Tests" / "Fixtures" / "jina"
NANO = "jina-embeddings-v5-text-nano"
SMALL = "jina-embeddings-v5-text-small"
FOLDERS = {NANO: FIXTURES / "nano", SMALL: FIXTURES / "small"}
# Task of the API: adapter and prompt of the checkpoint.
TASKS = {
    "retrieval.query": ("retrieval", "query"),
    "retrieval.passage": ("retrieval", "document"),
    "text-matching": ("text-matching", "document"),
    "clustering": ("clustering", "document"),
    "classification": ("classification", "document"),
}


def goldens(model, task):
    """The records of the reference for one task of one model."""
    with open(FIXTURES / "vectors" / f"{FOLDERS[model].name}.jsonl", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    return [record for record in records if (record["task"], record["prompt"]) == TASKS[task]]


def texts(model, task):
    """The texts of these records, in their order."""
    return [record["text"] for record in goldens(model, task)]


def vectors(model, task, dimensions=None):
    """The vectors of these records, in their order, whole or cut."""
    return numpy.array(
        [
            floats(record["truncated"][str(dimensions)] if dimensions else record["float32"])
            for record in goldens(model, task)
        ]
    )


def floats(text):
    """The vector that base64 stands for."""
    return numpy.frombuffer(base64.b64decode(text), dtype="<f4")


def difference(vectors, expected):
    """The largest difference between values of two lists of vectors, which must have the same shape."""
    vectors, expected = numpy.asarray(vectors, dtype="f4"), numpy.asarray(expected, dtype="f4")
    assert vectors.shape == expected.shape
    return numpy.abs(vectors - expected).max()
