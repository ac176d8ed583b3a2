"""What a server of text-embeddings-inference is asked for, over plain HTTP."""

import numpy
import pytest

import refusals
from embed_server import MODEL
from reference import NANO, SMALL, difference, texts, vectors


def test_embed(all_models):
    body = {"model": NANO, "inputs": texts(NANO, "retrieval.query"), "prompt_name": "query"}
    status, headers, answer = all_models.request("POST", "/embed", body)
    assert status == 200
    assert difference(answer, vectors(NANO, "retrieval.query")) < 1e-5
    assert headers["x-compute-type"] == "cpu"
    assert int(headers["x-compute-tokens"]) > 0
    assert headers["x-embed-truncated"] == "0"


@pytest.mark.parametrize("model", [NANO, SMALL])
def test_embed_all(all_models, model):
    body = {"model": model, "inputs": texts(model, "retrieval.query"), "prompt_name": "query"}
    status, headers, answer = all_models.request("POST", "/embed_all", body)
    assert status == 200
    assert sum(len(states) for states in answer) == int(headers["x-compute-tokens"])
    last = numpy.array([states[-1] for states in answer], dtype="f4")
    last /= numpy.linalg.norm(last, axis=1, keepdims=True)
    assert difference(last, vectors(model, "retrieval.query")) < 1e-5


def test_the_mean_of_all_tokens_is_the_vector_of_the_default_model(all_models):
    body = {"model": MODEL, "inputs": ["a cat sleeps", "the invoice is overdue"]}
    answer = all_models.request("POST", "/embed_all", body)[2]
    means = numpy.array([numpy.mean(states, axis=0) for states in answer])
    means /= numpy.linalg.norm(means, axis=1, keepdims=True)
    assert difference(means, all_models.request("POST", "/embed", body)[2]) < 2e-6


def test_embed_all_has_a_limit(all_models):
    body = {"model": MODEL, "inputs": [refusals.LONG] * 33}
    status, _, answer = all_models.request("POST", "/embed_all", body)
    assert status == 422
    assert answer == {
        "error": "inputs should have at most 8192 tokens together, not 8448: split the request.",
        "error_type": "Validation",
    }


def test_tokens_and_back(all_models):
    text = "The quick brown Fox, twice."
    status, _, answer = all_models.request("POST", "/tokenize", {"model": MODEL, "inputs": text})
    assert status == 200
    tokens = answer[0]
    assert [token["text"] for token in tokens if not token["special"]] == "The quick brown Fox , twice .".split()
    assert all(text[token["start"] : token["stop"]] == token["text"] for token in tokens if not token["special"])
    ids = [token["id"] for token in tokens]
    assert all_models.request("POST", "/decode", {"model": MODEL, "ids": ids})[2] == [text.lower()]


def test_similarity(all_models):
    sentences = {"source_sentence": "a cat sleeps", "sentences": ["the invoice is overdue", "a kitten naps"]}
    invoice, kitten = all_models.request("POST", "/similarity", {"model": MODEL, "inputs": sentences})[2]
    assert kitten > invoice + 0.3


@pytest.mark.parametrize(
    "path, member", [("/embed", "error_type"), ("/embed_all", "error_type"), ("/api/embed", "error"), ("/v2/embed", "message"), ("/v1/explain", "detail")]
)
def test_methods_and_large_bodies_are_refused_in_the_dialect(all_models, path, member):
    status, headers, answer = all_models.request("DELETE", path)
    assert (status, headers["allow"]) == (405, "POST, OPTIONS")
    assert member in answer
    status, _, answer = all_models.request("POST", path, headers={"Content-Length": str(1 << 40)})
    assert status == 413
    assert member in answer
    status, _, answer = all_models.request("POST", path, b"{", {"Content-Encoding": "br"})
    assert status == 415
    assert member in answer
    status, _, answer = all_models.request("POST", path, b"{")
    assert status in (400, 422)
    assert "JSON" in str(answer[member] if member != "error_type" else answer["error"])


def test_explain(all_models):
    body = {"model": MODEL, "input": ["hello", refusals.LONG]}
    status, _, answer = all_models.request("POST", "/v1/explain", body)
    assert status == 200
    assert [token["piece"] for token in answer["inputs"][0]["tokens"]] == ["[CLS]", "hello", "[SEP]"]
    assert refusals.TOO_LONG in answer["inputs"][1]["refused"]
    assert all_models.embed(body)[2]["detail"] == answer["inputs"][1]["refused"]
