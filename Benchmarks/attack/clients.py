"""Hostile clients: each breaks one rule, and comes back when the server closes its connection.

All of them live in one epoll loop in a process of their own. They send in turns of a tenth of a second, so that it is what
they ask of the server that costs, not the asking. Python standard library only.
"""
import collections
import itertools
import json
import multiprocessing
import random
import resource
import select
import socket
import ssl
import time

from target import HOST, KEY, MODEL, TLS, check_loopback, raise_descriptor_limit

TURN = 0.1  # seconds
PAUSE = 0.5  # seconds until a client that was closed comes back
HEAD = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Filling: " + b"f" * 20_000 + b"\r\n\r\n"


def many_texts(cold):
    """The body of a request for 2,048 vectors, some 9 MB as floats; `cold` ones are never the same."""
    salt = f"{random.randrange(10**9)} " if cold else ""
    return json.dumps({"model": MODEL, "input": [f"{salt}{number}" for number in range(2_048)]}).encode()


def post(path, length, *fields):
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", "Content-Type: application/json", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


class Client:
    """What hostile clients have in common: connects, and comes back when closed."""

    reads = True  # whether it takes what the server sends
    handshakes = True  # whether it speaks TLS where the server does
    settings = {}  # what a herd's plan may change

    def __init__(self, herd, source, **settings):
        self.herd, self.source, self.settings = herd, source, settings
        self.tally = herd.tallies[type(self).__name__]
        self.connection, self.state, self.due, self.unsent = None, "away", 0.0, b""

    # What a kind is about

    def opening(self):
        """Octets to send first."""
        return b""

    def more(self, now):
        """Octets to send when nothing is left of the ones before, each turn."""
        return b""

    # The life of a connection

    def connect(self):
        self.connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self.connection.bind((self.source, 0))
            self.connection.connect_ex((check_loopback(HOST), self.herd.port))
        except OSError:
            self.connection.close()
            return self.leave("refused")
        self.state, self.head = "connecting", b""
        self.herd.watch(self, select.EPOLLOUT)

    def leave(self, reason):
        if reason:
            self.tally[reason] += 1
        self.herd.forget(self)
        self.connection.close()
        self.state, self.due = "away", time.monotonic() + PAUSE * (0.75 + random.random() / 2)

    def opened(self):
        self.state, self.unsent = "open", self.opening()
        self.tally["opened"] += 1
        self.herd.watch(self, select.EPOLLRDHUP | (select.EPOLLIN if self.reads else 0))
        self.send()

    def ready(self, events):
        try:
            if self.state == "connecting":
                if self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    return self.leave("refused")
                if not (self.herd.tls and self.handshakes):
                    return self.opened()
                self.connection = TLS.wrap_socket(self.connection, do_handshake_on_connect=False)
                self.state = "handshake"
            if self.state == "handshake":
                self.shake_hands()
            elif self.reads and events & select.EPOLLIN:
                self.read()
            elif events & (select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP):
                self.leave("closed")
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            self.leave("refused" if self.state == "handshake" else "closed")

    def shake_hands(self):
        try:
            self.connection.do_handshake()
        except ssl.SSLWantReadError:
            return self.herd.watch(self, select.EPOLLIN)
        except ssl.SSLWantWriteError:
            return self.herd.watch(self, select.EPOLLOUT)
        self.opened()

    def read(self):
        octets = self.connection.recv(65_536)
        if not octets:
            return self.leave("closed")
        if len(self.head) < 12:
            self.head = (self.head + octets)[:12]
            if len(self.head) == 12 and self.head.startswith(b"HTTP/"):
                self.tally[self.head[9:].decode("latin-1")] += 1

    def send(self):
        try:
            if self.unsent:
                self.unsent = self.unsent[self.connection.send(self.unsent):]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass
        except OSError:
            self.leave("closed")

    def turn(self, now):
        if self.state == "away":
            if now >= self.due:
                self.connect()
        elif self.state == "open":
            self.unsent = self.unsent or self.more(now)
            self.send()


class Idle(Client):
    """Connects and says nothing."""


class KeptAlive(Client):
    """Asks once, then says nothing."""

    def opening(self):
        return b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"


class PipelinedHeads(Client):
    """Sends one request with a head of 20 kB after the other, and takes no answer."""

    reads = False

    def more(self, now):
        return HEAD * 3


