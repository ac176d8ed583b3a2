"""`embed-server embed --output`: files into files, whatever happens in between."""

import csv
import http.client
import json
import os
import resource
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy
import pytest

from embed_server import MODEL, MODEL_DIRECTORY, Server, binary, environment
from embed_server import run as run_command

TEXTS = ["hello world", "", "café 你好", 'quoted "words",\nand a second line', "The quick brown fox"]
LOCAL = ["--model", str(MODEL_DIRECTORY)]


def run(*arguments):
    return run_command("embed", *map(str, arguments))


def succeed(*arguments):
    result = run(*arguments)
    assert result.returncode == 0, result.stderr
    return result


def start(*arguments, **options):
    return subprocess.Popen(
        [binary(), "embed", *map(str, arguments)],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment() | options.pop("variables", {}),
        **options,
    )


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_lines(path, values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")


def write_csv(path, texts):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["key", "body"])
        writer.writerows((f"k{number}", text) for number, text in enumerate(texts))


def many(path, count):
    """Texts of very different lengths."""
    write_lines(path, [{"id": n, "text": f"text {n} " + "word " * (n % 40)} for n in range(count)])


@pytest.fixture(scope="module")
def expected(server):
    def embed(texts, **options):
        return numpy.array([item["embedding"] for item in server.embed({"input": texts, **options})[2]["data"]])

    return embed


def test_jsonl_csv_and_text_give_the_vectors_of_the_api(tmp_path, expected):
    write_lines(tmp_path / "a.jsonl", [TEXTS[0]] + [{"text": text, "id": f"k{n}"} for n, text in enumerate(TEXTS[1:])])
    write_csv(tmp_path / "b.csv", TEXTS)
    (tmp_path / "c.txt").write_text("\r\n".join(text.replace("\n", " ") for text in TEXTS), encoding="utf-8")
    succeed(*LOCAL, tmp_path / "a.jsonl", "--output", tmp_path / "a.npy")
    succeed(*LOCAL, tmp_path / "b.csv", "--field", "body", "--id-field", "key", "--output", tmp_path / "b.jsonl")
    succeed(*LOCAL, tmp_path / "c.txt", "--output", tmp_path / "c.npy")
    array = numpy.load(tmp_path / "a.npy")
    assert (array.dtype, array.shape) == (numpy.dtype("<f4"), (5, 384))
    assert array == pytest.approx(expected(TEXTS), abs=2e-6)
    assert [line["id"] for line in lines(tmp_path / "b.jsonl")] == [f"k{number}" for number in range(5)]
    vectors = numpy.array([line["embedding"] for line in lines(tmp_path / "b.jsonl")])
    assert vectors == pytest.approx(expected(TEXTS), abs=2e-6)
    flat = [text.replace("\n", " ") for text in TEXTS]
    assert numpy.load(tmp_path / "c.npy") == pytest.approx(expected(flat), abs=2e-6)


@pytest.mark.parametrize("kind, dtype", [("binary", numpy.int8), ("ubinary", numpy.uint8)])
def test_bits(tmp_path, expected, kind, dtype):
    write_lines(tmp_path / "a.jsonl", TEXTS)
    for output in ("a.npy", "a.jsonl.out"):
        format = [] if output.endswith(".npy") else ["--output-format", "jsonl"]
        succeed(*LOCAL, tmp_path / "a.jsonl", "--embedding-type", kind, *format, "--output", tmp_path / output)
    array = numpy.load(tmp_path / "a.npy")
    assert array.dtype == dtype
    wanted = expected(TEXTS, embedding_type=kind)
    assert (array == wanted).all()
    assert [line["embedding"] for line in lines(tmp_path / "a.jsonl.out")] == wanted.tolist()


