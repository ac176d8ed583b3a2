"""LlamaIndex's embeddings of OpenAI and of Jina."""

import asyncio

import numpy
import openai
import pytest
from llama_index.embeddings.jinaai import JinaEmbedding
from llama_index.embeddings.openai import OpenAIEmbedding

import refusals
from reference import NANO, SMALL, difference, texts, vectors


def of_openai(server, model, **options):
    return OpenAIEmbedding(api_base=server.base_url, api_key="unused", model_name=model, **options)


def of_jina(server, model, **options):
    embedding = JinaEmbedding(model=model, api_key="unused", **options)
    # The address is a constant of the package.
    embedding._api.api_url = f"{server.base_url}/embeddings"
    return embedding


@pytest.mark.parametrize("dimensions", [None, 32])
def test_openai(all_models, dimensions):
    client = of_openai(
        all_models, NANO, dimensions=dimensions, additional_kwargs={"extra_body": {"task": "clustering"}}
    )
    expected = vectors(NANO, "clustering", dimensions)
    # It turns line feeds into spaces, so texts that have some get other vectors.
    kept = [index for index, text in enumerate(texts(NANO, "clustering")) if "\n" not in text]
    asked = [texts(NANO, "clustering")[index] for index in kept]
    assert difference(client.get_text_embedding_batch(asked), expected[kept]) < 1e-5
    assert difference(asyncio.run(client.aget_text_embedding_batch(asked)), expected[kept]) < 1e-5
    assert difference([client.get_query_embedding(asked[3])], expected[kept][3:4]) < 1e-5


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("dimensions", [None, 32])
def test_jina(all_models, model, dimensions):
    documents = of_jina(
        all_models, model, task="retrieval.passage", dimensions=dimensions, late_chunking=False, embed_batch_size=100
    )
    expected = vectors(model, "retrieval.passage", dimensions)
    asked = texts(model, "retrieval.passage")
    assert difference(documents.get_text_embedding_batch(asked), expected) < 1e-5
    assert difference(asyncio.run(documents.aget_text_embedding_batch(asked)), expected) < 1e-5
    query = of_jina(all_models, model, task="retrieval.query").get_query_embedding(texts(model, "retrieval.query")[3])
    assert difference([query], vectors(model, "retrieval.query")[3:4]) < 1e-5


@pytest.mark.parametrize("encoding", ["binary", "ubinary"])
def test_jina_unpacks_bits(all_models, encoding):
    client = of_jina(all_models, NANO, task="clustering", encoding_documents=encoding)
    got = client.get_text_embedding_batch(texts(NANO, "clustering"))
    assert numpy.array_equal(got, vectors(NANO, "clustering") > 0)


@pytest.mark.parametrize("model, text, dimensions, message", refusals.ALL)
def test_a_user_sees_what_is_wrong(all_models, model, text, dimensions, message):
    with pytest.raises(openai.APIStatusError) as raised:
        of_openai(all_models, model, dimensions=dimensions).get_text_embedding_batch(["fine", text])
    assert message in str(raised.value)
    with pytest.raises(RuntimeError) as raised:
        of_jina(all_models, model, dimensions=dimensions).get_text_embedding_batch(["fine", text])
    assert message in str(raised.value)
