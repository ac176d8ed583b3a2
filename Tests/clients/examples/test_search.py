"""The search examples against real stores: what they print is compared with plain arithmetic on vectors of the same server."""

import functools
import re
import subprocess
import sys

import apsw
import numpy
import pytest
import sqlite_vec

from embed_server import ROOT, Server
from reference import FOLDERS, NANO

FOLDER = ROOT / "Examples" / "search"
sys.path.append(str(FOLDER))

from corpus import PASSAGES, QUESTIONS  # noqa: E402
from embeddings import NEAREST, SHORTLIST  # noqa: E402

COMMANDS = {
    "postgresql": [str(FOLDER / "with-postgresql"), sys.executable, str(FOLDER / "postgresql.py")],
    "faiss": [sys.executable, str(FOLDER / "faiss_index.py")],
    "chroma": [sys.executable, str(FOLDER / "chroma.py")],
    "sqlite-vec": [sys.executable, str(FOLDER / "sqlite_vectors.py")],
}
STORES_OF_BITS = ["postgresql", "faiss", "sqlite-vec"]
stores = pytest.mark.parametrize("store", COMMANDS)


@pytest.fixture(scope="module")
def tiny():
    """A server with a model that tells tasks apart."""
    server = Server("--model", f"{NANO}={FOLDERS[NANO]}")
    yield server
    server.kill()


@functools.cache
def hits(store, server):
    """What the example prints: for each question the list of cosine, differing bits (None without), passage."""
    command = [*COMMANDS[store], f"http://127.0.0.1:{server.port}"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines():
        hit = re.fullmatch(r"  (-?\d\.\d{4}) +(-|\d+)  (.+)", line)
        if hit:
            distance = None if hit[2] == "-" else int(hit[2])
            found[question].append((float(hit[1]), distance, hit[3]))
        else:
            question = line
            found[line] = []
    return found


@functools.cache
def vectors(server):
    """The vectors of passages and questions, rows in the order of the corpus."""

    def embed(texts, task):
        status, _, answer = server.embed({"input": texts, "task": task})
        assert status == 200, answer
        return numpy.array([item["embedding"] for item in answer["data"]])

    return embed(PASSAGES, "retrieval.passage"), embed(list(QUESTIONS), "retrieval.query")


def test_the_bits_have_a_choice_to_make():
    assert SHORTLIST < len(PASSAGES) / 2


@stores
def test_the_passage_that_answers_comes_first(server, store):
    assert {question: found[0][2] for question, found in hits(store, server).items()} == QUESTIONS


@stores
def test_the_same_is_found_as_by_comparing_with_every_passage(server, store):
    passages, questions = vectors(server)
    for row, found in zip(questions @ passages.T, hits(store, server).values(), strict=True):
        best = numpy.argsort(-row)[:NEAREST]
        assert [passage for _, _, passage in found] == [PASSAGES[i] for i in best]


@stores
@pytest.mark.parametrize("model", ["server", "tiny"])
def test_cosines_are_those_of_the_two_tasks(request, store, model):
    server = request.getfixturevalue(model)
    passages, questions = vectors(server)
    for question, found in zip(questions, hits(store, server).values(), strict=True):
        assert len(found) == NEAREST
        for cosine, _, passage in found:
            assert cosine == pytest.approx(question @ passages[PASSAGES.index(passage)], abs=1e-4)


@pytest.mark.parametrize("store", STORES_OF_BITS)
@pytest.mark.parametrize("model", ["server", "tiny"])
def test_distances_are_those_of_the_signs(request, store, model):
    server = request.getfixturevalue(model)
    passages, questions = vectors(server)
    for question, found in zip(questions, hits(store, server).values(), strict=True):
        for _, distance, passage in found:
            assert distance == numpy.sum((question > 0) != (passages[PASSAGES.index(passage)] > 0))


def test_chroma_stores_no_bits(server):
    assert {distance for found in hits("chroma", server).values() for _, distance, _ in found} == {None}


def test_sqlite_vec_itself_packs_the_first_value_into_the_lowest_bit(server):
    """Why docs/search.md says not to mix the bits of the server with those of vec_quantize_binary."""
    database = apsw.Connection(":memory:")
    database.enable_load_extension(True)
    sqlite_vec.load(database)
    vector = vectors(server)[0][0].astype(numpy.float32)
    [(packed,)] = database.execute("SELECT vec_quantize_binary(?)", (vector.tobytes(),))
    assert packed == numpy.packbits(vector > 0, bitorder="little").tobytes()
    status, _, answer = server.embed({"input": PASSAGES[0], "task": "retrieval.passage", "embedding_type": "ubinary"})
    assert status == 200
    assert bytes(answer["data"][0]["embedding"]) == numpy.packbits(vector > 0, bitorder="big").tobytes()
