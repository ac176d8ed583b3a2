#!/usr/bin/env python3
"""Embeddings a second of the default model: 32 clients with one text a request, beside sentence-transformers' encode.

usage: embeddings.py BINARY [ROUNDS]       sentence-transformers is left out where it cannot be imported

Both get the same 512 texts of 4 to 120 words. The peer gets them in one call, batches of 32 sorted by length, which
is its best case; the server gets them from 32 connections as they come.
"""
import http.client
import json
import os
import random
import sys
import threading
import time

from harness import median, server

WORDS = "search server vector query light water house music paper river stone green quick story table cloud".split()
CLIENTS = 32


def texts():
    random.seed(7)
    return [" ".join(random.choices(WORDS, k=int(4 * 30 ** random.random()))) for _ in range(512)]


def through_clients(port, inputs):
    """Seconds for all inputs, one a request, over 32 connections."""
    position, lock = iter(inputs), threading.Lock()
    failures = []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            with lock:
                text = next(position, None)
            if text is None:
                return
            connection.request("POST", "/v1/embeddings", json.dumps({"input": text, "encoding_format": "base64"}))
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                failures.append(body)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(failures[0])
    return time.perf_counter() - start


def peer():
    """sentence-transformers with as many threads as CPUs, or None."""
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return None
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    home = os.environ.get("EMBED_HOME", os.path.expanduser("~/.cache/embed-server"))
    model = SentenceTransformer(f"{home}/models/all-MiniLM-L6-v2", device="cpu")

    def encode(inputs):
        start = time.perf_counter()
        model.encode(inputs, batch_size=32, normalize_embeddings=True)
        return time.perf_counter() - start

    return encode


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    inputs, encode = texts(), peer()
    ours, port = server(sys.argv[1])
    with ours:
        figures = {"embed-server": [], "sentence-transformers": []}
        through_clients(port, inputs)
        if encode:
            encode(inputs)
        for _ in range(rounds):
            figures["embed-server"].append(len(inputs) / through_clients(port, inputs))
            if encode:
                figures["sentence-transformers"].append(len(inputs) / encode(inputs))
    for name, rates in figures.items():
        if rates:
            print(f"embeddings  {name:22} {median(rates):8.0f}/s   (median of {len(rates)})")
    if encode:
        print(f"embeddings  ratio {median(figures['embed-server']) / median(figures['sentence-transformers']):.2f}")


main()
