import base64
import os
import time

import pyarrow as pa
import pyarrow.parquet
import pytest

from embed_server import MODEL, MODEL_DIRECTORY, ROOT, Server, binary

EXAMPLES = ROOT / "Examples/bulk"
FILES, ROWS = 4, 40


@pytest.fixture(scope="session")
def server():
    started = Server()
    yield started
    started.kill()


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """A folder of Parquet files of (id, text); texts come in all lengths."""
    folder = tmp_path_factory.mktemp("source")
    for file in range(FILES):
        numbers = range(file * ROWS, (file + 1) * ROWS)
        table = pa.table({"id": [f"id-{n}" for n in numbers], "text": [f"text {n} " + "word " * (n % 30) for n in numbers]})
        pa.parquet.write_table(table, folder / f"part-{file}.parquet")
    return folder


@pytest.fixture(scope="session")
def expected(source, server):
    """The vector of every id, from one plain request a file."""
    vectors = {}
    for file in source.iterdir():
        table = pa.parquet.read_table(file).to_pydict()
        status, _, answer = server.embed({"input": table["text"], "encoding_format": "base64"})
        assert status == 200
        decoded = [pa.array(memoryview(base64.b64decode(item["embedding"])).cast("f")).to_pylist() for item in answer["data"]]
        vectors |= dict(zip(table["id"], decoded))
    return vectors


def check_output(target, expected):
    """Every id once, and every vector the same to the bit."""
    rows = pa.parquet.read_table(target).to_pydict()
    assert len(rows["id"]) == len(expected) == FILES * ROWS
    assert dict(zip(rows["id"], rows["embedding"])) == expected


def command(identifier):
    """How executors and actors start their server; the model's name tells them from others."""
    return [binary(), "serve", "--threads", "1", "--model", f"{identifier}={MODEL_DIRECTORY}"]


def running(identifier):
    """How many servers with this model run."""
    count = 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                count += f"{identifier}={MODEL_DIRECTORY}".encode() in file.read()
        except OSError:
            pass  # it has just ended
    return count


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
