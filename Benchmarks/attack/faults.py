"""One fault at a time: each scenario starts a server, does one bad thing to it, and says in a line what came of it.

Python standard library only.
"""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import socket
import threading
import time

from clients import HEAD, Attack, many_texts, post
from probes import Liveness, Queries, line, summary
from target import HOST, KEY, MODEL, STARTED_WITH, Target, Watch

AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
JSON = {"Content-Type": "application/json"}
FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures"


class Observed:
    """A server with /livez asked ten times a second, and its memory watched, for the time of the block."""

    def __init__(self, binary, **options):
        self.target = Target(binary, **options)
        self.watch, self.liveness = Watch(self.target), Liveness(self.target)
        self.before, self.begin = self.target.resident(), time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.liveness.stop()
        self.watch.stop()
        self.target.close()

    def memory(self):
        return f"RSS {self.before:.0f} MB before, {self.watch.peak():.0f} MB peak"

    def livez(self):
        self.liveness.stop()
        end = "; killed by this tool" if self.watch.killed else self.target.end()
        return f"livez {line(summary(self.liveness.trials, self.begin))}{end}"


def in_threads(count, work):
    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def herd(seen, kind, count, seconds, sources=20, **settings):
    """What became of clients of one kind after some seconds, as text."""
    begin = time.monotonic() + 0.5
    found = Attack(seen.target, [(kind, count, settings)], begin, begin + seconds, sources).result()
    tally = found["kinds"][kind] if found else {}
    answers = ", ".join(f"{tally[status]} x {status}" for status in sorted(tally) if status.isdigit())
    return f"{count} clients, {tally.get('closed', 0)} closed, {tally.get('refused', 0)} refused, answers: {answers or 'none'}"


def pipelined_heads(binary, seconds=10):
    """One connection sends heads of 20 kB one after the other, without a key, and drops the answers."""
    with Observed(binary) as seen:
        connection, sent, end = seen.target.socket(), 0, time.monotonic() + seconds

        def drop(_):
            with contextlib.suppress(OSError):
                while connection.recv(1 << 16):
                    pass

        readers = in_threads(1, drop)
        # Never a whole number of requests: something of the next one always lies behind.
        octets = memoryview(HEAD * 50)[: len(HEAD) * 50 - 10_000]
        carried = memoryview(HEAD * 51)
        at = 0
        with contextlib.suppress(OSError):
            while time.monotonic() < end:
                piece = carried[at : at + len(octets)]
                connection.sendall(piece)
                sent += len(piece)
                at = (at + len(piece)) % len(HEAD)
        grown = (seen.watch.peak() - seen.before) / seconds
        connection.close()
        readers[0].join(5)
        return f"{sent / 1e6:.0f} MB sent in {seconds} s; {seen.memory()}, {grown:.0f} MB/s; {seen.livez()}"


def slow_bodies(binary, seconds=15):
    """Three uploads of 178,956,950 octets without a key, whose last octets come one every ten seconds."""
    length = 178_956_950
    with Observed(binary) as seen:
        statuses = [None] * 3
        uploaded = [0] * 3
        end = time.monotonic() + seconds

        def upload(number):
            with contextlib.suppress(OSError):
                connection = seen.target.socket(timeout=seconds)
                head = post("/v1/files", length, "X-Kind: upload").replace(
                    b"application/json", b"multipart/form-data; boundary=b"
                )
                connection.sendall(head)
                piece = memoryview(bytes(1 << 20))
                while uploaded[number] < length - 10:
                    uploaded[number] += connection.send(piece[: min(len(piece), length - 10 - uploaded[number])])
                while time.monotonic() < end:
                    connection.settimeout(max(0.1, min(10, end - time.monotonic())))
                    try:
                        statuses[number] = connection.recv(12)[9:].decode() or "closed"
                        break
                    except TimeoutError:
                        connection.sendall(b"a")

        threads = in_threads(3, upload)
        time.sleep(3)
        queries = Queries(seen.target)
        for thread in threads:
            thread.join(seconds + 5)
        queries.stop()
        answers = [status or "no answer yet" for status in statuses]
        return (
            f"uploads: {', '.join(answers)}, {sum(uploaded) / 1e6:.0f} MB taken; queries {line(summary(queries.trials))}; "
            f"{seen.memory()}; {seen.livez()}"
        )


