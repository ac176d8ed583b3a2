"""Starts a server to measure, and takes medians. Python standard library only."""
import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, path, seconds=60):
    """Waits until GET path is answered with 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")


@contextlib.contextmanager
def process(command, port, path, environment=None):
    """Runs a server for the time of the block."""
    running = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    try:
        wait_for(port, path)
        yield running
    finally:
        running.terminate()
        running.wait()


def server(binary, *arguments):
    """Our server with the default model on a free port, the access log off; gives (process, port).

    Its vector cache is off unless the environment sets it: rounds repeat their texts, and what is measured is computing.
    """
    port = free_port()
    command = [binary, "serve", "--port", str(port), "--log-level", "error", *arguments]
    return process(command, port, "/readyz", {"EMBED_CACHE_BYTES": os.environ.get("EMBED_CACHE_BYTES", "0")}), port


def cpu_seconds(pid):
    """User and system time a process has used."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def median(values):
    return statistics.median(values)
