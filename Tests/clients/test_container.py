"""What the Dockerfile and docker-compose.yml say about the server has to be true; `scripts/image-check` builds the image."""

import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest
import yaml

from embed_server import MODEL, ROOT, Server, binary, environment
from hub import Hub

# Every Debian has these: nothing of it runs without them.
ESSENTIAL = {"libc6", "libgcc-s1"}
CERTIFICATES = ROOT / "Tests/HTTPCoreTests/Fixtures/tls"
CHECKPOINT = ROOT / "Tests/Fixtures/jina/nano-retrieval"


def stages():
    """The instructions of each stage of the Dockerfile: (name, arguments)."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    parts = [[]]
    for line in filter(None, text.splitlines()):
        name, arguments = line.split(None, 1)
        if name == "FROM":
            parts.append([])
        parts[-1].append((name, " ".join(arguments.split())))
    return {stage[0][1].partition(" AS ")[2] or "final": stage for stage in parts[1:]}


STAGES = stages()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["embed-server"]
CONFIGURATION = json.loads((ROOT / "config.json").read_text(encoding="utf-8"))


def instructions(stage, name):
    return [arguments for instruction, arguments in STAGES[stage] if instruction == name]


def installed(stage):
    """The Debian packages that a stage installs."""
    return set(re.search(r"--no-install-recommends ([^&]*)", instructions(stage, "RUN")[0])[1].split())


def variables():
    """The environment of the image."""
    return dict(pair.split("=", 1) for text in instructions("server", "ENV") for pair in text.split())


def needed(file):
    dynamic = subprocess.run(["readelf", "-d", file], capture_output=True, encoding="utf-8", check=True).stdout
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))


def package(library):
    """The Debian package of a library; dpkg may know it with or without /usr."""
    path = os.path.realpath(library)
    for candidate in (path, path.removeprefix("/usr")):
        owner = subprocess.run(["dpkg", "-S", candidate], capture_output=True, encoding="utf-8")
        if owner.returncode == 0:
            return owner.stdout.split(":")[0]
    raise AssertionError(f"{library} belongs to no Debian package")


def test_the_image_has_the_libraries_that_the_server_links_against():
    listing = subprocess.run(["ldd", binary()], capture_output=True, encoding="utf-8", check=True).stdout
    paths = dict(re.findall(r"(\S+) => (/\S+)", listing))
    # Swift's own are linked into the server of the image; what they need it needs itself then.
    swift = {name for name, path in paths.items() if "/swift/" in path}
    names = needed(binary()).union(*(needed(paths[name]) for name in swift)) - swift
    packages = {package(paths[name]) for name in names if name in paths}
    assert "libssl3" in packages
    assert packages - ESSENTIAL <= installed("server")


def test_the_image_is_built_with_the_packages_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert installed("build") == set(re.search(r"^PACKAGES := (.*)$", makefile, re.MULTILINE)[1].split())


def test_what_the_image_copies_is_there_and_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line[1:] for line in ignored if line.startswith("!")]
    for pattern in kept:
        assert list(ROOT.glob(pattern)), pattern
    for stage in STAGES:
        for arguments in instructions(stage, "COPY"):
            source = arguments.split()[0]
            if not source.startswith("--"):
                assert any(pattern.split("/")[0] == source for pattern in kept), source


def test_the_settings_of_the_image_are_known_and_a_missing_model_is_explained(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    image = variables()
    image |= {"EMBED_HOME": str(tmp_path), "EMBED_CONFIG": str(tmp_path / "config.json")}
    result = subprocess.run(
        [binary(), *json.loads(instructions("final", "CMD")[0])],
        env=environment() | image,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert result.returncode == 1
    assert "mean nothing" not in result.stderr
    assert f"--build-arg MODEL={MODEL}" in result.stderr
    assert variables()["EMBED_SERVER_HOST"] == "0.0.0.0"


def test_ports_stop_and_health_check_are_those_of_the_server():
    port = CONFIGURATION["server"]["port"]
    assert instructions("final", "EXPOSE") == [str(port)]
    assert [published.rsplit(":", 1)[1] for published in COMPOSE["ports"]] == [str(port)]
    assert int(COMPOSE["stop_grace_period"].removesuffix("s")) > CONFIGURATION["server"]["shutdownTimeoutSeconds"]
    command = instructions("final", "HEALTHCHECK")[0].partition(" CMD ")[2]
    assert ["CMD", *json.loads(command)] == COMPOSE["healthcheck"]["test"]


def test_the_compose_file_locks_the_container_up():
    assert COMPOSE["read_only"] is True
    assert COMPOSE["cap_drop"] == ["ALL"]
    assert COMPOSE["security_opt"] == ["no-new-privileges:true"]
    assert all(published.startswith("127.0.0.1:") for published in COMPOSE["ports"])
    assert int(instructions("final", "USER")[0].split(":")[0]) >= 1000
    declared = {text.split("=")[0] for text in instructions("model", "ARG")}
    assert set(COMPOSE["build"]["args"]) <= declared
    assert MODEL in COMPOSE["build"]["args"]["MODEL"]


@pytest.fixture
def bake(tmp_path):
    """Runs the script that puts a model into the image, against a hub of its own."""
    hub = Hub()
    files = {
        str(path.relative_to(CHECKPOINT)): path.read_bytes() for path in CHECKPOINT.rglob("*") if path.is_file()
    }
    hub.add("acme/model", files, licence="cc-by-nc-4.0")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "embed-server").symlink_to(binary())
    image = {
        "EMBED_HOME": str(tmp_path / "data"),
        "EMBED_CONFIG": str(tmp_path / "etc" / "config.json"),
        "HF_HOME": str(tmp_path / "hub"),
        "HF_ENDPOINT": hub.endpoint,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
    }
    (tmp_path / "data" / "models").mkdir(parents=True)

    def bake(model, **variables):
        script = ROOT / "scripts" / "image-model"
        result = subprocess.run(
            [script, model], env=environment() | image | variables, capture_output=True, encoding="utf-8", timeout=60
        )
        return result, json.loads((tmp_path / "etc" / "config.json").read_text())

    yield bake
    hub.close()


def test_no_model_is_baked_unless_asked_for(bake, tmp_path):
    result, configuration = bake("")
    assert (result.returncode, configuration) == (0, {})
    assert list((tmp_path / "data" / "models").iterdir()) == []


def test_a_model_of_a_hub_is_baked_and_served_once_its_licence_is_accepted(bake, tmp_path):
    result, configuration = bake("acme/model")
    assert (result.returncode, configuration) == (1, {})
    assert "the licence, cc-by-nc-4.0, was not accepted" in result.stderr
    result, configuration = bake("acme/model", ACCEPT_LICENSE="1")
    assert result.returncode == 0, result.stderr
    assert configuration == {"models": [{"id": "model"}]}
    assert (tmp_path / "data" / "models" / "model" / "model.safetensors").exists()


def health(port, **variables):
    given = {"EMBED_SERVER_PORT": str(port), "EMBED_SERVER_HOST": "127.0.0.1", **variables}
    return subprocess.run(
        [binary(), "health"], env=environment() | given, capture_output=True, encoding="utf-8", timeout=60
    )


def test_health_of_a_server(server):
    # A proxy is none of its business.
    result = health(server.port, http_proxy="http://127.0.0.1:9")
    assert (result.returncode, result.stdout, result.stderr) == (0, '{"status":"ready"}\n', "")
    assert health(server.port, EMBED_SERVER_HOST="0.0.0.0").returncode == 0


def test_health_of_a_server_with_tls(tmp_path):
    for kind in ("key", "pem"):
        shutil.copy(CERTIFICATES / f"first.{kind}", tmp_path / f"server.{kind}")
    file = tmp_path / "config.json"
    tls = {"certificate": str(tmp_path / "server.pem"), "key": str(tmp_path / "server.key")}
    file.write_text(json.dumps({"server": {"tls": tls}}))
    server = Server("--config", str(file))
    try:
        assert health(server.port, EMBED_CONFIG=str(file)).returncode == 0
        result = health(server.port)
        assert result.returncode == 1
        assert "plain HTTP on a port for https" in result.stdout
    finally:
        server.kill()


def test_health_of_a_server_that_is_not_ready():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(503)
            self.send_header("Content-Length", "22")
            self.end_headers()
            self.wfile.write(b'{"status": "draining"}')

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as stub:
        threading.Thread(target=stub.serve_forever, daemon=True).start()
        result = health(stub.server_address[1])
        stub.shutdown()
    assert (result.returncode, result.stdout) == (1, '{"status": "draining"}\n')


def test_health_where_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = health(port)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"http://127.0.0.1:{port}/readyz: ")
