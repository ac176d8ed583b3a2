"""What clients can make the server hold: the sum in docs/security.md, attacked."""

import json
import os
import re
import resource
import selectors
import socket
import subprocess
import time
import urllib.request

import pytest

from embed_server import Server, binary, environment

MIB = 1 << 20
CONNECTIONS = 150
BUDGET = 16 * MIB
# docs/security.md: for each connection, for those for probes, and for those being sent away.
CONNECTION_BYTES = 530 << 10
# Cached vectors, the log, and the JSON of one body; the allocator keeps some of what is freed.
ELSEWHERE = 64 * MIB


@pytest.fixture
def bounded(tmp_path):
    file = tmp_path / "config.json"
    settings = {
        "maximumConnections": CONNECTIONS,
        "maximumBufferedBodyBytes": BUDGET,
        "maximumBufferedAnswerBytes": BUDGET,
        "maximumBodyBytes": 4 * MIB,
    }
    file.write_text(json.dumps({"server": settings, "cache": {"bytes": 16 * MIB}}))
    server = Server("--config", str(file))
    yield server
    server.kill()


def resident(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) << 10


def metrics_of(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=60) as answer:
        return answer.read().decode()


def connect(server, number):
    """A connection from one of ten addresses, which does not wait and has room for little."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.bind((f"127.0.0.{2 + number % 10}", 0))
    client.connect(("127.0.0.1", server.port))
    client.setblocking(False)
    return client


def push(clients):
    """Sends what there is to send for as long as the server takes it."""
    selector = selectors.DefaultSelector()
    for client, octets in clients:
        selector.register(client, selectors.EVENT_WRITE, memoryview(octets))
    sent = 0
    while selector.get_map():
        ready = selector.select(timeout=1)
        if not ready:
            break
        for key, _ in ready:
            try:
                count = key.fileobj.send(key.data[:65536])
            except BlockingIOError:
                continue
            except OSError:
                selector.unregister(key.fileobj)
                continue
            sent += count
            rest = key.data[count:]
            if rest:
                selector.modify(key.fileobj, selectors.EVENT_WRITE, rest)
            else:
                selector.unregister(key.fileobj)
    selector.close()
    return sent


def test_memory_under_attack_stays_within_the_sum_of_the_bounds(bounded):
    server = bounded
    texts = json.dumps({"input": [f"text {number}" for number in range(1024)]}).encode()
    head = b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    # So that all vectors come from the cache.
    assert server.embed(json.loads(texts))[0] == 200
    before = resident(server)
    pipelined = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n"
    kinds = [
        pipelined * 100,
        head % (4 * MIB) + b"x" * (4 * MIB - 1),
        head % len(texts) + texts,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 30_000,
    ]
    clients = [(connect(server, number), kinds[number % len(kinds)]) for number in range(2 * CONNECTIONS)]
    sent = push(clients)
    peak = resident(server)
    for _ in range(20):
        assert server.request("GET", "/livez")[0] == 200
        peak = max(peak, resident(server))
        time.sleep(0.05)
    for client, _ in clients:
        client.close()
    bound = (CONNECTIONS + 64 + 65) * CONNECTION_BYTES + 3 * BUDGET + ELSEWHERE
    assert sent > 100 * MIB, "the attack was no attack"
    assert peak - before <= bound
    # What was held is given back: a large body and a large answer have room again.
    for _ in range(100):
        if server.embed(json.loads(texts))[0] == 200:
            break
        time.sleep(0.1)
    else:
        pytest.fail("no room for an answer after the attack")
    metrics = ""
    for _ in range(100):
        metrics = metrics_of(server)
        if re.search(r"^embed_http_body_bytes 0$", metrics, re.M):
            break
        time.sleep(0.1)
    assert re.search(r"^embed_http_body_bytes 0$", metrics, re.M)
    assert re.search(r"^embed_http_answer_bytes 0$", metrics, re.M)


def test_a_low_soft_limit_of_descriptors_is_raised(tmp_path):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2048:
        pytest.skip("the hard limit is low as well")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))

    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))

    log = tmp_path / "log"
    with open(log, "w") as stderr:
        process = subprocess.Popen(
            [binary(), "serve", "--port", "0"], stderr=stderr, env=environment(), preexec_fn=lower
        )
    try:
        while '"message":"ready"' not in log.read_text():
            assert process.poll() is None
            time.sleep(0.05)
        port = int(re.search(r"127\.0\.0\.1:(\d+)", log.read_text()).group(1))
        clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(400)]
        for client in clients:
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert len(os.listdir(f"/proc/{process.pid}/fd")) > 800
        for client in clients:
            client.close()
    finally:
        process.kill()
        process.wait()
