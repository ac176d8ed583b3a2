import pytest

from embed_server import Server


@pytest.fixture(scope="session")
def server():
    """One server with the default model and no configuration, for all tests that do not stop it."""
    server = Server()
    yield server
    code, log = server.process.poll(), server.log()
    server.kill()
    assert code is None, f"the server ended by itself with {code}:\n{log[-20000:]}"
