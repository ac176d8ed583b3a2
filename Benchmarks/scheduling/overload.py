#!/usr/bin/env python3
"""Four times the load that the machine can take: what is accepted and how it fares.

    overload.py BINARY MODEL-DIR [SECONDS]

Reads predicted and actual waits from the access log.
"""
import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from load import Bulk, Server, Texts, harness, percentile


def resident_megabytes(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024


def main(binary, model, seconds):
    with Server(binary, model) as server:
        bulk = Bulk(server, passages=4, words=146)
        begin = time.perf_counter()
        time.sleep(8)
        capacity = bulk.rate(begin, time.perf_counter())
        bulk.stop()
    log = tempfile.NamedTemporaryFile(mode="w+")
    port = harness.free_port()
    environment = {
        **os.environ, "EMBED_CACHE_BYTES": "0", "EMBED_LOG_FORMAT": "json", "EMBED_SCHEDULER_BULK_WAIT_SECONDS": "10",
    }
    process = subprocess.Popen(
        [binary, "serve", "--port", str(port), "--model", f"model={model}"], env=environment, stderr=log
    )
    server = Server(binary, model)
    server.port = port
    harness.wait_for(port, "/readyz")
    for words in (30, 300, 300, 300):
        server.post([Texts(words).text(words)])

    passage, passages = 150, 4
    interval = passage * passages / (4 * capacity)
    texts = Texts(11)
    outcomes, threads, sizes = [], [], []

    def ask(number):
        key = {"X-Priority": "bulk"}
        status, elapsed, headers, _ = server.post(batches[number % len(batches)], headers=key)
        outcomes.append((status, elapsed, headers.get("retry-after-ms")))

    # Texts of its own for every request: nothing is shared or cached.
    batches = [[texts.text(passage - 4) for _ in range(passages)] for _ in range(int(seconds / interval) + 1)]
    begin = time.perf_counter()
    number = 0
    while time.perf_counter() - begin < seconds:
        time.sleep(max(0, begin + number * interval - time.perf_counter()))
        threads.append(threading.Thread(target=ask, args=(number,), daemon=True))
        threads[-1].start()
        if number % 50 == 0:
            sizes.append(resident_megabytes(process.pid))
        number += 1
    for thread in threads:
        thread.join()
    sizes.append(resident_megabytes(process.pid))
    process.terminate()
    process.wait()

    statuses = collections.Counter(status for status, _, _ in outcomes)
    accepted = [elapsed for status, elapsed, _ in outcomes if status == 200]
    refused = [elapsed for status, elapsed, _ in outcomes if status == 429]
    print(f"capacity {capacity:.0f} tokens/s, offered {4 * capacity:.0f}, {len(outcomes)} requests: {dict(statuses)}")
    print(f"accepted: p50 {statistics.median(accepted):.1f} s, p99 {percentile(accepted, 99):.1f} s")
    print(f"refused:  {100 * len(refused) / len(outcomes):.0f} %, answered in p50 {1000 * statistics.median(refused):.0f} ms")
    log.seek(0)
    waits = []
    for line in pathlib.Path(log.name).read_text().splitlines():
        record = json.loads(line)
        facts = record.get("metadata", record)
        if "predicted_ms" in facts:
            waits.append((float(facts["predicted_ms"]), float(facts["queue_ms"])))
    waits = [(p, a) for p, a in waits if a > 1000]
    errors = sorted(abs(p - a) / a for p, a in waits)
    print(
        f"wait: median predicted {statistics.median(p for p, _ in waits) / 1000:.1f} s, actual "
        f"{statistics.median(a for _, a in waits) / 1000:.1f} s, error median {100 * statistics.median(errors):.0f} %, "
        f"p90 {100 * percentile(errors, 90):.0f} %"
    )
    print("resident: " + " ".join(f"{size:.0f}" for size in sizes[:: max(1, len(sizes) // 8)]) + f" … {sizes[-1]:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else 60)
