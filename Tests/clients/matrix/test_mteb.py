"""mteb: a task of our own from its data to its score, through the wrapper it has for OpenAI's API."""

import numpy
import openai
import pytest

mteb = pytest.importorskip("mteb", reason="mteb needs a CPU build of torch, which pip was not offered: docs/clients.md")
import tiktoken.registry
from datasets import Dataset, DatasetDict
from mteb.abstasks import AbsTaskSTS
from mteb.models.model_implementations.openai_models import OpenAIModel
from scipy.stats import spearmanr

from embed_server import MODEL
from reference import NANO

# Pairs of sentences, and how much alike they are.
PAIRS = [
    ("a cat sleeps on the sofa", "a kitten naps on the couch", 5.0),
    ("the train to Berlin is late", "the train to Berlin is delayed", 4.8),
    ("she plays the violin", "she plays the cello", 3.5),
    ("he eats an apple", "he drinks some juice", 2.0),
    ("the stock market fell today", "my brother paints landscapes", 0.2),
    ("whales are mammals", "the invoice is overdue", 0.0),
]


class OwnPairs(AbsTaskSTS):
    """Six pairs that are here, and on no hub."""

    metadata = mteb.TaskMetadata(
        name="OwnPairs",
        description="Six pairs of sentences.",
        type="STS",
        dataset={"path": "none", "revision": "1"},
        eval_langs=["eng-Latn"],
        main_score="cosine_spearman",
    )

    def load_data(self, *_, **__):
        first, second, scores = zip(*PAIRS)
        columns = {"sentence1": first, "sentence2": second, "score": scores}
        self.dataset = DatasetDict(test=Dataset.from_dict({name: list(column) for name, column in columns.items()}))
        self.data_loaded = True


@pytest.fixture
def octets(monkeypatch):
    """An encoding that tiktoken need not fetch; mteb only cuts long texts with it."""
    ranks = {bytes([octet]): octet for octet in range(256)}
    encoding = tiktoken.Encoding("octets", pat_str=r"(?s:.)", mergeable_ranks=ranks, special_tokens={})
    monkeypatch.setitem(tiktoken.registry.ENCODINGS, "octets", encoding)
    return encoding.name


@pytest.mark.parametrize("model, dimensions", [(MODEL, 384), (NANO, 32)])
def test_a_task_has_the_score_of_the_vectors(all_models, plain, octets, model, dimensions):
    client = openai.OpenAI(base_url=all_models.base_url, api_key="unused", max_retries=0)
    encoder = OpenAIModel(model, max_tokens=8191, tokenizer_name=octets, embed_dim=dimensions, client=client)
    result = mteb.evaluate(encoder, OwnPairs(), cache=None, co2_tracker=False, show_progress_bar=False)
    (scores,) = result.task_results[0].scores["test"]

    first, second, gold = zip(*PAIRS)
    left, right = (numpy.array(plain(list(side), model, dimensions=dimensions)) for side in (first, second))
    expected = spearmanr((left * right).sum(axis=1), gold).statistic
    assert scores["main_score"] == pytest.approx(expected, abs=1e-6)
    if model == MODEL:
        assert scores["main_score"] > 0.7
