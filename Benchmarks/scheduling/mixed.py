#!/usr/bin/env python3
"""Queries beside bulk work: latency of 12-token queries at 2 a second, alone and while two callers index passages.

    mixed.py BINARY MODEL-DIR [ROUNDS]

Two schedulers in turn on one server: classes with preemption, as shipped, and one queue in order of arrival, which is what
remains when the queries too are sent as bulk work (one caller, one class).
"""
import sys
import time

from load import Bulk, Server, queries, summary

SECONDS = 20


def main(binary, model, rounds):
    with Server(binary, model, cache_bytes=0) as server:
        tokens = server.post(["time year people way day man thing woman"], task="retrieval.query")[3]
        alone = queries(server, 10)
        bulk = Bulk(server)
        latencies = {"classes": [], "one queue": []}
        rates = {"bulk alone": [], "classes": [], "one queue": []}
        for _ in range(rounds):
            begin = time.perf_counter()
            time.sleep(SECONDS)
            rates["bulk alone"].append(bulk.rate(begin, time.perf_counter()))
            for name, headers in (("classes", {}), ("one queue", {"X-Priority": "bulk"})):
                begin = time.perf_counter()
                latencies[name] += queries(server, SECONDS, headers=headers)
                rates[name].append(bulk.rate(begin, time.perf_counter()))
        bulk.stop()
    print(f"queries of {tokens} tokens\n  alone                  {summary(alone)}")
    for name, values in latencies.items():
        print(f"  beside bulk, {name:9} {summary(values)}   ({len(values)} queries)")
    for name, values in rates.items():
        print(f"  bulk tokens/s, {name:10} " + " ".join(f"{value:6.0f}" for value in values))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 2)
