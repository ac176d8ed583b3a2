"""Files and batches with the OpenAI library, unmodified, and what a kill in the middle leaves of them."""

import json
import signal
import time

import openai
import pytest

from embed_server import MODEL, Server

FINAL = {"completed", "failed", "expired", "cancelled"}


def wait(condition):
    deadline = time.monotonic() + 60
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline
        time.sleep(0.02)


def line(name, **body):
    return json.dumps({"custom_id": name, "method": "POST", "url": "/v1/embeddings", "body": {"model": MODEL, **body}})


def connect(server):
    return openai.OpenAI(base_url=server.base_url, api_key="unused", max_retries=0)


def submit(client, lines):
    content = ("\n".join(lines) + "\n").encode()
    file = client.files.create(file=("requests.jsonl", content), purpose="batch")
    assert (file.bytes, file.filename, file.purpose) == (len(content), "requests.jsonl", "batch")
    assert client.files.content(file.id).read() == content
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h", metadata={"name": "test"}
    )


def finished(client, batch):
    return wait(lambda: (b := client.batches.retrieve(batch.id)).status in FINAL and b)


def results(client, file_id):
    return [json.loads(text) for text in client.files.content(file_id).text.splitlines()] if file_id else []


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts servers that share a folder, one after the other."""
    servers = []

    def start(**settings):
        configuration = tmp_path / "config.json"
        configuration.write_text(json.dumps({"batch": {"directory": str(tmp_path / "batches"), **settings}}))
        servers.append(Server("--config", str(configuration)))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def test_a_batch_answers_what_the_endpoint_would(start):
    server = start()
    client = connect(server)
    bodies = [{"input": "hello"}, {"input": 5}, {"input": ["a", "b"], "encoding_format": "base64"}]
    batch = submit(client, [line(f"r{i}", **body) for i, body in enumerate(bodies)])
    assert (batch.metadata, batch.endpoint) == ({"name": "test"}, "/v1/embeddings")
    batch = finished(client, batch)
    counts = batch.request_counts
    assert (batch.status, counts.total, counts.completed, counts.failed) == ("completed", 3, 2, 1)
    output = {item["custom_id"]: item["response"] for item in results(client, batch.output_file_id)}
    for name, body in (("r0", bodies[0]), ("r2", bodies[2])):
        assert output[name]["body"]["data"] == server.embed({"model": MODEL, **body})[2]["data"]
    (error,) = results(client, batch.error_file_id)
    assert error["response"]["status_code"] == 422
    assert error["response"]["body"]["error"] == server.embed({"model": MODEL, **bodies[1]})[2]["error"]
    assert [b.id for b in client.batches.list(limit=1)] == [batch.id]
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)
    assert client.files.delete(batch.output_file_id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.content(batch.output_file_id)
    assert {f.id for f in client.files.list()} == {batch.input_file_id, batch.error_file_id}


def test_a_batch_outlives_a_kill_with_every_request_once(start):
    server = start()
    names = [f"r{i}" for i in range(4000)]
    client = connect(server)
    batch = submit(client, [line(name, input=f"text {name}") for name in names])
    wait(lambda: client.batches.retrieve(batch.id).request_counts.completed > 1000)
    assert client.batches.retrieve(batch.id).status == "in_progress"
    server.stop(signal.SIGKILL)
    client = connect(start())
    batch = finished(client, batch)
    assert (batch.status, batch.request_counts.completed) == ("completed", len(names))
    assert [item["custom_id"] for item in results(client, batch.output_file_id)] == names


def test_a_batch_that_is_cancelled_keeps_what_was_done(start):
    client = connect(start())
    names = [f"r{i}" for i in range(4000)]
    batch = submit(client, [line(name, input=f"text {name}") for name in names])
    wait(lambda: client.batches.retrieve(batch.id).request_counts.completed > 100)
    assert client.batches.cancel(batch.id).status == "cancelling"
    batch = finished(client, batch)
    assert batch.status == "cancelled"
    done = [item["custom_id"] for item in results(client, batch.output_file_id)]
    left = results(client, batch.error_file_id)
    assert {item["error"]["code"] for item in left} == {"batch_cancelled"}
    assert sorted(done + [item["custom_id"] for item in left]) == sorted(names)


def test_a_batch_that_does_not_fit_waits_for_room(start):
    client = connect(start(maximumStoredBytes=400_000))
    batch = submit(client, [line(f"r{i}", input=f"text {i}") for i in range(400)])
    faults = wait(lambda: (b := client.batches.retrieve(batch.id)).errors and b.errors.data)
    assert faults[0].code == "insufficient_storage"
    assert client.batches.retrieve(batch.id).status == "in_progress"
    with pytest.raises(openai.InternalServerError) as raised:
        submit(client, ["x" * 400_000])
    assert raised.value.status_code == 507
