"""What goes wrong around a server: clients that vanish, signals, full disks, rotated certificates, too many connections."""

import ctypes
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from embed_server import MODEL_DIRECTORY, ROOT, Server, binary, environment, run

CERTIFICATES = ROOT / "Tests/HTTPCoreTests/Fixtures/tls"
EMBED = json.dumps({"model": "all-MiniLM-L6-v2", "input": ["a lost answer is a lost customer"] * 4})


@pytest.fixture
def start():
    """Starts servers that end with the test."""
    servers = []

    def start(*arguments):
        servers.append(Server(*arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def configuration(tmp_path, **server):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"server": server}))
    return "--config", str(path)


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def resident_kilobytes(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def in_threads(count, work):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def post(connection):
    connection.request("POST", "/v1/embeddings", EMBED, {"Connection": "close"})
    response = connection.getresponse()
    response.read()
    return response.status


def test_sigterm_under_32_clients_loses_no_answer(start):
    server = start()
    answered, lost = [], []

    def client():
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            try:
                connection.connect()
            except OSError:
                return
            try:
                answered.append(post(connection))
            except Exception as fault:
                lost.append(fault)
            finally:
                connection.close()

    threads = in_threads(32, client)
    while len(answered) < 100:
        time.sleep(0.01)
    assert server.stop() == 0
    for thread in threads:
        thread.join()
    assert lost == []
    assert set(answered) == {200}


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_the_server_at_once(start, second):
    server = start()
    body = json.dumps({"model": "all-MiniLM-L6-v2", "input": ["word " * 250] * 1000})
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/v1/embeddings", body)
    # The request is read before this one is answered.
    assert server.request("GET", "/readyz")[0] == 200
    server.process.send_signal(signal.SIGTERM)
    server.wait_for('"message":"stopping"')
    assert server.stop(second) == -second


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_models_load_ends_the_server(tmp_path, number):
    log = tmp_path / "log"
    # The default model many times over loads and is tested for seconds.
    models = [argument for i in range(40) for argument in ("--model", f"m{i}={MODEL_DIRECTORY}")]
    with open(log, "w") as stderr:
        process = subprocess.Popen(
            [binary(), "serve", "--port", "0", *models], stderr=stderr, env=environment()
        )
    try:
        while "listening" not in log.read_text():
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(timeout=60) == 0
        lines = [json.loads(line)["message"] for line in log.read_text().splitlines()]
        assert "ready" not in lines
        assert lines[-2:] == ["stopping", "stopped"]
    finally:
        process.kill()


def test_openblas_is_in_the_process_only_where_it_is_asked_for(start, tmp_path):
    def maps(server):
        with open(f"/proc/{server.process.pid}/maps") as file:
            return file.read()

    assert "blas" not in maps(start())
    assert "blas" not in subprocess.run(["ldd", binary()], capture_output=True, text=True, check=True).stdout
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps({"compute": {"backend": "openblas"}}))
    try:
        ctypes.CDLL("libopenblas.so.0")
    except OSError:
        # Whoever asks for a library that is not there is told which.
        with pytest.raises(RuntimeError, match="Install libopenblas0"):
            start("--config", str(settings))
        return
    server = start("--config", str(settings))
    assert "libopenblas" in maps(server)
    assert server.embed({"input": "a"})[0] == 200


def test_little_address_space_is_enough_to_say_the_version():
    limited = subprocess.run(
        ["bash", "-c", f"ulimit -v 200000; exec '{binary()}' --version"], capture_output=True, timeout=30, check=False
    )
    assert limited.returncode == 0
    assert limited.stdout.startswith(b"0.")


def test_descriptors_that_are_closed_at_the_start_become_dev_null():
    process = subprocess.Popen(
        ["bash", "-c", f"exec '{binary()}' serve --port 0 0<&- 1>&- 2>&-"], env=environment()
    )
    try:
        folder = f"/proc/{process.pid}/fd"

        def target(name):
            try:
                return os.readlink(f"{folder}/{name}")
            except FileNotFoundError:
                return ""

        deadline = time.monotonic() + 60
        # The socket is opened after everything that could take the place of standard error.
        while not any(target(name).startswith("socket:") for name in os.listdir(folder)):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        assert [target(name) for name in "012"] == ["/dev/null"] * 3
    finally:
        process.kill()
        process.wait()


