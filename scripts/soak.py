#!/usr/bin/env python3
"""Keeps a server busy with mixed traffic, and watches its memory and its descriptors.

usage: soak.py BINARY [SECONDS]        (default: 600; needs the default model)

Short queries, batches, long documents, refused requests, clients that go away, probes and metrics, over kept and over
new connections. Prints a line every minute. Exit code 1 if a well-formed request fails, if more descriptors are open
at the end than at the start, or if memory grew by more than a tenth after the second minute.
"""
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

WORDS = "the quick brown fox jumps over a lazy dog and embeds every sentence it can find 你好 café".split()


def text(count):
    return " ".join(random.choices(WORDS, k=count))


def payload(kind):
    """A request, and the statuses it may have."""
    if kind == "query":
        return {"input": text(8), "encoding_format": "base64"}, {200}
    if kind == "batch":
        return {"input": [text(random.randint(1, 60)) for _ in range(32)]}, {200, 429}
    if kind == "long":
        return {"input": [text(5_000) for _ in range(4)], "truncate": True}, {200, 429}
    if kind == "invalid":
        return random.choice([{"input": []}, {"input": text(5), "dimensions": 7}, {"input": text(900)}]), {400, 422}
    return {"input": [1] * 1_100_000}, {413}


class Soak:
    def __init__(self, port):
        self.port, self.ends, self.counts, self.failures = port, False, {}, []
        self.lock = threading.Lock()

    def count(self, kind, status, allowed):
        with self.lock:
            self.counts[kind, status] = self.counts.get((kind, status), 0) + 1
            if status not in allowed:
                self.failures.append((kind, status))

    def client(self, kinds):
        """One connection after the other, each for a few requests."""
        while not self.ends:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            for _ in range(random.randint(1, 20)):
                kind = random.choice(kinds)
                if kind in ("/livez", "/metrics"):
                    connection.request("GET", kind)
                    allowed = {200}
                else:
                    body, allowed = payload(kind)
                    connection.request("POST", "/v1/embeddings", json.dumps(body))
                response = connection.getresponse()
                response.read()
                self.count(kind, response.status, allowed)
                if self.ends or response.will_close:
                    break
                time.sleep(random.random() / 20)
            connection.close()

    def quitter(self):
        """Goes away in the middle of a request, or before the answer."""
        while not self.ends:
            body = json.dumps({"input": [text(200) for _ in range(16)]}).encode()
            head = b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall((head + body)[: random.choice([20, len(head) + 100, len(head + body)])])
                time.sleep(random.random() / 10)
            self.count("quitter", "gone", {"gone"})
            time.sleep(random.random())


def status(process, key):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key))


def main(binary, seconds=600):
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen([binary, "serve", "--port", "0", "--log-format", "json"], stderr=log)
        while b'"message":"ready"' not in open(log.name, "rb").read():
            assert process.poll() is None, open(log.name).read()
            time.sleep(0.1)
        port = int(re.search(r'127\.0\.0\.1:(\d+)', open(log.name).read()).group(1))
        descriptors = lambda: len(os.listdir(f"/proc/{process.pid}/fd"))
        soak = Soak(port)
        before, early = descriptors(), None
        kinds = [["query", "/livez"], ["query", "invalid"], ["batch"], ["batch", "long"], ["/metrics", "huge", "query"]]
        threads = [threading.Thread(target=soak.client, args=(kind,)) for kind in kinds]
        threads.append(threading.Thread(target=soak.quitter))
        for thread in threads:
            thread.start()
        start = time.monotonic()
        for minute in range(1, seconds // 60 + 1):
            time.sleep(max(0, start + 60 * minute - time.monotonic()))
            resident = status(process, "VmRSS") / 1024
            early = resident if minute == 2 else early
            requests = sum(soak.counts.values())
            print(f"minute {minute}: {resident:.0f} MB, {descriptors()} descriptors, "
                  f"{status(process, 'Threads')} threads, {requests} requests, {len(soak.failures)} failed", flush=True)
        soak.ends = True
        for thread in threads:
            thread.join()
        time.sleep(4)  # longer than a closed connection lingers
        after, resident = descriptors(), status(process, "VmRSS") / 1024
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    print(f"memory {early or 0:.0f} MB at minute 2, {resident:.0f} MB at the end; descriptors {before} before, {after} after; "
          f"exit code {code}")
    print(", ".join(f"{kind} {status}: {count}" for (kind, status), count in sorted(soak.counts.items(), key=str)))
    grew = early is not None and resident > 1.1 * early
    return 1 if soak.failures or after > before or grew or code else 0


sys.exit(main(sys.argv[1], *map(int, sys.argv[2:3])))