class SlowBody(Client):
    """Declares a body of 20 MB (`length`), sends four octets (`rate`) of it a second; has no key unless `fields` has one."""

    def opening(self):
        return post("/v1/embeddings", self.settings.get("length", 20_000_000), *self.settings.get("fields", ())) + b'{"input": "'

    def more(self, now):
        if now < self.due:
            return b""
        self.due = now + 0.5
        return b"a" * (self.settings.get("rate", 4) // 2)


class UnreadAnswer(Client):
    """Asks, with the key, for 2,048 vectors as floats, and takes nothing of them."""

    reads = False

    def opening(self):
        body = many_texts(self.settings.get("cold", False))
        return post("/v1/embeddings", len(body), f"Authorization: Bearer {KEY}") + body


class UnfinishedHead(Client):
    """Begins a head and never ends it."""

    def opening(self):
        return b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Slow: "

    def more(self, now):
        if now < self.due:
            return b""
        self.due = now + 1
        return b"a"


class StoppedHandshake(Client):
    """Sends a TLS ClientHello, the whole of it to a server that speaks TLS and its beginning to others, and stops."""

    handshakes = False

    def opening(self):
        outgoing = ssl.MemoryBIO()
        client = TLS.wrap_bio(ssl.MemoryBIO(), outgoing)
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = outgoing.read()
        return hello if self.herd.tls else hello[:40]


class Herd:
    """Clients of several kinds, from several addresses of 127.0.0.0/8, in turn.

    plan: [(kind, count, settings)]; sources: how many addresses they come from.
    """

    def __init__(self, port, tls, plan, sources):
        self.port, self.tls, self.epoll, self.watched = port, tls, select.epoll(), {}
        self.tallies = {kind: collections.Counter() for kind, _, _ in plan}
        addresses = itertools.cycle(check_loopback(f"127.0.2.{number + 1}") for number in range(sources))
        self.clients = [
            globals()[kind](self, next(addresses), **settings) for kind, count, settings in plan for _ in range(count)
        ]
        random.Random(1).shuffle(self.clients)

    def watch(self, client, events):
        descriptor = client.connection.fileno()
        if self.watched.get(descriptor) is client:
            self.epoll.modify(descriptor, events)
        else:
            self.watched[descriptor] = client
            self.epoll.register(descriptor, events)

    def forget(self, client):
        descriptor = client.connection.fileno()
        if descriptor >= 0 and self.watched.get(descriptor) is client:
            self.epoll.unregister(descriptor)
            del self.watched[descriptor]

    def run(self, begin, end):
        """Attacks between two moments of the monotonic clock; then everybody leaves."""
        time.sleep(max(0, begin - time.monotonic()))
        # A turn is dealt out over its tenth of a second.
        slices = 10
        for count in itertools.count():
            now = time.monotonic()
            if now >= end:
                break
            for client in self.clients[count % slices::slices]:
                client.turn(now)
            until = now + TURN / slices
            while (left := until - time.monotonic()) > 0:
                for descriptor, events in self.epoll.poll(left, 256):
                    if client := self.watched.get(descriptor):
                        client.ready(events)
        open_at_end = collections.Counter(type(c).__name__ for c in self.clients if c.state == "open")
        for client in self.clients:
            if client.state != "away":
                client.leave(None)
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "cpuSeconds": used.ru_utime + used.ru_stime,
            "kinds": {
                kind: {"clients": sum(type(c).__name__ == kind for c in self.clients), "openAtEnd": open_at_end[kind]} | tally
                for kind, tally in self.tallies.items()
            },
        }


def graze(pipe, port, tls, plan, sources, begin, end):
    raise_descriptor_limit()
    pipe.send(Herd(port, tls, plan, sources).run(begin, end))


class Attack:
    """A herd in a process of its own, between two moments of the monotonic clock."""

    def __init__(self, target, plan, begin, end, sources=20):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe(duplex=False)
        self.end = end
        self.process = context.Process(target=graze, args=(other, target.port, target.tls, plan, sources, begin, end))
        self.process.start()
        other.close()

    def result(self):
        """What became of it; waits for its end."""
        found = self.pipe.recv() if self.pipe.poll(max(0, self.end - time.monotonic()) + 30) else None
        if not found:
            self.process.kill()
        self.process.join()
        return found
