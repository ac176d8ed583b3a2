import pytest

from embed_server import Server


@pytest.fixture(scope="session")
def server():
    server = Server()
    yield server
    server.kill()
