#!/usr/bin/env python3
"""A corpus with 37 % repeated rows: throughput with and without the vector cache, which dedup goes before.

    repeats.py BINARY MODEL-DIR [ROWS]
"""
import sys
import time

from load import Server, Texts


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
        with Server(binary, model, **({} if reuse else {"cache_bytes": 0})) as server:
            begin = time.perf_counter()
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
            rates.setdefault(name, []).append(rate)
            print(f"reuse {name:3}  {rate:7.0f} tokens/s   {hits} cache hits")
    print(f"ratio {max(rates['on']) / max(rates['off']):.2f}")
