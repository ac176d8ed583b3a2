"""The Ollama library, unmodified, against the running server."""

import numpy
import ollama
import pytest

import refusals
from embed_server import MODEL
from reference import NANO, SMALL, TASKS, difference, texts, vectors


def client(server):
    return ollama.Client(host=f"http://127.0.0.1:{server.port}")


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("task", TASKS)
def test_vectors_are_those_of_the_reference(all_models, model, task):
    response = client(all_models).embed(f"{model}:{task}", texts(model, task))
    assert difference(response.embeddings, vectors(model, task)) < 1e-5
    assert response.prompt_eval_count > 0


def test_the_plain_name_and_its_tag_are_the_default_task(all_models):
    expected = vectors(NANO, "text-matching", 32)
    for name in (NANO, f"{NANO}:latest"):
        got = client(all_models).embed(name, texts(NANO, "text-matching"), dimensions=32).embeddings
        assert difference(got, expected) < 1e-5


def test_the_older_route(all_models):
    text = texts(NANO, "text-matching")[1]
    got = client(all_models).embeddings(f"{NANO}:text-matching", text).embedding
    assert difference(got, vectors(NANO, "text-matching")[1]) < 1e-5
    assert list(client(all_models).embeddings(NANO, "").embedding) == []


def test_models(all_models):
    names = [model.model for model in client(all_models).list().models]
    assert names == [f"{name}:latest" for name in (MODEL, NANO, SMALL)]
    shown = client(all_models).show(names[0])
    assert shown.capabilities == ["embedding"]
    assert shown.modelinfo["bert.embedding_length"] == 384


def test_the_error_text_a_user_sees(all_models):
    with pytest.raises(ollama.ResponseError, match="Model 'nope' not found") as raised:
        client(all_models).embed("nope", "a")
    assert raised.value.status_code == 404
    with pytest.raises(ollama.ResponseError, match=refusals.TOO_MANY_DIMENSIONS):
        client(all_models).embed(NANO, "a", dimensions=4096)
    with pytest.raises(ollama.ResponseError, match=r"the input length exceeds the context length \(input\[1\]\)"):
        client(all_models).embed(MODEL, ["a", refusals.LONG], truncate=False)
    cut = client(all_models).embed(MODEL, ["a", refusals.LONG])
    assert numpy.shape(cut.embeddings) == (2, 384)
