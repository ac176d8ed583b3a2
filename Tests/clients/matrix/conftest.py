"""Fixtures of the matrix; those of the servers are in the folder above."""

import pytest

from embed_server import MODEL


@pytest.fixture(scope="session")
def plain(all_models):
    """Asks for vectors without any client: what clients have to arrive at."""

    def ask(texts, model=MODEL, **members):
        status, _, answer = all_models.embed({"model": model, "input": texts, **members})
        assert status == 200, answer
        return [item["embedding"] for item in answer["data"]]

    return ask
