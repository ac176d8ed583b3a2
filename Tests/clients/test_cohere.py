"""The Cohere library, unmodified, against the running server."""

import base64

import cohere
import numpy
import pytest

import refusals
from embed_server import MODEL
from reference import NANO, SMALL, difference, texts, vectors


def client(server):
    return cohere.ClientV2(api_key="unused", base_url=f"http://127.0.0.1:{server.port}")


INPUT_TYPES = {
    "search_query": "retrieval.query",
    "search_document": "retrieval.passage",
    "classification": "classification",
    "clustering": "clustering",
}


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("input_type", INPUT_TYPES)
def test_vectors_are_those_of_the_reference(all_models, model, input_type):
    task = INPUT_TYPES[input_type]
    response = client(all_models).embed(model=model, texts=texts(model, task), input_type=input_type)
    assert difference(response.embeddings.float_, vectors(model, task)) < 1e-5
    assert response.texts == texts(model, task)
    assert response.meta.billed_units.input_tokens > 0


def test_several_types_at_once(all_models):
    wanted = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    response = client(all_models).embed(
        model=NANO, texts=["a", "b"], input_type="search_query", embedding_types=wanted, output_dimension=32
    )
    got = response.embeddings
    floats = numpy.array(got.float_, dtype="f4")
    assert floats.shape == (2, 32)
    bits = numpy.packbits(floats > 0, axis=1)
    assert got.ubinary == bits.tolist()
    assert got.binary == (bits.astype(int) - 128).tolist()
    assert got.int8 == numpy.clip(numpy.rint(floats * 127), -128, 127).astype(int).tolist()
    assert got.uint8 == numpy.clip(numpy.rint((floats + 1) * numpy.float32(127.5)), 0, 255).astype(int).tolist()
    decoded = [numpy.frombuffer(base64.b64decode(text), dtype="<f4") for text in got.base64]
    assert numpy.array_equal(decoded, floats)


def test_more_texts_than_the_client_sends_at_once(all_models):
    many = [f"text {number}" for number in range(200)]
    response = client(all_models).embed(model=MODEL, texts=many, input_type="search_query")
    alone = client(all_models).embed(model=MODEL, texts=[many[150]], input_type="search_query")
    assert len(response.embeddings.float_) == 200
    assert difference(response.embeddings.float_[150], alone.embeddings.float_[0]) < 2e-6


def test_a_cut_is_told(all_models):
    response = client(all_models).embed(model=MODEL, texts=["a", refusals.LONG], input_type="search_query")
    assert response.meta.warnings == ["texts[1] was truncated"]


def test_the_error_text_a_user_sees(all_models):
    with pytest.raises(cohere.NotFoundError, match="Model 'nope' not found"):
        client(all_models).embed(model="nope", texts=["a"], input_type="search_query")
    with pytest.raises(cohere.BadRequestError, match=refusals.TOO_MANY_DIMENSIONS):
        client(all_models).embed(model=NANO, texts=["a"], input_type="search_query", output_dimension=4096)
    with pytest.raises(cohere.BadRequestError, match=r"texts\[1\] has more"):
        client(all_models).embed(model=MODEL, texts=["a", refusals.LONG], input_type="search_query", truncate="NONE")
