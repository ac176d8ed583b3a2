"""Two-stage search in PostgreSQL 14 or later, without any extension: bits choose candidates, floats rank them.

usage: postgresql.py [URL [CONNECTION]]    CONNECTION: a libpq string; without it PGHOST, PGUSER, ... count
"""

import sys

import psycopg

from corpus import PASSAGES, QUESTIONS
from embeddings import NEAREST, SHORTLIST, Embeddings, server_url, show

SEARCH = """
    WITH shortlist AS (
        SELECT body, vector, bit_count(bits # %(bits)s) AS distance
        FROM passage ORDER BY distance LIMIT %(shortlist)s
    )
    SELECT (SELECT sum(a::float8 * b) FROM unnest(vector, %(vector)s::real[]) AS pair (a, b)) AS cosine, distance, body
    FROM shortlist ORDER BY cosine DESC LIMIT %(nearest)s
"""


def bit_string(octets):
    """What PostgreSQL takes for a value of type bit: its first bit is the highest of the first octet."""
    return "".join(f"{octet:08b}" for octet in octets)


embeddings = Embeddings(server_url())
vectors = embeddings.floats(PASSAGES, "retrieval.passage")
bits = embeddings.bits(PASSAGES, "retrieval.passage")
width = vectors.shape[1]

with psycopg.connect(sys.argv[2] if len(sys.argv) > 2 else "") as database:
    database.execute(f"CREATE TEMPORARY TABLE passage (body text, bits bit({width}), vector real[])")
    database.cursor().executemany(
        "INSERT INTO passage VALUES (%s, %s, %s)",
        [(body, bit_string(row), vector.tolist()) for body, row, vector in zip(PASSAGES, bits, vectors)],
    )
    for question in QUESTIONS:
        [vector] = embeddings.floats([question], "retrieval.query")
        [row] = embeddings.bits([question], "retrieval.query")
        values = {"bits": bit_string(row), "vector": vector.tolist(), "shortlist": SHORTLIST, "nearest": NEAREST}
        show(question, database.execute(SEARCH, values).fetchall())
