"""Starts and stops the built server."""

import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("EMBED_HOME") or Path.home() / ".cache" / "embed-server")
MODEL = "all-MiniLM-L6-v2"
MODEL_DIRECTORY = HOME / "models" / MODEL


def binary():
    """The program under test: EMBED_SERVER_BINARY, or what was built last time."""
    given = os.environ.get("EMBED_SERVER_BINARY")
    candidates = [Path(given)] if given else [ROOT / ".build" / kind / "embed-server" for kind in ("release", "debug")]
    for candidate in candidates:
        if candidate.exists():
            return str(candidate)
    raise FileNotFoundError(f"build the server first: none of {[str(c) for c in candidates]} is there")


def environment():
    """The environment without settings that would change the server under test."""
    return {name: value for name, value in os.environ.items() if not name.startswith("EMBED_")} | {
        "EMBED_HOME": str(HOME)
    }


def run(*arguments, stdin=""):
    """Runs a command to its end."""
    return subprocess.run(
        [binary(), *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        env=environment(),
    )


class Server:
    """A server on a port of its own; its log goes to a file."""

    def __init__(self, *arguments, port=0):
        self.log_file = tempfile.NamedTemporaryFile(prefix="embed-server-", suffix=".log")
        self.process = subprocess.Popen(
            [binary(), "serve", "--port", str(port), *arguments], stderr=self.log_file, env=environment()
        )
        self.port = int(self.wait_for(r'"address":"https?://127\.0\.0\.1:(\d+)"'))
        self.wait_for('"message":"ready"')

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def log(self):
        return Path(self.log_file.name).read_text(encoding="utf-8")

    def wait_for(self, pattern):
        """Waits until the log has a line with the pattern; returns its first group."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            match = re.search(pattern, self.log())
            if match:
                return match.group(match.re.groups)
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.log()}")
            time.sleep(0.02)
        raise TimeoutError(f"no {pattern!r} in {self.log()}")

    def stop(self, number=signal.SIGTERM):
        """Sends a signal, returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def kill(self):
        """Ends a server that a test may have left running."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log_file.close()

    def request(self, method, path, body=None, headers=None):
        """Sends one request; returns status, header fields and the parsed body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            content = response.read()
            return response.status, response.headers, json.loads(content) if content else None
        finally:
            connection.close()

    def embed(self, body, **headers):
        return self.request("POST", "/v1/embeddings", body, headers)
