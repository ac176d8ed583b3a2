"""The server under attack: starts it on a loopback address, watches it, stops it. Python standard library only."""
import contextlib
import http.client
import ipaddress
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

HOST, MODEL, KEY = "127.0.0.1", "all-MiniLM-L6-v2", "attack-" + "k" * 32
STARTED_WITH = resource.getrlimit(resource.RLIMIT_NOFILE)
TLS = ssl.create_default_context()
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE


def check_loopback(host):
    """Every connection of these tools goes through here: nothing but 127.0.0.0/8 is ever attacked."""
    if ipaddress.ip_address(host) not in ipaddress.ip_network("127.0.0.0/8"):
        raise SystemExit(f"{host} is not a loopback address")
    return host


def raise_descriptor_limit():
    """Lifts this process's own soft limit of descriptors to the hard one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def machine_seconds():
    """CPU time of everything that has run on this machine."""
    user, nice, system, _idle, _wait, interrupts, soft, stolen = map(int, open("/proc/stat").readline().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


class Target:
    """A server with the default model and, unless `keys` is false, one key of scope embed.

    settings: EMBED_* variables without the prefix; descriptors: its (soft, hard) limit of descriptors;
    stderr: a descriptor to log to instead of a file, with `port` chosen by the caller.
    """

    def __init__(self, binary, tls=False, keys=True, settings=None, arguments=(), descriptors=None, stderr=None, port=0):
        self.folder = tempfile.TemporaryDirectory(prefix="attack-")
        self.tls = tls
        path = self.folder.name
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EMBED_")}
        if home := os.environ.get("EMBED_HOME"):
            environment["EMBED_HOME"] = home
        environment["EMBED_BATCH_DIRECTORY"] = f"{path}/batches"
        if keys:
            with open(f"{path}/keys.json", "w") as file:
                json.dump({"keys": [{"name": "client", "key": KEY, "scopes": ["embed"]}]}, file)
            os.chmod(f"{path}/keys.json", 0o600)
            environment["EMBED_AUTH_KEYS_FILE"] = f"{path}/keys.json"
        if tls:
            self.make_certificate()
            environment |= {"EMBED_SERVER_TLS_CERTIFICATE": f"{path}/cert.pem", "EMBED_SERVER_TLS_KEY": f"{path}/key.pem"}
        environment |= {f"EMBED_{name}": str(value) for name, value in (settings or {}).items()}
        # The server has the limit that this program was started with, not the one it has given itself.
        limits = descriptors or STARTED_WITH
        with contextlib.nullcontext(stderr) if stderr else open(f"{path}/log", "w") as log:
            self.process = subprocess.Popen(
                [binary, "serve", "--host", check_loopback(HOST), "--port", str(port), "--log-format", "json", *arguments],
                stderr=log, env=environment, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits),
            )
        self.pid, self.port = self.process.pid, port
        if not stderr:
            self.port = int(self.wait_for_log(r'"address":"https?://127\.0\.0\.1:(\d+)"'))
            self.wait_for_log(r'"message":"(ready)"')

    def make_certificate(self):
        path = self.folder.name
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", f"{path}/key.pem", "-out", f"{path}/cert.pem"], check=True, stderr=subprocess.DEVNULL,
        )

    def wait_for_log(self, pattern, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with open(f"{self.folder.name}/log") as log:
                if match := re.search(pattern, log.read()):
                    return match[1]
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended by itself: {open(log.name).read()}")
            time.sleep(0.05)
        raise SystemExit(f"no {pattern} in the log of the server")

    # What it is like now

    def alive(self):
        return self.process.poll() is None

    def end(self):
        """How the server has ended by itself, with what it said last; nothing while it runs."""
        if self.alive():
            return ""
        with contextlib.suppress(OSError):
            lines = [line for line in open(f"{self.folder.name}/log", errors="replace").read().splitlines() if line.strip()]
            said = next((line for line in lines if "Fatal" in line or "crashed" in line.lower()), lines[-1] if lines else "")
            return f"; the server DIED with {self.process.returncode}: {said[:200]}"
        return f"; the server DIED with {self.process.returncode}"

    def resident(self):
        """Resident memory in megabytes; 0 once the process has ended."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(open(f"/proc/{self.pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        return 0.0

    def descriptors(self):
        with contextlib.suppress(OSError):
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        return 0

    def cpu_seconds(self):
        with contextlib.suppress(OSError):
            fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0

    # Talking to it

    def http(self, timeout=10, source=HOST):
        """A connection for well-formed requests."""
        place = (check_loopback(HOST), self.port)
        if self.tls:
            return http.client.HTTPSConnection(*place, timeout=timeout, source_address=(source, 0), context=TLS)
        return http.client.HTTPConnection(*place, timeout=timeout, source_address=(source, 0))

    def socket(self, timeout=10):
        """A connection for everything else."""
        connection = socket.create_connection((check_loopback(HOST), self.port), timeout=timeout)
        return TLS.wrap_socket(connection) if self.tls else connection

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """(status, body) of one request on a connection of its own; the status is 0 if there was no answer."""
        connection = self.http(timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def stop(self, seconds=40):
        """Sends SIGTERM and returns (exit code, seconds); the code is None if it had to be killed."""
        begin = time.monotonic()
        code = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(seconds)
        self.close()
        return code, time.monotonic() - begin

    def close(self):
        if self.alive():
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Watch(threading.Thread):
    """Notes (time, resident MB, descriptors, CPU seconds) of a server, and the machine's CPU seconds, four times a second.

    A server that outgrows `maximum` MB is killed: the machine has others to serve.
    """

    def __init__(self, target, maximum=8_000):
        super().__init__(daemon=True)
        self.target, self.maximum, self.notes, self.ends, self.killed = target, maximum, [], False, False
        self.note()
        self.start()

    def note(self):
        self.notes.append(
            (time.monotonic(), self.target.resident(), self.target.descriptors(), self.target.cpu_seconds(), machine_seconds())
        )

    def run(self):
        while not self.ends and self.target.alive():
            time.sleep(0.25)
            self.note()
            if self.notes[-1][1] > self.maximum:
                self.killed = True
                self.target.process.kill()

    def stop(self):
        self.ends = True
        self.join()

    def peak(self, column=1, begin=0, end=float("inf")):
        return max((note[column] for note in self.notes if begin <= note[0] <= end), default=0)

    def at(self, moment, column):
        """The last value noted until a moment (of a living process)."""
        return next((note[column] for note in reversed(self.notes) if note[0] <= moment and note[1]), 0)

