"""Hugging Face's InferenceClient, unmodified: it asks at the server's address itself, and names no model."""

import json

import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

import refusals
from embed_server import Server
from reference import FOLDERS, NANO, difference, texts, vectors


def client(server):
    return InferenceClient(model=server.base_url.removesuffix("/v1"))


@pytest.fixture(scope="module")
def nano(tmp_path_factory):
    file = tmp_path_factory.mktemp("nano") / "config.json"
    file.write_text(json.dumps({"models": [{"id": NANO, "path": str(FOLDERS[NANO])}]}))
    server = Server("--config", str(file))
    yield server
    server.kill()


@pytest.mark.parametrize("prompt, task", [("query", "retrieval.query"), ("clustering", "clustering")])
def test_vectors_are_those_of_the_reference(nano, prompt, task):
    got = client(nano).feature_extraction(texts(NANO, task), prompt_name=prompt)
    assert difference(got, vectors(NANO, task)) < 1e-5


def test_the_error_text_a_user_sees(server):
    with pytest.raises(HfHubHTTPError) as raised:
        client(server).feature_extraction(refusals.LONG, truncate=False)
    assert "maximum of 256 tokens" in raised.value.response.text
