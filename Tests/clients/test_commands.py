"""The commands that work on files: `tokenize` and `embed`."""

import json

import pytest

from embed_server import MODEL_DIRECTORY, run

TEXTS = ["hello world", "", "café 你好", "The quick brown fox jumps over the lazy dog."]
# What tokenizers 0.23 gives with the model's tokenizer.json.
IDS = [
    [101, 7592, 2088, 102],
    [101, 102],
    [101, 7668, 100, 100, 102],
    [101, 1996, 4248, 2829, 4419, 14523, 2058, 1996, 13971, 3899, 1012, 102],
]


def lines(values):
    return "".join(json.dumps(value) + "\n" for value in values)


def parsed(text):
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("options", [[], ["--raw"], ["--task", "retrieval.query"]])
def test_tokenize(options):
    result = run("tokenize", "--model", str(MODEL_DIRECTORY), *options, stdin=lines(TEXTS))
    assert (result.returncode, result.stderr) == (0, "")
    assert parsed(result.stdout) == IDS


def test_tokenize_names_a_bad_line_after_writing_the_good_ones():
    result = run("tokenize", "--model", str(MODEL_DIRECTORY), stdin='"a"\n{"text":"b"}\n')
    assert result.returncode != 0
    assert parsed(result.stdout) == [[101, 1037, 102]]
    assert "line 2: expected a JSON string" in result.stderr


def test_embed_gives_the_vectors_of_the_server_in_order(server, tmp_path):
    expected = [item["embedding"] for item in server.embed({"input": TEXTS})[2]["data"]]
    file = tmp_path / "texts.jsonl"
    file.write_text(lines([TEXTS[0], {"text": TEXTS[1]}, TEXTS[2], {"text": TEXTS[3], "id": 4}]), encoding="utf-8")
    for result in (
        run("embed", "--model", str(MODEL_DIRECTORY), str(file)),
        run("embed", "--model", str(MODEL_DIRECTORY), "--task", "clustering", stdin=file.read_text(encoding="utf-8")),
    ):
        assert (result.returncode, result.stderr) == (0, "")
        assert [line["embedding"] for line in parsed(result.stdout)] == [pytest.approx(e, abs=2e-6) for e in expected]


def test_embed_takes_more_lines_than_one_batch_holds():
    texts = [f"text {number}" for number in range(600)]
    result = run("embed", "--model", str(MODEL_DIRECTORY), stdin=lines(texts))
    vectors = [line["embedding"] for line in parsed(result.stdout)]
    assert len(vectors) == 600
    last = run("embed", "--model", str(MODEL_DIRECTORY), stdin=lines(texts[-1:]))
    assert parsed(last.stdout)[0]["embedding"] == pytest.approx(vectors[-1], abs=2e-6)


def test_embed_cuts_long_inputs_and_warns():
    result = run("embed", "--model", str(MODEL_DIRECTORY), stdin=lines(["short", "word " * 400]))
    assert result.returncode == 0
    assert len(parsed(result.stdout)) == 2
    assert "line 2" in result.stderr and "256 tokens" in result.stderr


def test_embed_refuses_long_inputs_where_asked():
    result = run("embed", "--model", str(MODEL_DIRECTORY), "--no-truncate", stdin=lines(["short", "word " * 400]))
    assert result.returncode != 0
    assert "line 2" in result.stderr


@pytest.mark.parametrize("line", ["", "word", "5", '{"txt": "a"}'])
def test_embed_names_a_bad_line(line):
    result = run("embed", "--model", str(MODEL_DIRECTORY), stdin='"a"\n' + line + "\n")
    assert result.returncode != 0
    assert len(parsed(result.stdout)) == 1
    assert "line 2: " in result.stderr


def test_embed_refuses_dimensions_the_model_was_not_trained_for():
    result = run("embed", "--model", str(MODEL_DIRECTORY), "--dimensions", "64", stdin='"a"\n')
    assert result.returncode != 0
    assert "can have 384 values" in result.stderr


@pytest.mark.parametrize("command", [[], ["serve"], ["embed"], ["tokenize"]])
def test_help_goes_to_stdout(command):
    result = run(*command, "--help")
    assert result.returncode == 0
    assert "USAGE" in result.stdout
