"""The playground as any HTTP client sees it; what a browser makes of it is in matrix/test_playground.py."""

import base64
import hashlib
import http.client
import json
import re

from embed_server import Server


def fetch(server, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, "/", headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_the_policy_lets_the_pages_own_style_and_script_in(server):
    status, headers, page = fetch(server)
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    for name, tag in [("style", b"style"), ("script", b'script type="module"')]:
        (text,) = re.findall(rb"<%b>(.*?)</%b>" % (tag, name.encode()), page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy


def test_head_and_gzip(server):
    status, headers, body = fetch(server, "HEAD")
    page = fetch(server)[2]
    assert (status, int(headers["Content-Length"]), body) == (200, len(page), b"")
    status, headers, body = fetch(server, **{"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert len(body) < len(page) / 2


def test_the_operator_can_turn_it_off(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"server": {"playground": False}}))
    server = Server("--config", str(file))
    try:
        status, headers, answer = server.request("GET", "/")
        # What is left at this path is text-embeddings-inference's, which refuses in its own way.
        assert (status, answer["error_type"]) == (405, "Validation")
        assert "GET" not in headers["Allow"]
    finally:
        server.kill()
