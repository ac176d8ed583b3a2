"""A model hub on this machine, which can be told to misbehave."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee00" * 5
LARGE = 4096


def git_blob(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub:
    """Serves repositories by the hub's HTTP API; faults are functions that may answer in its place."""

    def __init__(self, host="127.0.0.1"):
        self.repositories = {}
        self.requests = []
        self.faults = []
        self.redirect_to = None
        self.lock = threading.Lock()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                hub.handle(self)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://{host}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def add(self, name, files, licence="apache-2.0", commit=COMMIT, **listing):
        """Publishes files (path: octets); `listing` changes what the hub says about them."""
        self.repositories[name] = {"files": files, "licence": licence, "commit": commit, "listing": listing}

    def fail(self, fault):
        """Has `fault(handler, path)` answer requests; it returns whether it did."""
        self.faults.append(fault)

    def sent(self, part):
        """Requests whose path has `part` in it: (path, fields, octets sent)."""
        return [request for request in self.requests if part in request["path"]]

    def handle(self, handler):
        path = unquote(urlsplit(handler.path).path)
        record = {"path": path, "fields": dict(handler.headers), "range": handler.headers.get("Range"), "octets": 0}
        with self.lock:
            self.requests.append(record)
        handler.record = record
        try:
            for fault in list(self.faults):
                if fault(handler, path):
                    return
            self.answer(handler, path)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True

    def answer(self, handler, path):
        for name, repository in self.repositories.items():
            commit = repository["commit"]
            if path.startswith(f"/api/models/{name}/revision/"):
                if path.rsplit("/", 1)[1] not in ("main", "v1", commit):
                    return self.json(handler, {"error": "Invalid rev id"}, 404, {"X-Error-Code": "RevisionNotFound"})
                info = {"sha": commit, "cardData": {"license": repository["licence"]}}
                return self.json(handler, info if repository["licence"] else {"sha": commit})
            if path == f"/api/models/{name}/tree/{commit}":
                return self.tree(handler, repository)
            prefix = f"/{name}/resolve/{commit}/"
            if path.startswith(prefix) and path[len(prefix) :] in repository["files"]:
                content = repository["files"][path[len(prefix) :]]
                if self.redirect_to and len(content) >= LARGE:
                    handler.send_response(302)
                    handler.send_header("Location", self.redirect_to + path)
                    handler.send_header("Content-Length", "0")
                    return handler.end_headers()
                return self.content(handler, content)
        return self.json(handler, {"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})

    def tree(self, handler, repository):
        """Lists two files a page."""
        entries = [{"type": "directory", "path": "adapters", "size": 0, "oid": "0" * 40}]
        for path, content in repository["files"].items():
            entry = {"type": "file", "path": path, "size": len(content), "oid": git_blob(content)}
            if len(content) >= LARGE:
                pointer = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
                entry |= {"lfs": pointer, "oid": "1" * 40}
            for name, value in repository["listing"].get(path.replace(".", "_"), {}).items():
                (entry["lfs"] if "lfs" in entry else entry)[name] = value
            entries.append(entry)
        query = urlsplit(handler.path).query
        start = int(query.split("cursor=")[1]) if "cursor=" in query else 0
        fields = {}
        if start + 2 < len(entries):
            base = handler.path.split("&cursor=")[0]
            fields["Link"] = f'<{self.endpoint}{base}&cursor={start + 2}>; rel="next"'
        self.json(handler, entries[start : start + 2], fields=fields)

    @staticmethod
    def json(handler, document, status=200, fields={}):
        body = json.dumps(document).encode()
        handler.send_response(status)
        for name, value in fields.items():
            handler.send_header(name, value)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    @staticmethod
    def content(handler, content, stop_after=None, rate=None, ranges=True):
        """Sends octets or the range asked for; `stop_after` so many the connection breaks."""
        start, end = 0, len(content)
        asked = handler.headers.get("Range") if ranges else None
        if asked:
            first, last = asked.removeprefix("bytes=").split("-")
            start, end = int(first), min(int(last) + 1, len(content))
        handler.send_response(206 if asked else 200)
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        handler.send_header("Content-Length", str(end - start))
        handler.end_headers()
        stop = end if stop_after is None else min(end, start + stop_after)
        while start < stop:
            piece = content[start : min(stop, start + (1 << 16))]
            handler.wfile.write(piece)
            handler.record["octets"] += len(piece)
            start += len(piece)
            if rate:
                time.sleep(len(piece) / rate)
        if stop < end:
            handler.close_connection = True
            handler.wfile.flush()
            handler.connection.shutdown(2)


def only(part, times=None):
    """Makes a fault of a function that answers: for paths with `part` in them, so many times."""

    def decorate(answer):
        left = [times]

        def fault(handler, path):
            if part not in path or left[0] == 0:
                return False
            if left[0] is not None:
                left[0] -= 1
            answer(handler, path)
            return True

        return fault

    return decorate