def slots(binary, seconds=12):
    """More bodies, at 1.2 kB/s, than `server.maximumConnections` allows connections: without a key, then with one."""
    lines = []
    for name, fields in (("without a key", ()), ("with a key", (f"Authorization: Bearer {KEY}",))):
        with Observed(binary) as seen:
            clients = herd(seen, "SlowBody", 1_100, seconds, length=100_000, rate=1_200, fields=fields)
            lines.append(f"{name}: {clients}; {seen.memory()}; {seen.livez()}")
    return "\nslots, ".join(lines)


def heads(binary, seconds=15):
    """1,500 heads that never end."""
    with Observed(binary) as seen:
        clients = herd(seen, "UnfinishedHead", 1_500, seconds)
        return f"{clients}; {seen.memory()}; {seen.livez()}"


def unread(binary, count, stay, after):
    """Clients ask for 2,048 vectors from the cache, take nothing, and leave after some seconds."""
    with Observed(binary) as seen:
        fields = {**AUTHORIZATION, **JSON}
        warm, _ = seen.target.ask("POST", "/v1/embeddings", many_texts(cold=False), fields)
        seen.before = seen.target.resident()
        clients = herd(seen, "UnreadAnswer", count, stay)
        peak = seen.memory()
        time.sleep(after)
        livez = seen.livez()
        return f"first answer {warm}; {clients}; {peak}, {seen.target.resident():.0f} MB {after} s after they left; {livez}"


def unread_answers(binary):
    return f"{unread(binary, 60, 10, 10)}\nunread-answers, 200 clients: {unread(binary, 200, 10, 10)}"


def slow_reader(binary, seconds=20):
    """A client that takes 20 kB/s of some 9 MB for 20 s, then the rest, where 8 s without progress are allowed."""
    with Observed(binary, settings={"SERVER_WRITE_TIMEOUT_SECONDS": 8}) as seen:
        body = many_texts(cold=False)
        connection = seen.target.socket(timeout=30)
        connection.sendall(post("/v1/embeddings", len(body), f"Authorization: Bearer {KEY}") + body)
        answer, begin, fault = http.client.HTTPResponse(connection), None, ""
        answer.begin()
        length, taken, begin = answer.length, 0, time.monotonic()
        try:
            while time.monotonic() < begin + seconds:
                taken += len(answer.read(5_000))
                time.sleep(0.25)
            slowly = taken
            while piece := answer.read(1 << 16):
                taken += len(piece)
        except (OSError, http.client.HTTPException) as error:
            fault = f" ({type(error).__name__} after {time.monotonic() - begin:.0f} s)"
            slowly = taken
        whole = "whole" if is_whole(taken, length, fault) else "CUT"
        connection.close()
        return (
            f"{slowly / 1000:.0f} kB at 20 kB/s, {taken} octets in all: {whole}{fault}; {seen.memory()}; {seen.livez()}"
        )


def stderr_pipe(binary):
    """stderr is a pipe that is no longer read: 3,000 requests to be refused and logged, then SIGTERM."""
    reading, writing = os.pipe()
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    target = Target(binary, stderr=writing, port=port)
    os.close(writing)
    text = b""
    while b'"message":"ready"' not in text and (piece := os.read(reading, 65_536)):
        text += piece
    liveness, refused, end = Liveness(target, timeout=2), 0, time.monotonic() + 10
    connection = target.http(timeout=2)
    for number in range(3_000):
        try:
            if number % 2:
                connection.request("POST", "/v1/embeddings", "{}", JSON)
            else:
                connection.request("GET", "/nowhere")
            refused += connection.getresponse().read() is not None
        except (OSError, http.client.HTTPException):
            connection.close()
        if time.monotonic() > end:
            break
    time.sleep(2)
    liveness.stop()
    code, seconds = target.stop(10)
    os.close(reading)
    stopped = f"exit code {code} after {seconds:.1f} s" if code is not None else f"nothing for {seconds:.0f} s, killed"
    return f"{refused} of 3000 refusals answered; livez {line(summary(liveness.trials))}; SIGTERM: {stopped}"


