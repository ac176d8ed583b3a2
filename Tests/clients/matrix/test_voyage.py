"""The Voyage library, unmodified, against the running server."""

import numpy
import pytest
import voyageai

import refusals
from embed_server import MODEL
from reference import NANO, SMALL, difference, texts, vectors


def client(server):
    return voyageai.Client(api_key="unused", base_url=server.base_url)


@pytest.mark.parametrize("model", [NANO, SMALL])
@pytest.mark.parametrize("input_type, task", [("query", "retrieval.query"), ("document", "retrieval.passage")])
def test_vectors_are_those_of_the_reference(all_models, model, input_type, task):
    response = client(all_models).embed(texts(model, task), model=model, input_type=input_type)
    assert difference(response.embeddings, vectors(model, task)) < 1e-5
    assert response.total_tokens > 0


def test_numbers_and_dimensions(all_models):
    def ask(output_dtype):
        response = client(all_models).embed(["a", "b"], model=NANO, output_dtype=output_dtype, output_dimension=32)
        return numpy.array(response.embeddings)

    floats = ask("float").astype("f4")
    assert floats.shape == (2, 32)
    assert numpy.array_equal(ask("int8"), numpy.clip(numpy.rint(floats * 127), -128, 127))
    bits = numpy.packbits(floats > 0, axis=1)
    assert numpy.array_equal(ask("ubinary"), bits)
    assert numpy.array_equal(ask("binary"), bits.astype(int) - 128)


def test_truncation_is_its_default(all_models):
    assert client(all_models).embed([refusals.LONG], model=MODEL).total_tokens == 256


@pytest.mark.parametrize("model, text, dimensions, message", refusals.ALL)
def test_the_error_text_a_user_sees(all_models, model, text, dimensions, message):
    with pytest.raises(voyageai.error.VoyageError) as raised:
        client(all_models).embed([text], model=model, output_dimension=dimensions, truncation=False)
    assert message in str(raised.value)
