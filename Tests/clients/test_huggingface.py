"""Hugging Face's InferenceClient, unmodified: it asks at the server's address itself, without a path."""

import numpy
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

import refusals
from embed_server import MODEL
from reference import NANO, difference, texts, vectors


def client(server):
    return InferenceClient(model=server.base_url.removesuffix("/v1"))


def test_the_only_model(server):
    vector = client(server).feature_extraction("a cat sleeps")
    assert vector.shape == (1, 384)
    assert numpy.isclose(numpy.linalg.norm(vector), 1)
    several = client(server).feature_extraction(["a cat sleeps", "the invoice is overdue"])
    assert numpy.array_equal(several[0], vector[0])


def test_the_error_text_a_user_sees(server):
    with pytest.raises(HfHubHTTPError) as raised:
        client(server).feature_extraction(refusals.LONG, truncate=False)
    assert "should have at most 256 tokens" in raised.value.response.text