def test_a_folder_becomes_a_folder(tmp_path, expected):
    source = tmp_path / "in"
    source.mkdir()
    write_lines(source / "b.jsonl", TEXTS[:2])
    (source / "a.txt").write_text("one\ntwo\n")
    (source / "c.csv").write_text("")
    (source / "README.md").write_text("not meant")
    succeed(*LOCAL, source, "--output", tmp_path / "out", "--output-format", "npy")
    names = ["a.npy", "a.npy.checkpoint", "b.npy", "b.npy.checkpoint", "c.npy", "c.npy.checkpoint"]
    assert sorted(os.listdir(tmp_path / "out")) == names
    assert numpy.load(tmp_path / "out/a.npy") == pytest.approx(expected(["one", "two"]), abs=2e-6)
    assert numpy.load(tmp_path / "out/c.npy").shape == (0, 384)
    # A file that is added is embedded, the others are done.
    before = (tmp_path / "out/b.npy").read_bytes()
    (source / "d.txt").write_text("three\n")
    succeed(*LOCAL, source, "--output", tmp_path / "out", "--output-format", "npy")
    assert numpy.load(tmp_path / "out/d.npy").shape == (1, 384)
    assert (tmp_path / "out/b.npy").read_bytes() == before
    refused = run(*LOCAL, source, "--output", source)
    assert refused.returncode != 0 and "is an input" in refused.stderr


@pytest.mark.parametrize("ending", ["jsonl", "npy"])
def test_a_killed_run_goes_on_and_gives_the_same_octets(tmp_path, ending):
    many(tmp_path / "in.jsonl", 2400)
    succeed(*LOCAL, tmp_path / "in.jsonl", "--output", tmp_path / f"whole.{ending}")
    whole = (tmp_path / f"whole.{ending}").read_bytes()
    output = tmp_path / f"parts.{ending}"
    checkpoint = tmp_path / f"parts.{ending}.checkpoint"

    def done():
        try:
            return json.loads(checkpoint.read_text())["position"]["records"]
        except FileNotFoundError:
            return 0

    kills = 0
    for _ in range(2):
        process, before = start(*LOCAL, tmp_path / "in.jsonl", "--output", output, "--threads", "1"), done()
        while process.poll() is None and done() == before:
            time.sleep(0.005)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
    assert kills == 2 and 0 < done() < 2400
    succeed(*LOCAL, tmp_path / "in.jsonl", "--output", output)
    assert output.read_bytes() == whole
    if ending == "npy":
        assert numpy.load(output).shape == (2400, 384)


