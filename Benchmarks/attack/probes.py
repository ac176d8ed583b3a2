"""Honest clients, who notice what an attack does to others. Python standard library only."""
import collections
import concurrent.futures
import http.client
import itertools
import json
import random
import threading
import time

from target import KEY, MODEL

WORDS = """time year people way day man thing woman life child world school state family student group country problem hand
part place case week company system program question work government number night point home water room mother area money
story fact month lot right study book eye job word business issue side kind head house service friend father power hour
game line end member law car city community name""".split()


class Trial:
    """One attempt: when it began, how long it took, and why it failed if it did."""

    def __init__(self, begin):
        self.begin, self.seconds, self.failure = begin, 0.0, None

    def ends(self, failure=None):
        self.seconds, self.failure = time.monotonic() - self.begin, failure
        return self


def reason(error):
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (http.client.RemoteDisconnected, http.client.IncompleteRead)):
        return "closed"
    if isinstance(error, ConnectionError):
        return "reset"
    return type(error).__name__


class Probe(threading.Thread):
    """Tries something at a fixed rate, whether or not earlier tries have ended, unless `workers` are at it already."""

    def __init__(self, target, interval, workers):
        super().__init__(daemon=True)
        self.target, self.interval, self.ends, self.trials = target, interval, False, []
        self.workers, self.free = concurrent.futures.ThreadPoolExecutor(workers), threading.Semaphore(workers)
        self.start()

    def run(self):
        begin = time.monotonic()
        for count in itertools.count():
            moment = begin + count * self.interval
            time.sleep(max(0, moment - time.monotonic()))
            if self.ends:
                break
            if time.monotonic() - moment < self.interval and self.free.acquire(blocking=False):
                self.workers.submit(self.try_once)

    def try_once(self):
        self.trials.append(self.attempt(Trial(time.monotonic())))
        self.free.release()

    def stop(self):
        self.ends = True
        self.join()
        self.workers.shutdown()

    def attempt(self, trial):
        raise NotImplementedError


class Liveness(Probe):
    """GET /livez on a new connection, ten times a second, from an address of its own."""

    def __init__(self, target, timeout=5):
        self.timeout = timeout
        super().__init__(target, 0.1, workers=64)

    def attempt(self, trial):
        connection = self.target.http(self.timeout, source="127.0.1.2")
        try:
            connection.request("GET", "/livez", headers={"Connection": "close"})
            response = connection.getresponse()
            response.read()
            return trial.ends(None if response.status == 200 else str(response.status))
        except (OSError, http.client.HTTPException) as error:
            return trial.ends(reason(error))
        finally:
            connection.close()


class Queries(Probe):
    """A search query of 12 tokens with a key, three a second, on one connection; a closed one is opened again."""

    def __init__(self, target, timeout=10):
        self.random, self.reconnects = random.Random(7), 0
        self.connection = target.http(timeout, source="127.0.1.1")
        super().__init__(target, 1 / 3, workers=1)

    def attempt(self, trial):
        body = json.dumps({"model": MODEL, "input": " ".join(self.random.sample(WORDS, 10))})
        for again in (True, False):
            kept = self.connection.sock is not None
            try:
                self.connection.request(
                    "POST", "/v1/embeddings", body, {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
                )
                response = self.connection.getresponse()
                response.read()
                return trial.ends(None if response.status == 200 else str(response.status))
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                # As every client does: a kept connection that turns out to be closed is no failure yet.
                if not (kept and again and isinstance(error, ConnectionError)):
                    return trial.ends(reason(error))
                self.reconnects += 1
        return trial


def summary(trials, begin=0, end=float("inf")):
    """Count, p50, p99 and maximum in ms of what succeeded, and the failures, of the trials begun between two moments."""
    some = [trial for trial in trials if begin <= trial.begin < end]
    times = sorted(trial.seconds * 1000 for trial in some if not trial.failure)
    rank = lambda share: times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")
    failures = collections.Counter(trial.failure for trial in some if trial.failure)
    return {
        "count": len(some), "p50": rank(0.5), "p99": rank(0.99), "max": rank(1),
        "failed": sum(failures.values()), "failures": dict(failures),
    }


def line(found):
    failures = ", ".join(f"{count} {why}" for why, count in sorted(found["failures"].items()))
    times = f"p50 {found['p50']:.1f} p99 {found['p99']:.1f} max {found['max']:.1f} ms" if found["failed"] < found["count"] else ""
    return f"{times}{', ' if times else ''}{found['failed']} of {found['count']} failed{f' ({failures})' if failures else ''}"
