import json
import os

import pytest

from embed_server import MODEL, MODEL_DIRECTORY, Server
from reference import FOLDERS, NANO

# No test needs the internet: litellm would fetch its prices when it is imported; it has a copy of them.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"


def serve(*arguments):
    """A server for all tests that do not stop it; it must outlive them."""
    server = Server(*arguments)
    yield server
    code, log = server.process.poll(), server.log()
    server.kill()
    assert code is None, f"the server ended by itself with {code}:\n{log[-20000:]}"


@pytest.fixture(scope="session")
def server():
    """A server with the default model and no configuration."""
    yield from serve()


@pytest.fixture(scope="session")
def all_models(tmp_path_factory):
    """A server with the default model and both tiny jina checkpoints, -nano under an OpenAI name as well."""
    models = [{"id": MODEL, "path": str(MODEL_DIRECTORY)}]
    for name, folder in FOLDERS.items():
        # Some clients send `dimensions` to models of this name only.
        aliases = ["text-embedding-3-small"] if name == NANO else []
        models.append({"id": name, "path": str(folder), "aliases": aliases})
    file = tmp_path_factory.mktemp("all_models") / "config.json"
    file.write_text(json.dumps({"models": models}))
    yield from serve("--config", str(file))
