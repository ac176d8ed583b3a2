"""Two-stage search in SQLite with the extension sqlite-vec: bits choose candidates, floats rank them.

usage: sqlite_vectors.py [URL]

apsw, since Python's own sqlite3 is often built without loadable extensions.
"""

import apsw
import sqlite_vec

from corpus import PASSAGES, QUESTIONS
from embeddings import NEAREST, SHORTLIST, Embeddings, server_url, show

SEARCH = """
    WITH shortlist AS (
        SELECT body, vector, distance FROM passage WHERE bits MATCH vec_bit(:bits) AND k = :shortlist
    )
    SELECT 1 - vec_distance_cosine(vector, :vector) AS cosine, CAST(distance AS INTEGER), body
    FROM shortlist ORDER BY cosine DESC LIMIT :nearest
"""

embeddings = Embeddings(server_url())
vectors = embeddings.floats(PASSAGES, "retrieval.passage")
bits = embeddings.bits(PASSAGES, "retrieval.passage")
width = vectors.shape[1]

database = apsw.Connection(":memory:")
database.enable_load_extension(True)
sqlite_vec.load(database)
database.execute(f"CREATE VIRTUAL TABLE passage USING vec0 (bits bit[{width}], vector float[{width}], +body text)")
database.executemany(
    "INSERT INTO passage (bits, vector, body) VALUES (vec_bit(?), ?, ?)",
    [(row.tobytes(), vector.tobytes(), body) for row, vector, body in zip(bits, vectors, PASSAGES)],
)
for question in QUESTIONS:
    [vector] = embeddings.floats([question], "retrieval.query")
    [row] = embeddings.bits([question], "retrieval.query")
    values = {"bits": row.tobytes(), "vector": vector.tobytes(), "shortlist": SHORTLIST, "nearest": NEAREST}
    show(question, database.execute(SEARCH, values))
