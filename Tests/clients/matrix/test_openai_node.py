"""openai-node: it asks for base64 whatever the caller wants, and reads the answer by one expression."""

import json
import shutil
import subprocess

import pytest

from reference import NANO, difference, texts, vectors

node = shutil.which("node")
pytestmark = pytest.mark.skipif(node is None, reason="node is not installed")

ASK = """
const [url, body] = process.argv.slice(1);
const answer = await (await fetch(url, { method: 'POST', body })).json();
const decode = (text) => {
  const bytes = Buffer.from(text, 'base64');
  return Array.from(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
};
console.log(JSON.stringify(answer.data ? answer.data.map((item) => decode(item.embedding)) : answer.error));
"""


def ask(server, **body):
    body = json.dumps({"encoding_format": "base64", **body})
    command = [node, "--input-type=module", "--eval", ASK, f"{server.base_url}/embeddings", body]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


# What `embeddings.create({..., task})` sends, and what it does beside `embedding_type: "float"`.
@pytest.mark.parametrize("extra", [{}, {"embedding_type": "float"}, {"dimensions": 32}])
def test_base64_is_what_the_library_decodes(all_models, extra):
    got = ask(all_models, model=NANO, input=texts(NANO, "clustering"), task="clustering", **extra)
    assert difference(got, vectors(NANO, "clustering", extra.get("dimensions"))) < 1e-5


def test_errors_have_the_shape_the_library_reads(all_models):
    assert ask(all_models, model="nope", input="a")["code"] == "model_not_found"
