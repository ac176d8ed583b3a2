"""Load for the scheduling benchmarks: texts of a known length, callers, and queries at a steady rate."""
import http.client
import json
import os
import pathlib
import random
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness  # noqa: E402

# Words that are one token each in the vocabularies we serve.
WORDS = """time year people way day man thing woman life child world school state family student group country problem
hand part place case week company system program question work government number night point home water room mother
area money story fact month lot right study book eye job word business issue side kind head house service friend
father power hour game line end member law car city community name president team minute idea body information back
parent face others level office door health person art war history party result change morning reason research girl
guy moment air teacher force education""".split()


class Texts:
    """Random texts; the seed makes a run repeatable."""

    def __init__(self, seed=1):
        self.random = random.Random(seed)

    def text(self, words):
        return " ".join(self.random.choices(WORDS, k=words))


class Server:
    """A server on one model, started for the time of a `with` block."""

    def __init__(self, binary, model, **settings):
        self.environment = {f"EMBED_{name.upper()}": str(value) for name, value in settings.items()}
        self.command = binary
        self.model = model

    def __enter__(self):
        os.environ.update(self.environment)
        self.context, self.port = harness.server(self.command, "--model", f"model={self.model}")
        self.process = self.context.__enter__()
        self.post([Texts(0).text(8)] * 2, task="retrieval.query")
        for words in (30, 300, 300):
            self.post([Texts(words).text(words)])
        return self

    def __exit__(self, *details):
        self.context.__exit__(*details)
        for name in self.environment:
            del os.environ[name]

    def post(self, texts, timeout=600, headers=None, connection=None, **fields):
        """One request; gives (status, seconds, answer's headers, tokens)."""
        body = json.dumps({"input": texts, "encoding_format": "base64", **fields})
        own = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        start = time.perf_counter()
        own.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json", **(headers or {})})
        response = own.getresponse()
        answer = json.loads(response.read())
        seconds = time.perf_counter() - start
        if connection is None:
            own.close()
        return response.status, seconds, dict(response.getheaders()), answer.get("usage", {}).get("total_tokens", 0)


class Bulk(threading.Thread):
    """Callers that index passages one request after the other until they are stopped."""

    def __init__(self, server, callers=2, passages=8, words=296):
        super().__init__(daemon=True)
        self.server, self.words, self.passages = server, words, passages
        self.finished = []
        self.running = True
        self.threads = [threading.Thread(target=self.call, args=(seed,), daemon=True) for seed in range(callers)]
        for thread in self.threads:
            thread.start()

    def call(self, seed):
        texts = Texts(seed + 100)
        while self.running:
            passages = [texts.text(self.words) for _ in range(self.passages)]
            status, _, _, tokens = self.server.post(passages, task="retrieval.passage")
            assert status == 200, status
            self.finished.append((time.perf_counter(), tokens))

    def rate(self, begin, end):
        """Tokens a second of the requests that ended between two times; whole requests only."""
        inside = [(at, tokens) for at, tokens in self.finished if begin <= at <= end]
        if len(inside) < 2:
            return 0
        first = min(at for at, _ in inside)
        last = max(at for at, _ in inside)
        return (sum(tokens for _, tokens in inside) - inside[0][1]) / (last - first)

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join()


def queries(server, seconds, rate=2.0, words=8, headers=None):
    """Sends short queries at a steady rate, whether or not earlier ones are answered; gives their seconds."""
    texts = Texts(7)
    results, threads = [], []

    def ask(text):
        status, elapsed, _, _ = server.post([text], task="retrieval.query", headers=headers)
        assert status == 200, status
        results.append(elapsed)

    begin = time.perf_counter()
    for number in range(int(seconds * rate)):
        time.sleep(max(0, begin + number / rate - time.perf_counter()))
        threads.append(threading.Thread(target=ask, args=(texts.text(words),), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return results


def percentile(values, part):
    """The smallest value that `part` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * part // 100) - 1))]


def summary(values):
    """Median and 99th percentile in milliseconds."""
    return f"p50 {1000 * statistics.median(values):7.0f} ms   p99 {1000 * percentile(values, 99):7.0f} ms"
