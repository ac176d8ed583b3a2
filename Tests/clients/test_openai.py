"""The OpenAI library, unmodified, against the running server."""

import asyncio

import numpy
import openai
import pytest

import refusals
from embed_server import MODEL
from reference import NANO, SMALL, difference, floats, texts, vectors as reference_vectors

FOX = "The quick brown fox jumps over the lazy dog."


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=server.base_url, api_key="unused", max_retries=0)


def vectors(response):
    return numpy.array([item.embedding for item in response.data], dtype=numpy.float32)


def test_one_text_has_the_vector_of_sentence_transformers(client):
    response = client.embeddings.create(model=MODEL, input=FOX)
    vector = vectors(response)[0]
    assert response.object == "list"
    assert response.model == MODEL
    assert response.usage.prompt_tokens == response.usage.total_tokens == 12
    assert vector.shape == (384,)
    assert numpy.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert vector[:4] == pytest.approx([0.043934, 0.058934, 0.048178, 0.077548], abs=2e-6)


def test_the_default_base64_and_floats_are_the_same_numbers(client):
    assert numpy.array_equal(
        vectors(client.embeddings.create(model=MODEL, input=FOX)),
        vectors(client.embeddings.create(model=MODEL, input=FOX, encoding_format="float")),
    )


def test_a_batch_keeps_its_order_and_gives_the_vectors_of_single_requests(client):
    texts = [FOX, "", "Ein schneller brauner Fuchs 🦊", "a\u0000b", " white  space ", *map(str, range(40))]
    response = client.embeddings.create(model=MODEL, input=texts)
    assert [item.index for item in response.data] == list(range(len(texts)))
    batch = vectors(response)
    for index in (0, 1, 2, 3, 4, 44):
        single = vectors(client.embeddings.create(model=MODEL, input=texts[index]))[0]
        assert batch[index] == pytest.approx(single, abs=2e-6), texts[index]


def test_similar_texts_are_close(client):
    cat, kitten, invoice = vectors(
        client.embeddings.create(model=MODEL, input=["a cat sleeps", "a kitten naps", "the invoice is overdue"])
    )
    assert cat @ kitten > cat @ invoice + 0.3


def test_a_large_batch(client):
    texts = [f"document {number}" for number in range(512)]
    assert vectors(client.embeddings.create(model=MODEL, input=texts)).shape == (512, 384)


def test_bits_pass_through_the_library(client):
    response = client.embeddings.create(model=MODEL, input=FOX, extra_body={"embedding_type": "ubinary"})
    signs = vectors(client.embeddings.create(model=MODEL, input=FOX))[0] > 0
    assert response.data[0].embedding == numpy.packbits(signs).tolist()


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("encoding_format", [openai.omit, "float", "base64"])
@pytest.mark.parametrize("dimensions", [openai.omit, 32])
def test_tasks_and_dimensions(all_models, model, encoding_format, dimensions):
    client = openai.OpenAI(base_url=all_models.base_url, api_key="unused", max_retries=0)
    response = client.embeddings.create(
        model=model,
        input=texts(model, "retrieval.query"),
        encoding_format=encoding_format,
        dimensions=dimensions,
        # The library adds `"encoding_format": "base64"`; the caller gets lists of numbers all the same.
        extra_body={"task": "retrieval.query"} | ({} if encoding_format else {"embedding_type": "float"}),
    )
    if encoding_format == "base64":
        got = [floats(item.embedding) for item in response.data]
    else:
        got = vectors(response)
    assert difference(got, reference_vectors(model, "retrieval.query", dimensions or None)) < 1e-5


@pytest.mark.parametrize("model, text, dimensions, message", refusals.ALL)
def test_a_user_sees_what_is_wrong(all_models, model, text, dimensions, message):
    client = openai.OpenAI(base_url=all_models.base_url, api_key="unused", max_retries=0)
    with pytest.raises(openai.APIStatusError) as raised:
        client.embeddings.create(model=model, input=["fine", text], dimensions=dimensions or openai.omit)
    assert message in str(raised.value)


def test_an_error_arrives_with_its_text(client):
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        client.embeddings.create(model=MODEL, input=["ok", 5])
    assert raised.value.param == "input[1]"
    assert "input[1] should be a string" in str(raised.value)
    assert raised.value.request_id == raised.value.response.json()["request_id"]


def test_an_unknown_model_is_refused(client):
    with pytest.raises(openai.BadRequestError) as raised:
        client.embeddings.create(model="nope", input="x")
    assert raised.value.code == "model_not_found"
    assert MODEL in raised.value.message


def test_an_input_over_the_limit_is_refused_or_cut(client):
    long = "word " * 400
    with pytest.raises(openai.BadRequestError) as raised:
        client.embeddings.create(model=MODEL, input=["short", long])
    assert raised.value.param == "input[1]"
    response = client.embeddings.create(model=MODEL, input=long, extra_body={"truncate": True})
    assert response.usage.total_tokens == 256


def test_models(client):
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(f"sentence-transformers/{MODEL}").id == MODEL


def test_the_asynchronous_client(server):
    async def embed_all():
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="unused") as client:
            return await asyncio.gather(
                *(client.embeddings.create(model=MODEL, input=f"text {number}") for number in range(32))
            )

    together = [vectors(response)[0] for response in asyncio.run(embed_all())]
    client = openai.OpenAI(base_url=server.base_url, api_key="unused")
    alone = vectors(client.embeddings.create(model=MODEL, input=[f"text {number}" for number in range(32)]))
    assert numpy.allclose(together, alone, rtol=0, atol=2e-6)
