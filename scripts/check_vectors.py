#!/usr/bin/env python3
"""Compares `embed-server embed` with reference vectors of a checkpoint, full-size ones included.

usage: check_vectors.py BINARY MODEL_DIR GOLDEN.jsonl [GOLDEN.f64.jsonl]        (needs numpy)

A golden line has name, text, task (adapter), prompt (query or document), embedding; the float64 file the same names
with embedding64. Records with the query prompt and another adapter than retrieval's are left out: the API has no
such task. Prints the largest difference, and with the second file each side's distance to float64. Exit code 1 if a
value differs by more than 1e-5.
"""
import json
import subprocess
import sys

import numpy as np


def lines(path):
    return [json.loads(line) for line in open(path)]


def task_of(record):
    if record["task"] == "retrieval":
        return "retrieval.query" if record["prompt"] == "query" else "retrieval.passage"
    return record["task"] if record["prompt"] == "document" else None


def main():
    binary, model = sys.argv[1:3]
    exact = {}
    if len(sys.argv) > 4:
        exact = {(r["name"], r["task"], r["prompt"]): np.array(r["embedding64"]) for r in lines(sys.argv[4])}
    by_task = {}
    for record in lines(sys.argv[3]):
        by_task.setdefault(task_of(record), []).append(record)
    by_task.pop(None, None)
    worst, compared, ours, theirs = 0.0, 0, 0.0, 0.0
    for task, records in by_task.items():
        done = subprocess.run(
            [binary, "embed", "--model", model, "--task", task],
            input="".join(json.dumps(r["text"]) + "\n" for r in records), capture_output=True, text=True, check=True,
        )
        vectors = [np.array(json.loads(line)["embedding"]) for line in done.stdout.splitlines()]
        assert len(vectors) == len(records), (task, len(vectors), len(records))
        for record, vector in zip(records, vectors):
            reference = np.array(record["embedding"])
            worst = max(worst, float(np.abs(vector - reference).max()))
            compared += 1
            float64 = exact.get((record["name"], record["task"], record["prompt"]))
            if float64 is not None:
                ours = max(ours, float(np.abs(vector - float64).max()))
                theirs = max(theirs, float(np.abs(reference - float64).max()))
    print(f"{compared} vectors, largest difference {worst:.2e}", end="")
    print(f"; to float64: ours {ours:.2e}, the reference's {theirs:.2e}" if exact else "")
    return 0 if worst <= 1e-5 else 1


sys.exit(main())
