"""Models with tasks and Matryoshka dimensions: tiny checkpoints laid out like jina-embeddings-v5-text."""

import json

import numpy
import openai
import pytest

from embed_server import Server, run
from reference import FIXTURES, NANO, SMALL, TASKS, floats, goldens


@pytest.fixture(scope="module")
def jina(tmp_path_factory):
    settings = {
        "models": [
            {
                "id": NANO,
                "path": str(FIXTURES / "nano"),
                "aliases": ["text-embedding-3-small"],
                "defaultTask": "clustering",
                "defaultDimensions": 32,
                "tokenInput": "model",
            },
            {"id": SMALL, "path": str(FIXTURES / "small")},
        ]
    }
    file = tmp_path_factory.mktemp("jina") / "config.json"
    file.write_text(json.dumps(settings))
    server = Server("--config", str(file))
    yield server
    server.kill()


def embed(server, **body):
    status, _, answer = server.embed({"encoding_format": "base64", **body})
    assert status == 200, answer
    return numpy.array([floats(item["embedding"]) for item in answer["data"]]), answer["usage"]


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("task", TASKS)
def test_vectors_and_usage_are_those_of_the_reference(jina, model, task):
    records = goldens(model, task)
    vectors, usage = embed(jina, model=model, task=task, input=[r["text"] for r in records], dimensions=64)
    assert numpy.abs(vectors - [floats(r["float32"]) for r in records]).max() < 1e-5
    assert usage["total_tokens"] == sum(len(r["ids"]) for r in records)


def test_dimensions_cut_and_normalise(jina):
    records = goldens(SMALL, "retrieval.query")
    for dimensions in (16, 32):
        vectors, _ = embed(
            jina, model=SMALL, task="retrieval.query", input=[r["text"] for r in records], dimensions=dimensions
        )
        expected = [floats(r["truncated"][str(dimensions)]) for r in records]
        assert numpy.abs(vectors - expected).max() < 1e-5
    whole, _ = embed(jina, model=SMALL, input="a")
    cut, _ = embed(jina, model=SMALL, input="a", dimensions=5, normalized=False)
    assert numpy.array_equal(cut[0], whole[0][:5])
    assert jina.embed({"model": SMALL, "input": "a", "dimensions": 65})[0] == 422


def test_the_default_task_is_text_matching(jina):
    default, _ = embed(jina, model=SMALL, input="a")
    matching, _ = embed(jina, model=SMALL, input="a", task="text-matching")
    clustering, _ = embed(jina, model=SMALL, input="a", task="clustering")
    assert numpy.array_equal(default, matching)
    assert not numpy.allclose(default, clustering)


def test_operators_defaults_serve_clients_that_can_send_nothing(jina):
    client = openai.OpenAI(base_url=jina.base_url, api_key="unused", max_retries=0)
    plain = client.embeddings.create(model="text-embedding-3-small", input="a").data[0].embedding
    expected, _ = embed(jina, model=NANO, input="a", task="clustering", dimensions=32)
    assert numpy.array_equal(numpy.array(plain, dtype="f4"), expected[0])


@pytest.mark.parametrize(
    "name, task",
    [
        (f"jinaai/{SMALL}", "text-matching"),
        ("jina-embeddings-v5-small", "text-matching"),
        (f"{SMALL}:retrieval.query", "retrieval.query"),
        (f"jinaai/{SMALL}-classification", "classification"),
        (f"{SMALL}-retrieval", "retrieval.passage"),
    ],
)
def test_names_that_carry_a_task(jina, name, task):
    named, _ = embed(jina, model=name, input="a b c")
    expected, _ = embed(jina, model=SMALL, input="a b c", task=task)
    assert numpy.array_equal(named, expected)


def test_token_ids_of_the_model(jina):
    record = goldens(NANO, "clustering")[0]
    vectors, usage = embed(jina, model=NANO, input=[record["ids"]], dimensions=64)
    assert numpy.abs(vectors[0] - floats(record["float32"])).max() < 1e-5
    assert usage["total_tokens"] == len(record["ids"])
    status, _, answer = jina.embed({"model": NANO, "input": [[1], [99_999_999]]})
    assert (status, answer["error"]["param"]) == (422, "input[1]")
    assert jina.embed({"model": SMALL, "input": [[1]]})[0] == 422


def test_several_models_need_a_name(jina):
    status, _, answer = jina.embed({"input": "a"})
    assert status == 422
    assert NANO in answer["detail"] and SMALL in answer["detail"]
    assert [model["id"] for model in jina.request("GET", "/v1/models")[2]["data"]] == [NANO, SMALL]


@pytest.mark.parametrize("task", TASKS)
def test_the_commands_know_the_tasks(task):
    records = goldens(NANO, task)
    texts = "".join(json.dumps(record["text"]) + "\n" for record in records)
    directory = str(FIXTURES / "nano")
    tokenized = run("tokenize", "--model", directory, "--task", task, stdin=texts)
    assert [json.loads(line) for line in tokenized.stdout.splitlines()] == [record["ids"] for record in records]
    embedded = run("embed", "--model", directory, "--task", task, stdin=texts)
    vectors = [json.loads(line)["embedding"] for line in embedded.stdout.splitlines()]
    assert numpy.abs(numpy.array(vectors) - [floats(record["float32"]) for record in records]).max() < 1e-5
