"""Haystack's embedders of OpenAI and of Jina."""

import asyncio

import openai
import pytest
from haystack import Document
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.utils import Secret
from haystack_integrations.components.embedders.jina import JinaDocumentEmbedder, JinaTextEmbedder

import refusals
from reference import NANO, SMALL, difference, texts, vectors

KEY = Secret.from_token("unused")


def of_openai(kind, server, model, **options):
    return kind(api_key=KEY, api_base_url=server.base_url, model=model, max_retries=0, **options)


def of_jina(kind, server, model, **options):
    return kind(api_key=KEY, base_url=f"{server.base_url}/embeddings", model=model, **options)


def documents(texts):
    """Documents of different ids, which Haystack makes of their content."""
    return [Document(id=str(index), content=text) for index, text in enumerate(texts)]


def numbers(result):
    return [document.embedding for document in result["documents"]]


@pytest.mark.parametrize("dimensions", [None, 32])
def test_openai(all_models, dimensions):
    expected = vectors(NANO, "text-matching", dimensions)
    asked = texts(NANO, "text-matching")
    embedder = of_openai(OpenAIDocumentEmbedder, all_models, NANO, dimensions=dimensions, progress_bar=False)
    result = embedder.run(documents(asked))
    assert difference(numbers(result), expected) < 1e-5
    assert result["meta"]["usage"]["prompt_tokens"] == result["meta"]["usage"]["total_tokens"] > 0
    result = asyncio.run(embedder.run_async(documents(asked)))
    assert difference(numbers(result), expected) < 1e-5
    query = of_openai(OpenAITextEmbedder, all_models, f"{NANO}:retrieval.query").run(texts(NANO, "retrieval.query")[3])
    assert difference([query["embedding"]], vectors(NANO, "retrieval.query")[3:4]) < 1e-5


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("dimensions", [None, 32])
def test_jina(all_models, model, dimensions):
    embedder = of_jina(
        JinaDocumentEmbedder,
        all_models,
        model,
        task="retrieval.passage",
        dimensions=dimensions,
        late_chunking=False,
        progress_bar=False,
    )
    expected = vectors(model, "retrieval.passage", dimensions)
    # More than one batch: the usage of them is added up.
    result = embedder.run(documents(texts(model, "retrieval.passage")))
    assert difference(numbers(result), expected) < 1e-5
    assert result["meta"]["usage"]["prompt_tokens"] == result["meta"]["usage"]["total_tokens"] > 0
    query = of_jina(JinaTextEmbedder, all_models, model, task="retrieval.query").run(texts(model, "retrieval.query")[3])
    assert difference([query["embedding"]], vectors(model, "retrieval.query")[3:4]) < 1e-5


def test_a_document_without_content(all_models, plain):
    embedder = of_jina(JinaDocumentEmbedder, all_models, NANO, progress_bar=False)
    result = embedder.run([Document(id="0", content="a"), Document(id="1", content=None)])
    assert difference(numbers(result), plain(["a", ""], NANO)) < 1e-5


@pytest.mark.parametrize("model, text, dimensions, message", refusals.ALL)
def test_a_user_sees_what_is_wrong(all_models, model, text, dimensions, message):
    options = {"dimensions": dimensions, "progress_bar": False}
    with pytest.raises(openai.APIStatusError) as raised:
        of_openai(OpenAIDocumentEmbedder, all_models, model, raise_on_failure=True, **options).run(documents([text]))
    assert message in str(raised.value)
    with pytest.raises(RuntimeError) as raised:
        of_jina(JinaDocumentEmbedder, all_models, model, **options).run(documents([text]))
    assert message in str(raised.value)