def idle_descriptors(binary):
    """Newcomers beside idle connections at the limit of descriptors, a large answer there, and work while others press in."""
    lines = [newcomers(binary), large_answer_at_limit(binary), pressed(binary)]
    return "\nidle-descriptors, ".join(lines)


def newcomers(binary):
    """1,012 idle connections at a soft limit of 1,024 descriptors, then 50 newcomers."""
    with Observed(binary, descriptors=(1_024, STARTED_WITH[1])) as seen:
        kept = [greet(seen.target) for _ in range(1_012)]
        with concurrent.futures.ThreadPoolExecutor(50) as together:
            late = list(together.map(lambda _: greet(seen.target), range(50)))
        answered = sum(connection is not None for connection in late)
        closed = sum(connection is not None and is_closed(connection) for connection in kept)
        failed = sum(connection is None for connection in kept)
        for connection in filter(None, kept + late):
            connection.close()
        return f"{answered} of 50 newcomers answered, {closed} of 1012 idle closed, {failed} of them never answered; {seen.livez()}"


def large_answer_at_limit(binary):
    """A large answer where 64 descriptors are all there are, and others hold what they can get."""
    with Target(binary, descriptors=(64, 64)) as target:
        asking = target.socket(timeout=60)
        with concurrent.futures.ThreadPoolExecutor(64) as together:
            others = list(together.map(lambda _: greet(target), range(64)))
        taken, length, fault = large_answer(target, asking)
        served = sum(connection is not None for connection in others)
        for connection in filter(None, others):
            connection.close()
        whole = "whole" if is_whole(taken, length, fault) else "CUT"
        return f"limit 64: {served} of 64 others answered, answer {whole}: {taken} octets{fault}{target.end()}"


def pressed(binary, seconds=12):
    """Three clients want much computed while 150 others press in where 64 descriptors are all there are."""
    with Target(binary, descriptors=(64, 64)) as target:
        asking = [target.socket(timeout=60) for _ in range(3)]
        begin = time.monotonic() + 0.5
        attack = Attack(target, [("KeptAlive", 150, {})], begin, begin + seconds)
        time.sleep(1.5)
        with concurrent.futures.ThreadPoolExecutor(3) as together:
            found = list(together.map(lambda connection: large_answer(target, connection, cold=True), asking))
        attack.result()
        whole = sum(is_whole(*answer) for answer in found)
        return f"150 clients at limit 64: {whole} of 3 large answers whole{target.end() or '; alive'}"


def is_whole(taken, length, fault):
    """Whether an answer came to its end; one without a length has chunks, whose missing end is a fault."""
    return taken > 0 and not fault and length in (None, taken)


def large_answer(target, connection, cold=False):
    """(octets taken, octets declared if they were, fault) of an answer that is left alone for a second."""
    body = many_texts(cold)
    taken, length = 0, 0
    try:
        connection.sendall(post("/v1/embeddings", len(body), f"Authorization: Bearer {KEY}") + body)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        length = answer.length
        time.sleep(1)
        while piece := answer.read(1 << 16):
            taken += len(piece)
    except (OSError, http.client.HTTPException) as error:
        return taken, length, f", {type(error).__name__}"
    return taken, length, ""


