"""The wire format, and the life of the process."""

import base64
import json
import signal
import struct

import pytest

from embed_server import MODEL, Server, run


def test_the_answer_has_openais_order_of_members(server):
    status, headers, body = server.embed({"input": ["a", "b"]})
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert list(body) == ["object", "data", "model", "usage"]
    assert [list(item) for item in body["data"]] == [["object", "index", "embedding"]] * 2
    assert len(headers["x-request-id"]) == 32


def test_every_format_holds_the_same_vector(server):
    def embedding(**options):
        return server.embed({"input": "a", **options})[2]["data"][0]["embedding"]

    floats = embedding()
    # A float written in decimal is read as float64: pack it to compare.
    assert base64.b64decode(embedding(encoding_format="base64"), validate=True) == struct.pack("<384f", *floats)
    ubinary = embedding(embedding_type="ubinary")
    assert len(ubinary) == 48
    assert [bool(ubinary[i // 8] >> (7 - i % 8) & 1) for i in range(384)] == [value > 0 for value in floats]
    assert embedding(embedding_type="binary") == [byte - 128 for byte in ubinary]


@pytest.mark.parametrize(
    "body",
    [
        '\ufeff{"input": "a"}',
        '{"input": "x\\ud800"}',
        '{"input": "x\\u0000y"}',
        '{"input": ["a", ""], "model": null, "user": "u"}',
        '{"input": {"text": "a"}, "task": "retrieval.query", "dimensions": "384"}',
        '{"texts": ["a"], "truncation": true, "late_chunking": false}',
    ],
)
def test_lenient_requests_are_answered(server, body):
    status, _, answer = server.request("POST", "/embeddings/", body.encode(), {"Content-Type": "text/plain"})
    assert status == 200, answer


@pytest.mark.parametrize(
    "method, path, body, status",
    [
        ("POST", "/v1/embeddings", "", 422),
        ("POST", "/v1/embeddings", "{", 422),
        ("POST", "/v1/embeddings", b'{"input": "\xff"}', 400),
        ("POST", "/v1/embeddings", '{"input": []}', 422),
        ("POST", "/v1/embeddings", '{"input": [[15339, 1917]]}', 422),
        ("POST", "/v1/embeddings", '{"input": "a", "dimensions": 64}', 422),
        ("POST", "/v1/embeddings", '{"input": "a", "task": "foo"}', 422),
        ("POST", "/v1/embeddings", json.dumps({"input": ["a"] * 2049}), 400),
        ("POST", "/v1/embeddings", '{"input": [' + "1," * (1 << 20) + "1]}", 413),
        ("GET", "/v1/embeddings", None, 405),
        ("POST", "/v1/rerank", "{}", 404),
        ("POST", "/v1/classify", "{}", 404),
        ("PUT", "/", "{}", 405),
        ("GET", "/nope", None, 404),
        ("GET", "/v1/models/nope", None, 404),
        ("POST", "/v1/embeddings", b" " * (33_554_432 + 1), 413),
    ],
)
def test_every_refusal_has_the_same_body(server, method, path, body, status):
    received, headers, answer = server.request(method, path, body)
    assert received == status
    assert isinstance(answer["detail"], str)
    assert answer["request_id"] == headers["x-request-id"]
    assert list(answer["error"]) == ["message", "type", "param", "code"]
    assert ("errors" in answer) == (status == 422)
    assert ("Allow" in headers) == (status == 405)


def test_the_callers_request_id_is_kept(server):
    _, headers, answer = server.embed({"input": []}, **{"x-request-id": "my-id"})
    assert headers["x-request-id"] == answer["request_id"] == "my-id"


def test_models_and_probes(server):
    for path in ("/livez", "/live", "/readyz", "/ready", "/health"):
        assert server.request("GET", path)[0] == 200
    models = server.request("GET", "/v1/models")[2]
    assert models["data"][0]["max_output_length"] == 384
    assert "--model jina-embeddings-v5-text-nano=DIR" in models["data"][0]["description"]
    for identifier in (MODEL, f"sentence-transformers/{MODEL}", f"sentence-transformers%2F{MODEL}"):
        assert server.request("GET", f"/v1/models/{identifier}")[2] == models["data"][0]


def test_the_access_log_counts_and_does_not_quote(server):
    server.embed({"input": ["a very private sentence"]}, **{"x-request-id": "logged"})
    server.wait_for('"id":"logged"')
    line = next(json.loads(line) for line in server.log().splitlines() if '"id":"logged"' in line)
    assert line["status"] == 200
    assert line["tokens"] == 6
    assert line["compute_ms"] > 0
    assert line["queue_ms"] >= 0
    assert "private" not in server.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_order(number):
    server = Server()
    try:
        assert server.request("GET", "/readyz")[0] == 200
        assert server.stop(number) == 0
        assert '"message":"stopped"' in server.log()
    finally:
        server.kill()


def test_settings_from_a_file_are_used(tmp_path):
    settings = {
        "models": [{"id": MODEL, "aliases": ["text-embedding-3-small"]}],
        "auth": {"apiKeys": ["secret"]},
        "server": {"maximumBodyBytes": 1024},
    }
    file = tmp_path / "config.json"
    file.write_text(json.dumps(settings))
    server = Server("--config", str(file))
    try:
        body = {"model": "text-embedding-3-small", "input": "a"}
        assert server.embed(body)[0] == 401
        assert server.embed(body, Authorization="Bearer wrong")[2]["code"] == "AUTH_INVALID_API_KEY"
        status, _, answer = server.embed(body, Authorization="Bearer secret")
        assert (status, answer["model"]) == (200, "text-embedding-3-small")
        assert server.embed({"input": "a" * 2000}, Authorization="Bearer secret")[0] == 413
        assert server.request("GET", "/v1/models")[0] == 200
        assert "secret" not in server.log()
    finally:
        server.kill()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--port", "70000"], "--port: expected a whole number from 0 to 65535"),
        (["--model", "x=/nowhere"], "x: there is no checkpoint in /nowhere"),
        (["--config", "/nowhere/config.json"], "/nowhere/config.json: No such file or directory"),
    ],
)
def test_a_start_that_cannot_work_says_why(arguments, message):
    result = run("serve", *arguments)
    assert result.returncode != 0
    assert result.stdout == ""
    assert message in result.stderr


def test_an_unknown_key_stops_the_start(tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{"server": {"prot": 1}}')
    result = run("serve", "--config", str(file))
    assert result.returncode != 0
    assert f"{file}: server.prot: unknown key" in result.stderr
