"""litellm's providers `openai/` and `jina_ai/`."""

import asyncio

import litellm
import pytest

import refusals
from embed_server import MODEL
from reference import NANO, SMALL, difference, floats, texts, vectors

PROVIDERS = ["openai", "jina_ai"]


def embedding(server, provider, model, function=litellm.embedding, **options):
    return function(
        model=f"{provider}/{model}", api_base=server.base_url, api_key="unused", max_retries=0, **options
    )


def numbers(response):
    return [item["embedding"] for item in response.data]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("model", [NANO, SMALL])
def test_vectors_are_those_of_the_reference(all_models, provider, model):
    options = {"input": texts(model, "clustering"), "task": "clustering"}
    expected = vectors(model, "clustering")
    response = embedding(all_models, provider, model, **options)
    assert difference(numbers(response), expected) < 1e-5
    assert response.usage.prompt_tokens == response.usage.total_tokens > 0
    response = asyncio.run(embedding(all_models, provider, model, litellm.aembedding, **options))
    assert difference(numbers(response), expected) < 1e-5


# For `openai/` it sends dimensions to models of such a name only, unless told otherwise.
@pytest.mark.parametrize(
    "provider, model, extra",
    [
        ("jina_ai", NANO, {}),
        ("openai", "text-embedding-3-small", {}),
        ("openai", NANO, {"allowed_openai_params": ["dimensions"]}),
    ],
)
def test_dimensions(all_models, provider, model, extra):
    options = {"input": texts(NANO, "clustering"), "task": "clustering", "dimensions": 32}
    response = embedding(all_models, provider, model, **options, **extra)
    assert difference(numbers(response), vectors(NANO, "clustering", 32)) < 1e-5


def test_base64_of_jina(all_models):
    options = {"input": ["hi"], "embedding_type": "base64"}
    (text,) = numbers(embedding(all_models, "jina_ai", NANO, **options))
    (plain,) = numbers(embedding(all_models, "jina_ai", NANO, input=["hi"]))
    assert difference([floats(text)], [plain]) == 0


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("model, text, dimensions, message", refusals.ALL)
def test_a_user_sees_what_is_wrong(all_models, provider, model, text, dimensions, message):
    options = {"dimensions": dimensions, "allowed_openai_params": ["dimensions"]} if dimensions else {}
    with pytest.raises(litellm.BadRequestError) as raised:
        embedding(all_models, provider, model, input=["fine", text], **options)
    assert message in str(raised.value)


def test_an_input_over_the_limit_has_an_error_of_its_own(all_models):
    with pytest.raises(litellm.ContextWindowExceededError):
        embedding(all_models, "openai", MODEL, input=[refusals.LONG])