def test_vanishing_clients_leave_nothing_behind(start):
    server = start()
    server.request("GET", "/livez")
    before = descriptors(server)
    head = f"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(EMBED)}\r\n\r\n".encode()
    for number in range(300):
        connection = socket.create_connection(("127.0.0.1", server.port))
        # In the head, in the body, while the answer is in the making, and with the answer unread.
        connection.sendall([head[:20], head + EMBED.encode()[:30], head + EMBED.encode()][number % 3])
        if number % 5 == 0:
            connection.close()
        else:
            reset(connection)
    deadline = time.monotonic() + 30
    while descriptors(server) > before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert descriptors(server) <= before
    assert server.request("GET", "/readyz")[0] == 200


def test_a_full_disk_for_the_log_stops_nothing(start):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open("/dev/full", "w") as full:
        process = subprocess.Popen([binary(), "serve", "--port", str(port)], stderr=full, env=environment())
    try:
        deadline = time.monotonic() + 60
        status = None
        while status != 200 and time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            try:
                status = post(connection)
            except OSError:
                time.sleep(0.05)
            finally:
                connection.close()
        assert status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()


def test_a_log_that_nobody_reads_stops_nothing():
    process = subprocess.Popen([binary(), "serve", "--port", "0"], stderr=subprocess.PIPE, env=environment())
    try:
        log = ""
        while '"message":"ready"' not in log:
            log += process.stderr.readline().decode()
        port = int(re.search(r'"address":"http://127\.0\.0\.1:(\d+)"', log).group(1))

        def get(path):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                return response.status, response.read().decode()
            finally:
                connection.close()

        # From here on nobody reads. Lines enough that the queue overflows as well as the pipe.
        refused = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for number in range(10_000):
            refused.request("GET", "/nowhere")
            response = refused.getresponse()
            assert response.status == 404
            response.read()
            if number % 50 == 0:
                assert get("/livez")[0] == 200
        refused.close()
        dropped = int(re.search(r"^embed_log_dropped_total (\d+)$", get("/metrics")[1], re.M).group(1))
        assert dropped > 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_the_log_is_complete_when_the_server_ends(start):
    server = start()
    assert server.stop() == 0
    assert server.log().splitlines()[-1].count('"message":"stopped"') == 1


def test_a_fatal_error_is_the_last_line_of_the_log():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_a_certificate_rotated_under_traffic_costs_no_request(start, tmp_path):
    def place(name):
        for kind in ("key", "pem"):
            shutil.copy(CERTIFICATES / f"{name}.{kind}", tmp_path / "next")
            os.replace(tmp_path / "next", tmp_path / f"server.{kind}")

    place("first")
    tls = {"certificate": str(tmp_path / "server.pem"), "key": str(tmp_path / "server.key")}
    server = start(*configuration(tmp_path, tls=tls))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    statuses, failures, certificates, done = [], [], set(), threading.Event()

    def client():
        while not done.is_set():
            connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=60, context=context)
            try:
                connection.connect()
                certificates.add(connection.sock.getpeercert(binary_form=True))
                statuses.append(post(connection))
            except Exception as fault:
                failures.append(fault)
            finally:
                connection.close()

    threads = in_threads(4, client)
    while len(statuses) < 20:
        time.sleep(0.01)
    place("second")
    deadline = time.monotonic() + 30
    while len(certificates) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(statuses) == {200}
    assert len(certificates) == 2


def test_idle_connections_cost_little_and_block_nobody(start, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle = []
    try:
        server = start(*configuration(tmp_path, maximumConnections=20000))
        before = resident_kilobytes(server)
        count = min(10000, hard - 200)
        for _ in range(count):
            idle.append(socket.create_connection(("127.0.0.1", server.port)))
        assert server.embed(EMBED)[0] == 200
        assert resident_kilobytes(server) - before < 100_000 + 16 * count
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
