#!/usr/bin/env python3
"""Queries beside bulk work: latency of 12-token queries at 2 a second, alone and while two callers index passages.

    mixed.py MODEL-DIR NAME=BINARY [NAME=BINARY …]

Give two binaries to compare two schedulers in one run.
"""
import sys
import time

from load import Bulk, Server, queries, summary


def measure(name, binary, model):
    with Server(binary, model) as server:
        tokens = server.post(["time year people way day man thing woman"], task="retrieval.query")[3]
        alone = queries(server, 8)
        bulk = Bulk(server)
        begin = time.perf_counter()
        time.sleep(20)
        without = bulk.rate(begin, time.perf_counter())
        begin = time.perf_counter()
        beside = queries(server, 36)
        rate = bulk.rate(begin, time.perf_counter())
        bulk.stop()
    print(f"{name}: queries of {tokens} tokens")
    print(f"  alone             {summary(alone)}")
    print(f"  beside bulk       {summary(beside)}   ({len(beside)} queries)")
    print(f"  bulk              {without:7.0f} tokens/s alone, {rate:7.0f} beside queries")


if __name__ == "__main__":
    for argument in sys.argv[2:]:
        measure(*argument.split("=", 1), sys.argv[1])
