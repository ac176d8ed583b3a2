"""Vectors from an embed-server, through OpenAI's client."""

import sys

import numpy as np
from openai import OpenAI

NEAREST = 2
# How many candidates the comparison of bits has to find, before the floats choose among them.
SHORTLIST = 10 * NEAREST


class Embeddings:
    """Vectors of the first model of a server."""

    def __init__(self, url):
        self.client = OpenAI(base_url=f"{url}/v1", api_key="unused")
        self.model = self.client.models.list().data[0].id

    def floats(self, texts, task):
        """Unit vectors: float32, a row for each text."""
        answer = self.client.embeddings.create(model=self.model, input=texts, extra_body={"task": task})
        return np.array([item.embedding for item in answer.data], dtype=np.float32)

    def bits(self, texts, task):
        """The signs of the same vectors: uint8, eight values in each, the first in the highest bit."""
        extra = {"task": task, "embedding_type": "ubinary"}
        answer = self.client.embeddings.create(model=self.model, input=texts, extra_body=extra)
        return np.array([item.embedding for item in answer.data], dtype=np.uint8)


def server_url():
    """The first argument, such as http://127.0.0.1:8080."""
    return sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8080"


def show(question, hits):
    """Prints what was found for a question: cosine, bits that differ (None where no bits are stored), passage."""
    print(question)
    for cosine, distance, passage in hits:
        print(f"  {cosine:.4f}  {'-' if distance is None else distance:>4}  {passage}")
