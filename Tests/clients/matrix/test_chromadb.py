"""Chroma's embedding functions of OpenAI and of Jina, by themselves and in a collection."""

import chromadb
import numpy
import openai
import pytest
from chromadb.config import Settings
from chromadb.utils.embedding_functions import JinaEmbeddingFunction, OpenAIEmbeddingFunction

import refusals
from embed_server import MODEL
from reference import NANO, SMALL, difference, texts, vectors


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    monkeypatch.setenv("JINA_API_KEY", "unused")


def of_openai(server, model, **options):
    return OpenAIEmbeddingFunction(api_base=server.base_url, model_name=model, **options)


def of_jina(server, model, **options):
    function = JinaEmbeddingFunction(model_name=model, **options)
    # The address is a constant of the class.
    function._api_url = f"{server.base_url}/embeddings"
    return function


# It sends dimensions to models of such a name only: an alias of the server has it.
@pytest.mark.parametrize("model, dimensions", [(NANO, None), ("text-embedding-3-small", 32)])
def test_openai(all_models, model, dimensions):
    got = of_openai(all_models, model, dimensions=dimensions)(texts(NANO, "text-matching"))
    assert difference(got, vectors(NANO, "text-matching", dimensions)) < 1e-5


@pytest.mark.parametrize("model", [NANO, SMALL])
def test_jina(all_models, model):
    function = of_jina(
        all_models,
        model,
        task="retrieval.passage",
        late_chunking=False,
        truncate=True,
        dimensions=32,
        embedding_type="float",
        normalized=True,
        query_config={"task": "retrieval.query"},
    )
    got = function(texts(model, "retrieval.passage"))
    assert difference(got, vectors(model, "retrieval.passage", 32)) < 1e-5
    got = function.embed_query(texts(model, "retrieval.query"))
    assert difference(got, vectors(model, "retrieval.query", 32)) < 1e-5


def test_a_collection_finds_the_nearest(all_models):
    client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False))
    collection = client.create_collection("facts", embedding_function=of_openai(all_models, MODEL))
    collection.add(ids=["cat", "tax"], documents=["a cat sleeps", "the invoice is overdue"])
    assert collection.query(query_texts=["a kitten naps", "unpaid bill"], n_results=1)["ids"] == [["cat"], ["tax"]]


def test_an_image_is_refused_in_words(all_models):
    with pytest.raises(RuntimeError, match="text-only"):
        of_jina(all_models, NANO)([numpy.zeros((2, 2, 3), dtype=numpy.uint8), "a cat"])


@pytest.mark.parametrize("model, text, dimensions, message", refusals.ALL)
def test_a_user_sees_what_is_wrong(all_models, model, text, dimensions, message):
    with pytest.raises(RuntimeError) as raised:
        of_jina(all_models, model, dimensions=dimensions)(["fine", text])
    assert message in str(raised.value)
    if dimensions:
        model = "text-embedding-3-small"
    with pytest.raises(openai.APIStatusError) as raised:
        of_openai(all_models, model, dimensions=dimensions)(["fine", text])
    assert message in str(raised.value)
