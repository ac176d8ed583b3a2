"""deploy/nginx/nginx.conf before two servers that are restarted under load."""

import http.client
import json
import os
import random
import re
import socket
import subprocess
import threading
import time
from collections import Counter

import pytest

from conftest import wait_until
from embed_server import ROOT, Server

CLIENTS = 6
TEXTS = [f"Text {number}: " + "the quick brown fox " * (number % 12) for number in range(200)]


class Connection(http.client.HTTPConnection):
    """A connection to nginx, which listens on a Unix socket: there is no free port to guess."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class LoadBalancer:
    """nginx with the shipped configuration; only addresses and paths are others."""

    def __init__(self, folder, ports):
        self.socket = str(folder / "nginx.sock")
        text = (ROOT / "deploy/nginx/nginx.conf").read_text()
        for host, port in zip(("10.0.0.11", "10.0.0.12"), ports):
            text = text.replace(f"{host}:8080", f"127.0.0.1:{port}")
        temporary = "".join(
            f"{name}_temp_path {name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        for old, new in {
            "http {": "http { " + temporary,
            "listen 80;": f"listen unix:{self.socket};",
            "/dev/stdout": "access.log",
        }.items():
            assert old in text
            text = text.replace(old, new)
        assert "10.0.0." not in text
        (folder / "nginx.conf").write_text(text)
        self.log = folder / "access.log"
        # As another user than root, its workers could not write into pytest's folder.
        user = "user root; " if os.geteuid() == 0 else ""
        directives = user + "daemon off; pid nginx.pid;"
        self.process = subprocess.Popen(
            ["nginx", "-p", folder, "-c", "nginx.conf", "-e", "error.log", "-g", directives]
        )
        wait_until(lambda: self.process.poll() is not None or self.answers())
        assert self.process.poll() is None, (folder / "error.log").read_text()

    def answers(self):
        try:
            return self.request("GET", "/livez")[0] == 200
        except OSError:
            return False

    def request(self, method, path, body=None, headers=None):
        connection = Connection(self.socket)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Load:
    """Clients that ask all the time, over connections they keep."""

    def __init__(self, path):
        self.path, self.ends, self.results = path, False, Counter()
        self.threads = [threading.Thread(target=self.ask, args=(seed,)) for seed in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def ask(self, seed):
        choice, connection = random.Random(seed), Connection(self.path)
        while not self.ends:
            inputs = choice.sample(TEXTS, choice.randint(1, 4))
            try:
                connection.request("POST", "/v1/embeddings", json.dumps({"input": inputs, "encoding_format": "base64"}))
                response = connection.getresponse()
                answer = json.loads(response.read())
                whole = response.status == 200 and len(answer["data"]) == len(inputs)
                self.results["ok" if whole else f"status {response.status}"] += 1
            except (OSError, http.client.HTTPException) as error:
                self.results[repr(error)] += 1
                connection.close()
        connection.close()

    def stop(self):
        self.ends = True
        for thread in self.threads:
            thread.join()


@pytest.fixture
def start(tmp_path):
    """Starts the server of a number; each has a folder of batches of its own."""

    def start(number, port=0):
        config = tmp_path / f"config-{number}.json"
        config.write_text(json.dumps({"batch": {"directory": str(tmp_path / f"batches-{number}")}}))
        return Server("--config", str(config), "--threads", "1", port=port)

    return start


@pytest.fixture
def servers(start):
    started = {number: start(number) for number in (0, 1)}
    yield started
    for server in started.values():
        server.kill()


@pytest.fixture
def balancer(servers, tmp_path):
    started = LoadBalancer(tmp_path, [server.port for server in servers.values()])
    yield started
    started.stop()


def requests_answered(server):
    """How many embeddings requests a server has answered since it started."""
    return server.log().count('"path":"/v1/embeddings"')


def test_no_request_fails_while_servers_restart(servers, start, balancer, capsys):
    load = Load(balancer.socket)
    try:
        for number in (0, 1, 0, 1):
            # Wait for nginx to trust the server that was restarted last before the other goes.
            for server in servers.values():
                before = requests_answered(server)
                wait_until(lambda: requests_answered(server) > before + 100)
            port = servers[number].port
            assert servers[number].stop() == 0
            servers[number].kill()
            time.sleep(0.5)  # alone for a while
            servers[number] = start(number, port)
    finally:
        load.stop()
    retried = len(re.findall(r"127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+", balancer.log.read_text()))
    with capsys.disabled():
        print(f" {sum(load.results.values())} requests, 4 restarts, {retried} asked again: {dict(load.results)} ", end="")
    assert set(load.results) == {"ok"} and load.results["ok"] > 1000
    assert retried > 0


def test_what_is_passed_on_and_what_is_not(servers, balancer):
    status, headers, _ = balancer.request("GET", "/v1/models", headers={"X-Request-Id": "mine"})
    assert (status, headers["x-request-id"]) == (200, "mine")
    assert len(balancer.request("GET", "/v1/models")[1]["x-request-id"]) == 32
    assert balancer.request("GET", "/metrics")[0] == balancer.request("POST", "/admin/reload")[0] == 404
    for path in ("/metrics/", "/metrics?a", "/metrics/?a", "/%6detrics", "/metric%73/", "/metrics%2F", "//metrics", "/a/../metrics",
                 "/./metrics", "/metrics//", "/metrics/.", "/METRICS", "/%256detrics", "http://localhost/metrics"):
        assert balancer.request("GET", path)[0] == 404, path
    for path in ("/admin", "/admin/reload/", "/%61dmin/reload", "//admin/reload", "/admin%2Freload", "/v1/../admin/reload"):
        assert balancer.request("POST", path)[0] == 404, path
    # Only what is theirs.
    assert balancer.request("GET", "/v1/models/metrics")[2].count(b"metrics") > 0
    # Batches are with the first server, whoever has less to do.
    for _ in range(4):
        assert balancer.request("GET", "/v1/files")[0] == 200
    assert servers[0].log().count('"path":"/v1/files"') == 4
    # A body that nginx keeps in a file arrives whole.
    status, _, answer = balancer.request("POST", "/v1/embeddings", json.dumps({"input": ["a b c " * 50] * 1000}))
    assert status == 200 and len(json.loads(answer)["data"]) == 1000


def test_a_request_in_flight_is_answered_before_the_server_ends(servers, balancer):
    servers[1].stop()
    results = []
    body = json.dumps({"input": [f"{number} " + "long " * 200 for number in range(80)]})
    client = threading.Thread(target=lambda: results.append(balancer.request("POST", "/v1/embeddings", body)[0]))
    client.start()
    wait_until(lambda: waiting_tokens(servers[0]) > 0)
    assert servers[0].stop() == 0
    client.join()
    assert results == [200]


def waiting_tokens(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return float(re.search(r'embed_waiting_tokens\{class="bulk"\} (\S+)', text).group(1))
