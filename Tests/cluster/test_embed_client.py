"""What Examples/bulk/embed_client.py does when servers are busy, wrong or gone."""

import http.server
import json
import multiprocessing
import threading

import pytest

from conftest import command, running, wait_until
from embed_client import EmbedClient, shared_server

VECTOR = {"data": [{"embedding": "AACAPwAAAEA="}]}  # 1, 2


class Script(http.server.BaseHTTPRequestHandler):
    """Gives the answers of a list, one after the other."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, fields, body = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def scripted():
    with http.server.HTTPServer(("127.0.0.1", 0), Script) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def client(scripted, **options):
    return EmbedClient(lambda: f"http://127.0.0.1:{scripted.server_port}", **options)


def test_waits_while_the_server_is_busy(scripted, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    scripted.answers = [(429, {"Retry-After": "7"}, {}), (503, {}, {}), (200, {}, VECTOR)]
    assert client(scripted).embed(["a"]).to_pylist() == [[1, 2]]
    assert [int(wait) for wait in waits if wait >= 1] == [int(waits[0]), 1] and waits[0] >= 7


def test_gives_up(scripted):
    scripted.answers = [(429, {"Retry-After": "7"}, {})]
    with pytest.raises(OSError, match="no answer within 1 s"):
        client(scripted, patience=1).embed(["a"])
    scripted.answers = [(422, {}, {"detail": "too long"}), (200, {}, VECTOR)]
    with pytest.raises(ValueError, match="422.*too long"):
        client(scripted).embed(["a"])


def test_one_server_for_all_and_another_when_it_is_gone(tmp_path):
    model = tmp_path.name
    arguments = (command(model), str(tmp_path))
    vectors = []
    for _ in range(2):  # the second time the lock and the address of a server that is gone are in the folder
        with multiprocessing.get_context("spawn").Pool(3) as pool:
            urls = pool.starmap(shared_server, [arguments] * 3)
            assert len(set(urls)) == 1 and running(model) == 1
            vectors.append(EmbedClient(lambda: urls[0]).embed(["a", "b"]))
            assert EmbedClient(lambda: urls[0]).embed([]).to_pylist() == []
        wait_until(lambda: running(model) == 0)  # it ends with the process that started it
    assert len(vectors[0]) == 2 and vectors[0].equals(vectors[1])
