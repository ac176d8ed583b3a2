"""Keys, limits, CORS, metrics and traces on a running server."""

import hashlib
import json
import os
import re
import signal
import time

import openai
import pytest

from embed_server import MODEL, Server, run

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def key(name, secret, **options):
    return {"name": name, "sha256": hashlib.sha256(secret.encode()).hexdigest(), **options}


def write(file, *keys):
    """Replaces the key file in one step."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"keys": list(keys)}))
    os.replace(new, file)


@pytest.fixture
def locked(tmp_path):
    """A server with a key file, and the file."""
    file = tmp_path / "keys.json"
    write(
        file,
        key("search", "s", requestsPerMinute=3, tokensPerMinute=60),
        key("prometheus", "p", scopes=["metrics"]),
        key("admin", "a", scopes=["admin"]),
    )
    settings = {"auth": {"keysFile": str(file)}, "cors": {"allowedOrigins": ["https://app.example"]}}
    configuration = tmp_path / "config.json"
    configuration.write_text(json.dumps(settings))
    server = Server("--config", str(configuration))
    yield server, file
    server.kill()


def metrics(server, secret=None):
    """Name and labels of every sample, with its value."""
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/metrics", headers={"x-api-key": secret} if secret else {})
    response = connection.getresponse()
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = response.read().decode().splitlines()
    connection.close()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def embed(server, secret):
    return server.embed({"input": "a"}, Authorization=f"Bearer {secret}")[0]


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_keys_open_what_their_scopes_say_and_have_limits(locked):
    server, _ = locked
    assert [server.request("GET", "/metrics", headers={"api-key": k})[0] for k in ("s", "a", "x")] == [403, 403, 401]
    assert embed(server, "p") == 403
    client = openai.OpenAI(base_url=server.base_url, api_key="s", max_retries=0)
    answer = client.embeddings.with_raw_response.create(model=MODEL, input="a")
    assert answer.headers["x-ratelimit-remaining-requests"] == "2"
    assert 57 <= int(answer.headers["x-ratelimit-remaining-tokens"]) < 60
    for _ in range(2):
        client.embeddings.create(model=MODEL, input="a")
    with pytest.raises(openai.RateLimitError) as raised:
        client.embeddings.create(model=MODEL, input="a")
    assert raised.value.code == "rate_limit_exceeded"
    assert 1 <= int(raised.value.response.headers["retry-after"]) <= 20
    samples = metrics(server, "p")
    assert samples['embed_request_errors_total{code="RATE_REQUEST_LIMIT_EXCEEDED"}'] == 1
    assert samples['embed_request_errors_total{code="AUTHZ_INSUFFICIENT_SCOPE"}'] == 3
    log = server.log()
    assert '"key":"search"' in log and "Bearer" not in log


@pytest.mark.parametrize("how", ["change", "signal", "request"])
def test_keys_are_exchanged_while_requests_are_served(locked, how):
    server, file = locked
    assert embed(server, "s") == 200
    write(file, key("search", "new"), key("admin", "a", scopes=["admin"]))
    if how == "signal":
        server.process.send_signal(signal.SIGHUP)
    if how == "request":
        assert server.request("POST", "/admin/reload", headers={"x-api-key": "a"})[2] == {"keys": 2}
        assert embed(server, "new") == 200
    wait_for(lambda: embed(server, "new") == 200)
    assert embed(server, "s") == 401
    # A broken file changes nothing, and is named with its line.
    file.write_text('{"keys": [\n')
    status, _, answer = server.request("POST", "/admin/reload", headers={"x-api-key": "a"})
    assert status == 500
    assert f"{file}:2:1: the document ends" in answer["detail"]
    assert embed(server, "new") == 200
    assert server.process.poll() is None


def test_a_page_may_send_its_key(locked):
    server, _ = locked
    ask = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    status, fields, _ = server.request("OPTIONS", "/v1/embeddings", headers=ask)
    assert status == 204
    assert fields["Access-Control-Allow-Origin"] == "https://app.example"
    assert "authorization" in fields["Access-Control-Allow-Headers"]
    status, fields, _ = server.embed({"input": "a"}, Origin="https://app.example", Authorization="Bearer s")
    assert (status, fields["Access-Control-Allow-Origin"]) == (200, "https://app.example")
    status, fields, _ = server.request("OPTIONS", "/v1/embeddings", headers=ask | {"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in fields


def test_metrics_count_what_happened(server):
    before = metrics(server)
    status, fields, _ = server.embed({"input": ["one", "two words"]}, traceparent=PARENT, **{"x-request-id": "traced"})
    assert status == 200
    assert fields["traceparent"] == PARENT
    assert re.fullmatch(r"queue;dur=[\d.]+, compute;dur=[\d.]+", fields["server-timing"])
    server.embed({"input": []})
    server.request("GET", "/nowhere")
    after = metrics(server)

    def grown(name):
        return after[name] - before.get(name, 0)

    labels = f'{{model="{MODEL}",task="default"}}'
    assert grown(f"embed_inputs_total{labels}") == 2
    assert grown(f"embed_tokens_total{labels}") == 7
    assert grown(f'embed_queue_wait_seconds_count{{model="{MODEL}"}}') == 1
    assert grown('embed_request_errors_total{code="VALIDATION_ERROR"}') == 1
    assert grown('embed_request_errors_total{code="RESOURCE_NOT_FOUND"}') == 1
    assert grown('embed_http_requests_total{route="/v1/embeddings",method="POST",code="200"}') == 1
    assert grown('embed_http_requests_total{route="none",method="GET",code="404"}') == 1
    assert grown("embed_http_received_bytes_total") > 0
    assert after["embed_ready"] == 1
    assert after["process_resident_memory_bytes"] > 10_000_000
    server.wait_for('"id":"traced"')
    line = next(json.loads(line) for line in server.log().splitlines() if '"id":"traced"' in line)
    assert line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"


def test_every_metric_is_documented(server):
    from embed_server import ROOT

    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for sample in metrics(server):
        name = re.sub(r"_(bucket|sum|count)$", "", sample.split("{")[0])
        short = "_" + "_".join(name.split("_")[2:])
        assert f"`{name}`" in text or f"`{short}`" in text, name


@pytest.mark.parametrize(
    "contents, message",
    [
        ('{"keys": [\n  {"name": "a" "key": "b"}]}', ":2:16: expected ',' or '}' in an object"),
        ('{"keys": [{"name": "a"}]}', ': keys[0]: expected one of "key" and "sha256"'),
    ],
)
def test_a_key_file_that_cannot_be_used_stops_the_start(tmp_path, contents, message):
    file = tmp_path / "keys.json"
    file.write_text(contents)
    configuration = tmp_path / "config.json"
    configuration.write_text(json.dumps({"auth": {"keysFile": str(file)}}))
    result = run("serve", "--config", str(configuration))
    assert result.returncode == 1
    assert f"{file}{message}" in result.stderr