def test_an_interrupt_leaves_a_checkpoint_and_says_what_to_do(tmp_path):
    many(tmp_path / "in.jsonl", 1200)
    process = start(*LOCAL, tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl", "--threads", "1")
    while not (tmp_path / "out.jsonl.checkpoint").exists():
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from here" in message


def test_changed_input_or_options_are_not_gone_on_with(tmp_path):
    source, output = tmp_path / "in.txt", tmp_path / "out.jsonl"
    source.write_text("a\nb\n")
    succeed(*LOCAL, source, "--output", output)
    other = run(*LOCAL, "--embedding-type", "binary", source, "--output", output)
    assert other.returncode != 0
    assert "begun with --embedding-type float, and now it is binary. Pass --restart" in other.stderr
    source.write_text("a\nb\nc\n")
    changed = run(*LOCAL, source, "--output", output)
    assert changed.returncode != 0
    assert "its input has changed" in changed.stderr
    succeed(*LOCAL, source, "--output", output, "--restart")
    assert len(lines(output)) == 3
    (tmp_path / "mine.jsonl").write_text("precious")
    mine = run(*LOCAL, source, "--output", tmp_path / "mine.jsonl")
    assert mine.returncode != 0
    assert (tmp_path / "mine.jsonl").read_text() == "precious"


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("in.jsonl", '"a"\n{"txt": 1}\n"b"\n', 'in.jsonl:2: expected a JSON string or {"text": "…"}'),
        ("in.jsonl", '"a"\n\n{"text": \n"b"\n', "in.jsonl:3: not JSON"),
        ("in.csv", 'text,n\n"a\nb",1\n,\n"x\n', "in.csv:5: a quoted field is not closed"),
        ("in.csv", "n,text\n1,a\n2\n", "in.csv:3: expected at least 2 columns, found 1"),
        ("in.csv", "n,body\n1,a\n", 'in.csv:1: there is no column "text"; the columns are n, body'),
        ("in.txt", b"a\n\xff\n", "in.txt:2: not UTF-8"),
        ("in.txt", "a\n" + "word " * 400 + "\n", "in.txt:2: more than 256 tokens, the model's limit"),
    ],
)
def test_a_bad_record_is_named_and_what_comes_before_is_done(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    result = run(*LOCAL, "--no-truncate", tmp_path / name, "--output", tmp_path / "out.jsonl")
    assert result.returncode != 0
    assert message in result.stderr
    if "column " not in message:
        assert len(lines(tmp_path / "out.jsonl")) == (2 if ":5:" in message else 1)


def test_bad_records_can_be_skipped(tmp_path, expected):
    write_lines(tmp_path / "in.jsonl", ["a", {"id": "bad", "text": 5}, "b"])
    # Where it stopped, skipping goes on.
    assert run(*LOCAL, tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl").returncode != 0
    result = succeed(*LOCAL, "--on-error", "skip", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert "1 skipped" in result.stderr
    assert [set(line) for line in lines(tmp_path / "out.jsonl")] == [{"embedding"}, {"line", "id", "error"}, {"embedding"}]
    succeed(*LOCAL, "--on-error", "skip", tmp_path / "in.jsonl", "--output", tmp_path / "out.npy")
    array = numpy.load(tmp_path / "out.npy")
    assert numpy.isnan(array[1]).all()
    assert array[[0, 2]] == pytest.approx(expected(["a", "b"]), abs=2e-6)
    assert [line["row"] for line in lines(tmp_path / "out.npy.errors.jsonl")] == [1]


def test_truncation_is_told(tmp_path):
    write_lines(tmp_path / "in.jsonl", ["short", "word " * 400])
    result = succeed(*LOCAL, tmp_path / "in.jsonl", "--output", tmp_path / "out.npy")
    assert "1 cut to the model's limit" in result.stderr


def test_a_full_disk_is_told_and_gone_on_from(tmp_path):
    many(tmp_path / "in.jsonl", 400)
    succeed(*LOCAL, tmp_path / "in.jsonl", "--output", tmp_path / "whole.npy")
    # A limit on the size of files stands for a disk without room.
    process = start(
        *LOCAL,
        tmp_path / "in.jsonl",
        "--output",
        tmp_path / "out.npy",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        restore_signals=False,
    )
    _, message = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "out.npy: File too large. Run the same command again to go on from here" in message
    succeed(*LOCAL, tmp_path / "in.jsonl", "--output", tmp_path / "out.npy")
    assert (tmp_path / "out.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


def test_standard_input_takes_the_formats_too():
    result = run_command("embed", *LOCAL, "--input-format", "csv", stdin='id,text\n7,"a\nb"\n\n8,c\n')
    assert result.returncode == 0
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["7", "8"]


class Proxy:
    """Stands before a server and answers as `faults` say, one after the other, before it hands requests on."""

    def __init__(self, port):
        self.faults, self.requests, self.port = [], [], port
        proxy, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    proxy.requests.append((time.monotonic(), dict(self.headers), json.loads(body)))
                    fault = proxy.faults.pop(0) if proxy.faults else None
                if fault is None:
                    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
                    connection.request("POST", self.path, body)
                    answer = connection.getresponse()
                    fault = answer.status, {}, answer.read()
                if fault == "hang up":
                    self.close_connection = True
                    return
                status, fields, content = fault
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def proxy(server):
    proxy = Proxy(server.port)
    yield proxy
    proxy.close()


def test_a_server_gives_the_same_vectors_in_spite_of_refusals(tmp_path, proxy):
    many(tmp_path / "in.jsonl", 400)
    succeed(*LOCAL, tmp_path / "in.jsonl", "--output", tmp_path / "local.npy")
    busy = json.dumps({"detail": "too busy"}).encode()
    proxy.faults = [None, (429, {"retry-after-ms": "300", "Retry-After": "20"}, busy), "hang up", (503, {}, b"")]
    options = ["--server", proxy.url + "/v1", "--model", MODEL, "--connections", "1"]
    process = start(
        *options, tmp_path / "in.jsonl", "--output", tmp_path / "out.npy", variables={"EMBED_API_KEY": "secret"}
    )
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 0, messages
    assert "the server answers 429: too busy; trying again in 0.3 seconds" in messages
    assert numpy.load(tmp_path / "out.npy") == pytest.approx(numpy.load(tmp_path / "local.npy"), abs=2e-6)
    times, fields, bodies = zip(*proxy.requests)
    # Refused requests were repeated, the first after the wait it was given.
    assert bodies[1] == bodies[2] == bodies[3] == bodies[4]
    assert times[2] - times[1] >= 0.3
    assert {field["Authorization"] for field in fields} == {"Bearer secret"}
    assert {field["X-Priority"] for field in fields} == {"bulk"}
    assert {body["encoding_format"] for body in bodies} == {"base64"}


def test_a_server_that_is_restarted_is_waited_for(tmp_path):
    many(tmp_path / "in.jsonl", 1000)
    server = Server()
    second = None
    try:
        process = start(
            "--server", f"http://127.0.0.1:{server.port}", tmp_path / "in.jsonl", "--output", tmp_path / "out.npy"
        )
        while not (tmp_path / "out.npy").exists() or (tmp_path / "out.npy").stat().st_size < 200_000:
            assert process.poll() is None
            time.sleep(0.005)
        server.process.kill()
        server.process.wait()
        second = Server(port=server.port)
        _, messages = process.communicate(timeout=100)
        assert process.returncode == 0, messages
        assert "trying again" in messages
        array = numpy.load(tmp_path / "out.npy")
        assert array.shape == (1000, 384)
        texts = [line["text"] for line in lines(tmp_path / "in.jsonl")]
        picked = list(range(0, 1000, 97))
        answer = second.embed({"input": [texts[index] for index in picked]})[2]["data"]
        assert array[picked] == pytest.approx(numpy.array([item["embedding"] for item in answer]), abs=2e-6)
    finally:
        server.kill()
        if second:
            second.kill()


def test_what_a_server_refuses_is_told(tmp_path, server, proxy):
    write_lines(tmp_path / "in.jsonl", ["a"] * 20 + ["word " * 400] + ["b"] * 20)
    url = f"http://127.0.0.1:{server.port}"
    unknown = run("--server", url, "--model", "nobody", tmp_path / "in.jsonl", "--output", tmp_path / "a.npy")
    assert unknown.returncode != 0
    assert "the server answers 400" in unknown.stderr and "nobody" in unknown.stderr
    assert not (tmp_path / "a.npy").exists()
    proxy.faults = [(401, {}, b'{"error": {"message": "who are you"}}')]
    key = run("--server", proxy.url, tmp_path / "in.jsonl", "--output", tmp_path / "a.npy")
    assert "401: who are you. Set EMBED_API_KEY" in key.stderr
    # One text that is too long costs no other.
    result = succeed(
        "--server", url, "--no-truncate", "--on-error", "skip", tmp_path / "in.jsonl", "--output", tmp_path / "b.jsonl"
    )
    answers = lines(tmp_path / "b.jsonl")
    assert [index for index, line in enumerate(answers) if "error" in line] == [20]
    assert "256 tokens" in answers[20]["error"]
    assert "1 skipped" in result.stderr
    cut = succeed("--server", url, tmp_path / "in.jsonl", "--output", tmp_path / "c.jsonl")
    assert "1 cut to the model's limit" in cut.stderr
