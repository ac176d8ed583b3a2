"""langchain-community's JinaEmbeddings: it sends texts and a model, nothing else."""

import pytest
from langchain_community.embeddings import JinaEmbeddings, jina

import refusals
from reference import NANO, SMALL, difference, texts, vectors


@pytest.fixture
def embeddings(all_models, monkeypatch):
    # The address is a constant of the module.
    monkeypatch.setattr(jina, "JINA_API_URL", f"{all_models.base_url}/embeddings")
    return lambda model: JinaEmbeddings(model_name=model, jina_api_key="unused")


@pytest.mark.parametrize("model", [NANO, SMALL])
def test_vectors_are_those_of_the_default_task(embeddings, model):
    expected = vectors(model, "text-matching")
    assert difference(embeddings(model).embed_documents(texts(model, "text-matching")), expected) < 1e-5


@pytest.mark.parametrize("task", ["retrieval.query", "retrieval.passage"])
def test_the_model_name_carries_the_task(embeddings, task):
    got = embeddings(f"{NANO}:{task}").embed_query(texts(NANO, task)[3])
    assert difference([got], vectors(NANO, task)[3:4]) < 1e-5


@pytest.mark.parametrize("model, text, dimensions, message", refusals.WITHOUT_DIMENSIONS)
def test_a_user_sees_what_is_wrong(embeddings, model, text, dimensions, message):
    with pytest.raises(RuntimeError) as raised:
        embeddings(model).embed_documents(["fine", text])
    assert message in str(raised.value)
