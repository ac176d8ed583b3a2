"""Two-stage search with FAISS: a binary index chooses candidates, floats rank them.

usage: faiss_index.py [URL]
"""

import faiss
import numpy as np

from corpus import PASSAGES, QUESTIONS
from embeddings import NEAREST, SHORTLIST, Embeddings, server_url, show

embeddings = Embeddings(server_url())
vectors = embeddings.floats(PASSAGES, "retrieval.passage")
width = vectors.shape[1]

# The vectors have length 1, so inner products are cosines. exact.search() alone would compare with every passage.
exact = faiss.IndexFlatIP(width)
exact.add(vectors)
binary = faiss.IndexBinaryFlat(width)
binary.add(embeddings.bits(PASSAGES, "retrieval.passage"))

for question in QUESTIONS:
    query = embeddings.floats([question], "retrieval.query")
    distances, shortlist = binary.search(embeddings.bits([question], "retrieval.query"), SHORTLIST)
    cosines = exact.reconstruct_batch(shortlist[0]) @ query[0]
    best = np.argsort(-cosines)[:NEAREST]
    show(question, [(cosines[i], distances[0, i], PASSAGES[shortlist[0, i]]) for i in best])
