"""What the Spark and the Ray job share: a server on the machine that works, and a client that does not give up.

Only Python's library and pyarrow, so that it can be shipped to workers as one file.
"""
import argparse
import base64
import fcntl
import http.client
import json
import os
import random
import re
import subprocess
import time
import urllib.error
import urllib.request

import pyarrow as pa


def start_server(command, folder, lock=None):
    """Starts `embed-server serve …` on a free port; returns its URL once it is ready.

    The server gets SIGTERM when the process that started it dies, and keeps the descriptor `lock` open as long as it
    lives. Its log is `folder/embed-server.log`.
    """
    log_path = os.path.join(folder, "embed-server.log")
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command, "--port", "0", "--log-format", "json", "--log-level", "notice"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            pass_fds=() if lock is None else (lock,),
            env=os.environ | {"EMBED_BATCH_MAXIMUM_STORED_BYTES": "0"},  # a server for this job alone
        )
    while True:
        with open(log_path, encoding="utf-8") as log:
            text = log.read()
        if '"message":"ready"' in text:
            return re.search(r'"address":"(http://[^"]+)"', text).group(1)
        if process.poll() is not None:
            raise OSError(f"the server ended with {process.returncode}: {text}")
        time.sleep(0.05)


def shared_server(command, folder):
    """The URL of the one server of all processes that work in `folder`; the first to come starts it.

    The server itself holds the lock: if it is gone, however it went, the next caller gets the lock and starts another.
    """
    address = os.path.join(folder, "embed-server.url")
    with open(os.path.join(folder, "embed-server.lock"), "a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # a server runs, or is being started or drained
                if os.path.exists(address):
                    with open(address, encoding="utf-8") as file:
                        return file.read()
                time.sleep(0.05)
                continue
            if os.path.exists(address):
                os.remove(address)
            url = start_server(command, folder, lock.fileno())
            with open(address + ".new", "w", encoding="utf-8") as file:
                file.write(url)
            os.rename(address + ".new", address)
            return url


class EmbedClient:
    """Embeds texts, and waits where the server says so."""

    def __init__(self, find_server, request=None, key=None, patience=900):
        """
        find_server: returns the server's URL; asked again when the server cannot be reached.
        request: more fields of the body, such as {"model": …, "task": "retrieval.passage", "dimensions": 256}.
        patience: seconds without an answer after which an OSError is raised.
        """
        self.find_server, self.patience = find_server, patience
        self.request = {"encoding_format": "base64", **(request or {})}
        self.headers = {"Content-Type": "application/json", "X-Priority": "bulk"}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"

    def embed(self, texts):
        """The vectors as an Arrow array of lists of float32, in the order of the texts (at most 2,048)."""
        if not texts:
            return pa.array([], pa.list_(pa.float32()))
        answer = self.post(json.dumps({**self.request, "input": texts}).encode())
        vectors = [base64.b64decode(item["embedding"]) for item in answer["data"]]
        length = len(vectors[0]) // 4
        values = pa.Array.from_buffers(pa.float32(), length * len(vectors), [None, pa.py_buffer(b"".join(vectors))])
        offsets = pa.array(range(0, length * len(vectors) + 1, length), pa.int32())
        return pa.ListArray.from_arrays(offsets, values)

    def post(self, body):
        """Asks until there is an answer. A request that is wrong is a ValueError at once: it would stay wrong."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                request = urllib.request.Request(self.find_server() + "/v1/embeddings", body, self.headers)
                with urllib.request.urlopen(request, timeout=self.patience) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:  # too much to do, drains, loads, or is unreachable for a proxy
                if error.code not in (429, 502, 503, 504):
                    raise ValueError(f"{error.code}: {error.read().decode()}") from error
                problem, wait = error, float(error.headers.get("Retry-After") or 1)
            except (OSError, http.client.HTTPException) as error:
                problem, wait = error, 0.2
            if time.monotonic() + wait > deadline:
                raise OSError(f"no answer within {self.patience} s") from problem
            time.sleep(wait * random.uniform(1, 1.25))  # not all at the same moment


def argument_parser(description):
    """The command line that the jobs share; the key of --server is in the environment, where other users do not see it."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--server", help="URL of a running server, or of a load balancer; its key is $EMBED_API_KEY")
    where.add_argument("--binary", help="path of embed-server on the machines that work")
    parser.add_argument("--model", default="all-MiniLM-L6-v2", help="what servers started there serve: NAME or ID=DIR")
    parser.add_argument("--threads", type=int, default=1, help="compute threads of such a server")
    parser.add_argument("--request", type=json.loads, default={}, help='more fields, such as {"task": "clustering"}')
    return parser


def embedder_arguments(options):
    """What the command line says about the server and the requests."""
    command = [options.binary, "serve", "--model", options.model, "--threads", str(options.threads)]
    key = os.environ.get("EMBED_API_KEY")
    return {"server": options.server, "command": command, "request": options.request, "key": key}
