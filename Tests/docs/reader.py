"""Somebody who follows a page from top to bottom, on a machine of their own where the server has just been built."""

import contextlib
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from embed_server import MODEL, MODEL_DIRECTORY, ROOT, binary

FIXTURES = ROOT / "Tests" / "Fixtures" / "jina"
JINA = {f"jina-embeddings-v5-text-{size}": FIXTURES / size for size in ("nano", "small")}
SECONDS = 120

# Runs the files whose paths it reads, one after the other, in one namespace.
INTERPRETER = """
import sys, traceback
names = {"__name__": "__main__"}
for path in sys.stdin:
    try:
        exec(compile(open(path.strip()).read(), path.strip(), "exec"), names)
        print("\\n<done>", flush=True)
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        print("\\n<failed>", flush=True)
"""


class Failure(Exception):
    pass


@contextlib.contextmanager
def stopped_after(seconds, stop):
    """Calls `stop` if what is done here takes longer."""
    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Reader:
    """Has a home, a working folder that looks like the repository, and a running server."""

    def __init__(self, folder, hub, replacements, serve="embed-server serve"):
        self.folder = folder
        self.work = folder / "embed-server"
        self.python = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.replacements = replacements | {
            "127.0.0.1:8080": f"127.0.0.1:{port}",
            "HOST:8080": f"127.0.0.1:{port}",
            "https://HOST": hub.endpoint,
            " /models/": f" {folder}/models/",
            "=/models/": f"={folder}/models/",
        }
        self.lay_out()
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("EMBED_", "HF_", "XDG_")) and not name.lower().endswith("_proxy")
        } | {
            "HOME": str(folder / "home"),
            "PATH": os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "READER_BINARY": str(Path(binary()).resolve()),
            "READER_FOLDER": str(folder),
            "READER_PORT": str(port),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        self.shell(serve)

    def lay_out(self):
        stand_in = ROOT / "Tests" / "docs" / "embed-server"
        store = self.folder / "home" / ".cache" / "embed-server" / "models"
        for directory in (self.work / ".build" / "release", self.folder / "bin", self.folder / "models", store):
            directory.mkdir(parents=True)
        for entry in ROOT.iterdir():
            if not entry.name.startswith((".build", ".git")):
                (self.work / entry.name).symlink_to(entry)
        (self.work / ".build" / "release" / "embed-server").symlink_to(stand_in)
        (self.folder / "bin" / "embed-server").symlink_to(stand_in)
        (store / MODEL).symlink_to(MODEL_DIRECTORY)
        for name, checkpoint in {MODEL: MODEL_DIRECTORY, **JINA}.items():
            (self.folder / "models" / name).symlink_to(checkpoint)
        # Without this curl is content with any status.
        (self.folder / "home" / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")

    def close(self):
        if self.python:
            self.python.kill()
            self.python.wait()
        pid = self.folder / "server.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGKILL)

    def write(self, name, text):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def rewritten(self, text):
        for old, new in self.replacements.items():
            text = text.replace(old, new)
        return text

    def shell(self, text):
        """Runs commands on a terminal, and says yes to what is asked."""
        terminal, end = pty.openpty()
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", self.rewritten(text)],
            stdin=end, stdout=end, stderr=end, cwd=self.work, env=self.environment, start_new_session=True,
        )
        os.close(end)
        os.write(terminal, b"y\n")
        output = b""
        with stopped_after(SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL)):
            try:
                while octets := os.read(terminal, 65536):
                    output += octets
            except OSError:  # Nobody has the other end any more.
                pass
            status = process.wait()
        os.close(terminal)
        if status:
            raise Failure(f"exit code {status}\n{output.decode(errors='replace')[-4000:]}")

    def run_python(self, block):
        """Runs a block where those before it were run."""
        if not self.python:
            self.python = subprocess.Popen(
                [sys.executable, "-c", INTERPRETER],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                cwd=self.work, env=self.environment, encoding="utf-8",
            )
        file = self.folder / f"line-{block.line}.py"
        file.write_text("\n" * (block.line - 1) + self.rewritten(block.text), encoding="utf-8")
        self.python.stdin.write(f"{file}\n")
        self.python.stdin.flush()
        output = []
        with stopped_after(SECONDS, self.python.kill):
            for line in self.python.stdout:
                if line == "<done>\n":
                    return
                if line == "<failed>\n":
                    break
                output.append(line)
        raise Failure("".join(output)[-4000:])
