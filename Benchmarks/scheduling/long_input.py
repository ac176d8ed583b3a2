#!/usr/bin/env python3
"""Queries beside one long input, and how soon the threads are free when its client goes away.

    long_input.py BINARY MODEL-DIR WORDS SECONDS
"""
import http.client
import json
import sys
import threading
import time

from load import Server, Texts, harness, queries, summary


def send_and_leave(server, text, seconds):
    """Sends a request, closes the socket after a while, and gives the time until the process stops computing."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/v1/embeddings", json.dumps({"input": [text], "truncate": True}))
    time.sleep(seconds)
    connection.sock.close()
    left = time.perf_counter()
    pid = server.process.pid
    while True:
        before = harness.cpu_seconds(pid)
        time.sleep(0.03)
        if harness.cpu_seconds(pid) - before < 0.011:
            return time.perf_counter() - left - 0.03


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