def greet(target):
    """A kept connection that has been answered once, or nothing."""
    try:
        connection = target.socket(timeout=5)
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if connection.recv(4_096).startswith(b"HTTP/1.1 200"):
            return connection
        connection.close()
    except OSError:
        pass
    return None


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def suffixes(binary):
    """A model's name with 16,000 and with 32,000 task suffixes."""
    with Observed(binary) as seen:
        found = []
        for count in (16_000, 32_000):
            before, begin = seen.target.cpu_seconds(), time.monotonic()
            body = json.dumps({"model": "x" + ":query" * count, "input": "a"})
            status, answer = seen.target.ask("POST", "/v1/embeddings", body, {**AUTHORIZATION, **JSON}, timeout=30)
            cpu = seen.target.cpu_seconds() - before
            found.append(
                f"{count}: status {status}, {time.monotonic() - begin:.2f} s, {max(0, cpu):.2f} s of CPU, {len(answer)} octets answered"
            )
        time.sleep(0.5)
        return f"{'; '.join(found)}; {seen.memory()}; {seen.livez()}"


def tokenize(binary):
    """100,000 line ends for a byte-level tokenizer, on /tokenize and /v1/explain."""
    model = f"tiny={FIXTURES / 'jina/nano'}"
    with Observed(binary, arguments=("--model", model)) as seen:
        found = []
        for path, body in (
            ("/tokenize", {"inputs": "\r\n" * 100_000}),
            ("/v1/explain", {"model": "tiny", "input": "\r\n" * 100_000, "task": "retrieval.query"}),
        ):
            before, begin = seen.target.cpu_seconds(), time.monotonic()
            status, answer = seen.target.ask("POST", path, json.dumps(body), {**AUTHORIZATION, **JSON}, timeout=60)
            cpu = seen.target.cpu_seconds() - before
            found.append(
                f"{path}: status {status}, {time.monotonic() - begin:.2f} s, {cpu:.2f} s of CPU, {len(answer)} octets answered"
            )
        return f"{'; '.join(found)}; {seen.memory()}; {seen.livez()}"


def reflect(binary):
    """What a web page could make a browser send to a server without keys on loopback."""
    form = (
        b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\r\n--b--\r\n'
    )
    multipart = "multipart/form-data; boundary=b"
    embed = json.dumps({"model": MODEL, "input": "a"})
    evil = {"Host": "evil.example"}
    foreign = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    with Target(binary, keys=False) as target:
        asked = [
            ("foreign Host, GET /v1/files", "GET", "/v1/files", None, evil),
            ("foreign Host, POST /v1/embeddings", "POST", "/v1/embeddings", embed, {**evil, **JSON}),
            ("empty Host, GET /v1/files", "GET", "/v1/files", None, {"Host": ""}),
            ("cross-site form, POST /v1/files", "POST", "/v1/files", form, {"Content-Type": multipart, **foreign}),
            ("cross-site text/plain, POST /v1/embeddings", "POST", "/v1/embeddings", embed, {"Content-Type": "text/plain", **foreign}),
            ("cross-site text/plain, POST /admin/reload", "POST", "/admin/reload", "", {"Content-Type": "text/plain", **foreign}),
            ("Host localhost, GET /v1/files", "GET", "/v1/files", None, {"Host": f"localhost:{target.port}"}),
            ("own Origin, POST /v1/embeddings", "POST", "/v1/embeddings", embed,
             {"Origin": f"http://127.0.0.1:{target.port}", "Sec-Fetch-Site": "same-origin", **JSON}),
        ]
        return "; ".join(f"{name}: {target.ask(*request)[0]}" for name, *request in asked)


SCENARIOS = {
    "pipelined-heads": pipelined_heads,
    "slow-bodies": slow_bodies,
    "slots": slots,
    "heads": heads,
    "unread-answers": unread_answers,
    "slow-reader": slow_reader,
    "stderr-pipe": stderr_pipe,
    "idle-descriptors": idle_descriptors,
    "suffixes": suffixes,
    "tokenize": tokenize,
    "reflect": reflect,
}
