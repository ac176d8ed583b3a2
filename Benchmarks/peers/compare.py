#!/usr/bin/env python3
"""embed-server beside its peers: one checkpoint, the same texts, alternating rounds in one run; medians, ratios, fidelity.

usage: compare.py BINARY CHECKPOINT [--peers torch,onnxruntime,openvino] [--rounds 5] [--threads 2] [--passages 16]
                  [--mixed 48] [--cache FOLDER] [--gguf FILE] [--json FILE]

CHECKPOINT is a jina-embeddings-v5 folder. Every engine is warmed up; then each round gives each engine the queries one at a
time, the passages, and the mixed texts. The order of the engines changes from round to round. The peer llamacpp needs --gguf.
"""
import argparse
import json
import os
import time

import numpy as np

from engines import LlamaCpp, ONNXRuntime, OpenVINO, PLAIN, Server, Torch
from workload import Workload, percentile

# How long an engine's threads may go on spinning after its turn.
SETTLE = 0.4


def measure(engine, workload, name):
    """Seconds of each request of one round: one for each query, one for all passages or mixed texts."""
    time.sleep(SETTLE)
    texts, ids = workload.texts[name], workload.ids[name]
    groups = [[index] for index in range(len(ids))] if name == "query" else [range(len(ids))]
    seconds = []
    for group in groups:
        inputs, rows = [texts[index] for index in group], [ids[index] for index in group]
        start = time.perf_counter()
        engine.embed(name, rows, inputs)
        seconds.append(time.perf_counter() - start)
    return seconds


def figures(seconds, workload):
    """Milliseconds of a query, tokens a second of the rest; over all rounds."""
    rates = {name: float(np.median([workload.tokens(name) / value for value in seconds[name]])) for name in ("passage", "mixed")}
    queries = [value * 1e3 for value in seconds["query"]]
    return {
        "query_ms": percentile(queries, 0.5), "query_p90_ms": percentile(queries, 0.9),
        "query_p99_ms": percentile(queries, 0.99),
        "passage_tokens_per_s": rates["passage"], "mixed_tokens_per_s": rates["mixed"],
    }


def fidelity(vectors, reference):
    """The largest difference of a value of a unit vector, and the lowest cosine."""
    return {
        "largest_difference": float(np.abs(vectors - reference).max()),
        "lowest_cosine": float((vectors.astype(np.float64) * reference).sum(1).min()),
    }


def sample(engine, workload):
    """Vectors of some queries and passages."""
    return np.concatenate([
        engine.embed(name, workload.ids[name][:4], workload.texts[name][:4]) for name in ("query", "passage", "mixed")
    ])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("checkpoint")
    parser.add_argument("--peers", default="torch,onnxruntime,openvino")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--passages", type=int, default=16)
    parser.add_argument("--mixed", type=int, default=48)
    parser.add_argument("--cache", default=os.path.expanduser("~/.cache/embed-server/peers"))
    parser.add_argument("--gguf")
    parser.add_argument("--json")
    options = parser.parse_args()

    workload = Workload(options.checkpoint, options.passages, options.mixed)
    make = {
        "torch": lambda: Torch(options.checkpoint, options.threads),
        "onnxruntime": lambda: ONNXRuntime(options.checkpoint, options.threads, options.cache),
        "onnxruntime-adapter": lambda: ONNXRuntime(options.checkpoint, options.threads, options.cache, adapter=True),
        "openvino": lambda: OpenVINO(options.checkpoint, options.threads),
        "openvino-adapter": lambda: OpenVINO(options.checkpoint, options.threads, adapter=True),
        "llamacpp": lambda: LlamaCpp(options.gguf, options.threads),
    }
    engines = [Server(options.binary, options.checkpoint, options.threads)]
    engines += [make[name]() for name in options.peers.split(",")]
    torch_engine = next((engine for engine in engines if isinstance(engine, Torch)), None)
    references = {}
    if torch_engine:
        references["adapter"] = sample(torch_engine, workload)
        with torch_engine.without_adapter():
            references[PLAIN] = sample(torch_engine, workload)

    seconds = [{"query": [], "passage": [], "mixed": []} for _ in engines]
    for engine, lists in zip(engines, seconds):
        for name in lists:
            measure(engine, workload, name)
    for number in range(options.rounds):
        for place in range(len(engines)):
            index = (place + number) % len(engines)
            for name, values in seconds[index].items():
                values += measure(engines[index], workload, name)

    results = []
    for engine, lists in zip(engines, seconds):
        result = {"engine": engine.name, "setting": engine.setting, **figures(lists, workload)}
        if references:
            key = PLAIN if engine.setting == PLAIN else "adapter"
            result |= fidelity(sample(engine, workload), references[key])
        results.append(result)
        engine.close()
    report(results, options)


def report(results, options):
    ours = results[0]
    print(f"{options.checkpoint}: medians of {options.rounds} alternating rounds, {options.threads} threads")
    print(f"{'engine':18}{'query ms':>10}{'ratio':>7}{'passage t/s':>13}{'ratio':>7}{'mixed t/s':>11}{'ratio':>7}"
          f"{'largest diff':>14}{'cosine from':>13}  setting")
    for result in results:
        print(f"{result['engine']:18}{result['query_ms']:10.1f}{result['query_ms'] / ours['query_ms']:7.2f}"
              + "".join(f"{result[name]:{width}.0f}{ours[name] / result[name]:7.2f}"
                        for name, width in (("passage_tokens_per_s", 13), ("mixed_tokens_per_s", 11)))
              + (f"{result['largest_difference']:14.1e}{result['lowest_cosine']:13.8f}" if "lowest_cosine" in result else " " * 27)
              + f"  {result['setting']}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"checkpoint": options.checkpoint, "rounds": options.rounds, "threads": options.threads,
                       "results": results}, file, indent=1)


if __name__ == "__main__":
    main()
