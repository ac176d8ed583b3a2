"""Checkpoints that must not be served, and what `doctor` says of them."""

import json
import shutil

import pytest

from embed_server import run
from reference import FIXTURES, NANO, floats, goldens


@pytest.fixture
def checkpoint(tmp_path):
    """A copy of a tiny checkpoint, to be broken."""
    return shutil.copytree(FIXTURES / "nano", tmp_path / "nano")


def golden(factor):
    """A line of a golden.jsonl: the reference's vector of a text, its first value multiplied by `factor`."""
    record = next(record for record in goldens(NANO, "clustering") if record["text"])
    vector = floats(record["float32"]).tolist()
    vector[0] = vector[0] * factor + (factor - 1)
    return json.dumps({"text": record["text"], "task": "clustering", "embedding": vector}) + "\n"


def test_doctor_finds_nothing_wrong_with_a_sound_checkpoint(checkpoint):
    (checkpoint / "golden.jsonl").write_text(golden(1), encoding="utf-8")
    result = run("doctor", "--model", str(checkpoint))
    assert (result.returncode, result.stderr) == (0, "")
    assert "ok: golden.jsonl:1" in result.stdout
    assert "FAILED" not in result.stdout


@pytest.mark.parametrize("octets", [0, 7, 1_000, -1])
def test_doctor_and_serve_say_in_one_line_that_weights_are_cut_off(checkpoint, octets):
    weights = checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:octets])
    for command in (["doctor", "--model", str(checkpoint)], ["serve", "--port", "0", "--model", f"nano={checkpoint}"]):
        result = run(*command)
        assert result.returncode == 1
        complaints = [line for line in result.stderr.splitlines() if not line.startswith("{")]
        assert len(complaints) == 1 and str(weights) in complaints[0], result.stderr
        assert '"message":"ready"' not in result.stderr


def test_vectors_that_differ_from_the_golden_file_stop_the_start(checkpoint):
    (checkpoint / "golden.jsonl").write_text(golden(1) + golden(3), encoding="utf-8")
    result = run("doctor", "--model", str(checkpoint))
    assert result.returncode == 1
    assert "ok: golden.jsonl:1" in result.stdout and "FAILED: golden.jsonl:2" in result.stdout
    result = run("serve", "--port", "0", "--model", f"nano={checkpoint}")
    assert result.returncode == 1
    complaints = [line for line in result.stderr.splitlines() if not line.startswith("{")]
    assert len(complaints) == 1 and "golden.jsonl:2" in complaints[0] and "golden.jsonl:1:" not in complaints[0]
    assert '"message":"ready"' not in result.stderr


def test_a_golden_file_that_cannot_be_read_is_named(checkpoint):
    (checkpoint / "golden.jsonl").write_text('{"text": "a"}\n', encoding="utf-8")
    result = run("doctor", "--model", str(checkpoint))
    assert result.returncode == 1
    assert 'golden.jsonl:1: "embedding" is missing' in result.stderr
