#!/usr/bin/env python3
"""A corpus with 37 % repeated rows: throughput with dedup and the vector cache, and without any reuse.

    repeats.py BINARY MODEL-DIR [ROWS]

Tokens are counted for each second of CPU time too, which other programs on the machine disturb less.
"""
import sys
import time

from load import Server, Texts, harness


def corpus(rows):
    """Passages of which 37 of 100 equal an earlier one, in requests of 16."""
    texts = Texts(5)
    passages = []
    for _ in range(rows):
        if passages and texts.random.random() < 0.37:
            passages.append(texts.random.choice(passages))
        else:
            passages.append(texts.text(96))
    return [passages[start : start + 16] for start in range(0, rows, 16)]


if __name__ == "__main__":
    binary, model = sys.argv[1], sys.argv[2]
    requests = corpus(int(sys.argv[3]) if len(sys.argv) > 3 else 192)
    rates = {}
    for name, reuse in (("on", True), ("off", False), ("on", True), ("off", False)):
        with Server(binary, model, cache_bytes=64 << 20 if reuse else 0) as server:
            begin, used_before = time.perf_counter(), harness.cpu_seconds(server.process.pid)
            # Without reuse each repeat gets a text of its own, so that not even dedup inside a request helps.
            unique = Texts(9)
            tokens = hits = 0
            for batch in requests:
                texts = batch if reuse else [unique.text(96) for _ in batch]
                status, _, headers, used = server.post(texts, task="retrieval.passage")
                assert status == 200, status
                tokens += used
                hits += int(headers.get("x-cache-hits", 0))
            rate = tokens / (time.perf_counter() - begin)
            per_cpu = tokens / (harness.cpu_seconds(server.process.pid) - used_before)
            rates.setdefault(name, []).append((rate, per_cpu))
            print(f"reuse {name:3}  {rate:7.0f} tokens/s   {per_cpu:7.0f} a CPU second   {hits} cache hits")
    for place, what in enumerate(("time", "CPU time")):
        ratio = sum(pair[place] for pair in rates["on"]) / sum(pair[place] for pair in rates["off"])
        print(f"ratio by {what} {ratio:.2f}")
