"""Google's library for Gemini, unmodified, against the running server."""

import pytest
from google import genai
from google.genai import errors, types

import refusals
from reference import NANO, SMALL, difference, texts, vectors

TASK_TYPES = {
    "RETRIEVAL_QUERY": "retrieval.query",
    "RETRIEVAL_DOCUMENT": "retrieval.passage",
    "SEMANTIC_SIMILARITY": "text-matching",
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
}


def embed(server, model, contents, **config):
    options = types.HttpOptions(base_url=f"http://127.0.0.1:{server.port}")
    # The connection ends with the client.
    with genai.Client(api_key="unused", http_options=options) as client:
        response = client.models.embed_content(
            model=model, contents=contents, config=types.EmbedContentConfig(**config)
        )
    return [embedding.values for embedding in response.embeddings]


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("task_type", TASK_TYPES)
def test_vectors_are_those_of_the_reference(all_models, model, task_type):
    task = TASK_TYPES[task_type]
    got = embed(all_models, model, texts(model, task), task_type=task_type)
    assert difference(got, vectors(model, task)) < 1e-5


def test_dimensions(all_models):
    got = embed(all_models, NANO, texts(NANO, "text-matching"), output_dimensionality=32)
    assert difference(got, vectors(NANO, "text-matching", 32)) < 1e-5


def test_the_error_text_a_user_sees(all_models):
    with pytest.raises(errors.ClientError, match="Model 'nope' not found") as raised:
        embed(all_models, "nope", "a")
    assert (raised.value.code, raised.value.status) == (404, "NOT_FOUND")
    with pytest.raises(errors.ClientError, match=refusals.TOO_MANY_DIMENSIONS) as raised:
        embed(all_models, NANO, "a", output_dimensionality=4096)
    assert (raised.value.code, raised.value.status) == (400, "INVALID_ARGUMENT")
