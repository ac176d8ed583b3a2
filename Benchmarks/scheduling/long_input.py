#!/usr/bin/env python3
"""Queries beside one long input, and how soon the threads are free when its client goes away.

    long_input.py BINARY MODEL-DIR WORDS SECONDS
"""
import http.client
import json
import sys
import threading
import time

from load import Server, Texts, queries, summary


def abandoned(server):
    """Steps that stopped because nobody wanted them any more."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/metrics")
    for line in connection.getresponse().read().decode().splitlines():
        if line.startswith("embed_steps_abandoned_total"):
            return float(line.split()[-1])
    raise SystemExit("/metrics does not count abandoned steps")


def send_and_leave(server, text, seconds):
    """Sends a request, closes the socket after a while, and gives the time until its step has stopped."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/v1/embeddings", json.dumps({"input": [text], "truncate": True}))
    time.sleep(seconds)
    before = abandoned(server)
    connection.sock.close()
    left = time.perf_counter()
    while abandoned(server) == before:
        time.sleep(0.002)
    return time.perf_counter() - left


if __name__ == "__main__":
    binary, model, words, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    with Server(binary, model, cache_bytes=0) as server:
        alone = queries(server, 5)
        text = Texts(3).text(words)
        done = {}

        def long_request():
            status, elapsed, _, tokens = server.post([text], truncate=True)
            done.update(status=status, seconds=elapsed, tokens=tokens)

        thread = threading.Thread(target=long_request, daemon=True)
        thread.start()
        time.sleep(0.5)
        beside = queries(server, seconds)
        state = "still running" if thread.is_alive() else f"{done['tokens']} tokens in {done['seconds']:.1f} s"
        print(f"queries alone             {summary(alone)}")
        print(f"queries beside long input {summary(beside)}   ({len(beside)} queries, long input: {state})")
    with Server(binary, model, cache_bytes=0) as server:
        times = [send_and_leave(server, text, 1 + 0.37 * attempt) for attempt in range(5)]
        print("free after disconnect     " + ", ".join(f"{1000 * t:.0f}" for t in sorted(times)) + " ms")
