"""Search in Chroma with its own OpenAI embedding function. Chroma stores floats only.

usage: chroma.py [URL]
"""

import chromadb
from chromadb.utils.embedding_functions import OpenAIEmbeddingFunction

from corpus import PASSAGES, QUESTIONS
from embeddings import NEAREST, Embeddings, server_url, show

url = server_url()
model = Embeddings(url).model


def embedding_function(task):
    """The function cannot send a task, so the model's name has it."""
    return OpenAIEmbeddingFunction(api_key="unused", api_base=f"{url}/v1", model_name=f"{model}:{task}")


client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))
passages = client.create_collection(
    "passages",
    embedding_function=embedding_function("retrieval.passage"),
    configuration={"hnsw": {"space": "cosine"}},
)
passages.add(ids=[str(i) for i in range(len(PASSAGES))], documents=PASSAGES)

embed_questions = embedding_function("retrieval.query")
for question in QUESTIONS:
    found = passages.query(query_embeddings=embed_questions([question]), n_results=NEAREST)
    show(question, [(1 - d, None, body) for d, body in zip(found["distances"][0], found["documents"][0])])
