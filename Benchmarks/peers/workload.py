"""The texts that every engine gets: 12-token queries, 300-token passages, and 8 to 512 tokens spread evenly over the logarithm."""
import math
import random

from tokenizers import Tokenizer

QUERY, DOCUMENT = "Query: ", "Document: "
WORDS = """the of and to in is that for it as was with on be by this are from or at which have not but had one you were
all her she there would we him been has when who will more if out so up said what its about than into them can only other
time new some could these two may first then do any like my now over such our man me even most made after also many off
before must well back through years much where your way down should because long each just those people how too little
state good very make world still see own work day get here between both under never last might another us great year
house small end again home around however large group public second business market service report level research data
system program school water energy network model search question document language music paper river""".split()


class Workload:
    """Texts of exact lengths in tokens, prompt and special tokens included, and their ids."""

    def __init__(self, folder, passages, mixed, queries=16):
        self.tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.random = random.Random(512)
        lengths = [int(8 * 64 ** ((place + 0.5) / mixed)) for place in range(mixed)]
        self.random.shuffle(lengths)
        self.texts = {
            "query": [self.text(QUERY, 12) for _ in range(queries)],
            "passage": [self.text(DOCUMENT, 300) for _ in range(passages)],
            "mixed": [self.text(DOCUMENT, length) for length in lengths],
        }
        self.ids = {name: [self.encode(prompt(name), text) for text in texts] for name, texts in self.texts.items()}

    def encode(self, prefix, text):
        return self.tokenizer.encode(prefix + text).ids

    def text(self, prefix, tokens):
        """Words until the text has so many tokens; the words are those that take one each."""
        words = []
        while len(self.encode(prefix, " ".join(words + ["the"]))) <= tokens:
            missing = tokens - len(self.encode(prefix, " ".join(words)))
            words += self.random.choices(WORDS, k=max(1, missing // 2))
            while len(self.encode(prefix, " ".join(words))) > tokens:
                words.pop()
        return " ".join(words)

    def tokens(self, name):
        return sum(map(len, self.ids[name]))


def prompt(name):
    return QUERY if name == "query" else DOCUMENT


def batches(ids, size=16):
    """Indices in batches of inputs of like length: what sentence-transformers does to waste little on padding."""
    order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
    return [order[start:start + size] for start in range(0, len(order), size)]


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)]
