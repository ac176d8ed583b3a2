"""langchain-openai: by default it sends token ids of cl100k_base, and no text."""

import asyncio
import importlib.util
import os
from pathlib import Path

import openai
import pytest
from langchain_openai import OpenAIEmbeddings

import refusals
from embed_server import MODEL, Server
from reference import NANO, SMALL, difference, floats, texts, vectors

FULL_MODEL = os.environ.get("EMBED_FULL_MODEL")
DOCUMENTS = ["The food was delicious.", "", "Das Essen war köstlich 🍜", "12 345 678", "  two\n\nlines  "]


@pytest.fixture(autouse=True)
def cl100k_base(monkeypatch):
    """Lets tiktoken find in llama-index-core what it would fetch from the internet."""
    package = Path(importlib.util.find_spec("llama_index.core").origin).parent
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(package / "_static" / "tiktoken_cache"))


def embeddings(server, model, **options):
    return OpenAIEmbeddings(base_url=server.base_url, api_key="unused", model=model, max_retries=0, **options)


@pytest.mark.parametrize("model", [MODEL, NANO, SMALL])
def test_token_ids_are_refused_where_the_vocabulary_cannot_read_them(all_models, model):
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        embeddings(all_models, model).embed_documents(["hello"])
    assert str(raised.value.message) == (
        f"Error code: 422 - Token-id input is not accepted by {model}: send text. "
        "With LangChain's OpenAIEmbeddings, set check_embedding_ctx_length=False."
    )


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("dimensions", [None, 32])
def test_texts_have_the_vectors_of_the_reference(all_models, model, dimensions):
    client = embeddings(
        all_models,
        model,
        check_embedding_ctx_length=False,
        dimensions=dimensions,
        model_kwargs={"extra_body": {"task": "clustering"}},
    )
    expected = vectors(model, "clustering", dimensions)
    assert difference(client.embed_documents(texts(model, "clustering")), expected) < 1e-5
    assert difference(asyncio.run(client.aembed_documents(texts(model, "clustering"))), expected) < 1e-5


def test_the_model_name_can_carry_the_task(all_models):
    client = embeddings(all_models, f"{NANO}:retrieval.query", check_embedding_ctx_length=False)
    asked = texts(NANO, "retrieval.query")
    got = [client.embed_query(text) for text in asked[:3]]
    assert difference(got, vectors(NANO, "retrieval.query")[:3]) < 1e-5


@pytest.mark.parametrize("model, text, dimensions, message", refusals.ALL)
def test_a_user_sees_what_is_wrong(all_models, model, text, dimensions, message):
    client = embeddings(all_models, model, check_embedding_ctx_length=False, dimensions=dimensions)
    with pytest.raises(openai.APIStatusError) as raised:
        client.embed_documents(["fine", text])
    assert message in str(raised.value)


@pytest.mark.skipif(FULL_MODEL is None, reason="EMBED_FULL_MODEL names no checkpoint with a whole vocabulary")
def test_the_defaults_give_the_vectors_of_the_texts():
    server = Server("--model", f"full={FULL_MODEL}")
    try:
        body = {"model": "full", "input": DOCUMENTS, "encoding_format": "base64"}
        expected = [floats(item["embedding"]) for item in server.embed(body)[2]["data"]]
        client = embeddings(server, "full")
        # An empty document has no tokens: LangChain asks for it by itself, as a text.
        assert difference(client.embed_documents(DOCUMENTS), expected) < 1e-5
        assert difference([client.embed_query(DOCUMENTS[2])], expected[2:3]) < 1e-5
        assert difference(asyncio.run(client.aembed_documents(DOCUMENTS)), expected) < 1e-5
    finally:
        server.kill()
