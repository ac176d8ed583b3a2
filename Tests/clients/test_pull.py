"""`pull`, `models` and `remove` against a hub on this machine that misbehaves in every way we know."""

import hashlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from embed_server import ROOT, binary
from hub import COMMIT, Hub, git_blob, only

FIXTURE = ROOT / "Tests" / "Fixtures" / "jina" / "nano"
NANO = "jinaai/jina-embeddings-v5-text-nano"
WEIGHTS = random.Random(5).randbytes(70_000_000)


def fixture_files():
    return {str(p.relative_to(FIXTURE)): p.read_bytes() for p in sorted(FIXTURE.rglob("*")) if p.is_file()}


def small_files(weights=b"w" * 100_000):
    """A repository with just enough in it to be pulled, and something that is not wanted."""
    return {
        "config.json": b"{}",
        "tokenizer.json": b'{"a": 1}',
        "model.safetensors": weights,
        "README.md": b"# A model",
        "pytorch_model.bin": b"not wanted" * 10_000,
        "onnx/model.onnx": b"not wanted",
        "1_Pooling/config.json": b'{"pooling_mode_cls_token": true}',
    }


@pytest.fixture
def hub():
    hub = Hub()
    yield hub
    hub.close()


class Puller:
    def __init__(self, home, hub):
        self.home, self.hub = home, hub
        self.store = home / "models"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("EMBED_", "HF_", "XDG_")) and not name.lower().endswith("_proxy")
        } | {"EMBED_HOME": str(home), "HOME": str(home), "HF_ENDPOINT": hub.endpoint}

    def start(self, *arguments, **environment):
        return subprocess.Popen(
            [binary(), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=self.environment | environment,
        )

    def __call__(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        output, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def installed(self, name):
        root = self.store / name
        return {
            str(p.relative_to(root)): p.read_bytes()
            for p in root.rglob("*")
            if p.is_file() and p.name != ".manifest.json"
        }

    def is_empty(self, name="model"):
        return not (self.store / name).exists()


@pytest.fixture
def pull(tmp_path, hub):
    return Puller(tmp_path, hub)


def wanted(files):
    return {path: content for path, content in files.items() if "README" not in path and not path.endswith((".bin", ".onnx"))}


def test_pull_list_serve_remove(pull, hub):
    hub.add(NANO, fixture_files() | {"README.md": b"# nano", "modeling.py": b"import os"}, licence="cc-by-nc-4.0")
    result = pull("pull", "jina-embeddings-v5-text-nano", "--accept-license")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str(pull.store / "jina-embeddings-v5-text-nano")
    assert "licence: cc-by-nc-4.0" in result.stderr
    expected = {path: content for path, content in fixture_files().items() if path != "generation_config.json"}
    assert pull.installed("jina-embeddings-v5-text-nano") == expected
    manifest = json.loads((pull.store / "jina-embeddings-v5-text-nano" / ".manifest.json").read_text())
    assert {f["path"]: f["sha256"] for f in manifest["files"]} == {
        path: hashlib.sha256(content).hexdigest() for path, content in expected.items()
    }
    # Again: nothing is fetched.
    before = len(hub.sent("/resolve/"))
    result = pull("pull", NANO)
    assert result.returncode == 0 and "already" in result.stderr
    assert len(hub.sent("/resolve/")) == before

    result = pull("models")
    assert "jina-embeddings-v5-text-nano" in result.stdout and f"{NANO} at {COMMIT[:12]}" in result.stdout
    listed = json.loads(pull("models", "--json").stdout)
    assert (listed["repository"], listed["commit"], listed["complete"]) == (NANO, COMMIT, True)
    assert listed["bytes"] == sum(map(len, expected.values()))

    # The store's models are known by their names.
    result = pull("doctor", "--model", "jina-embeddings-v5-text-nano")
    assert result.returncode == 0, result.stderr
    serving = pull.start("serve", "--model", "jina-embeddings-v5-text-nano", "--port", "0")
    try:
        for line in serving.stderr:
            if '"message":"ready"' in line:
                break
        else:
            pytest.fail("not ready")
    finally:
        serving.terminate()
        serving.communicate(timeout=60)

    result = pull("remove", "jina-embeddings-v5-text-nano")
    assert result.returncode == 0
    assert list(pull.store.iterdir()) == []
    result = pull("remove", "jina-embeddings-v5-text-nano")
    assert result.returncode == 1 and "no such model" in result.stderr


def test_serve_says_how_to_get_a_model_of_the_store(pull):
    result = pull("serve", "--model", "jina-embeddings-v5-text-nano")
    assert result.returncode == 1
    assert "embed-server pull jina-embeddings-v5-text-nano" in result.stderr


def test_only_what_is_needed_is_fetched(pull, hub):
    files = small_files()
    hub.add("acme/model", files)
    assert pull("pull", "acme/model").returncode == 0
    assert pull.installed("model") == wanted(files)
    assert not hub.sent("README") and not hub.sent("onnx") and not hub.sent("pytorch")


def test_shards_are_fetched(pull, hub):
    files = small_files()
    del files["model.safetensors"]
    for name in ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]:
        files[name] = name.encode() * 1000
    files["model.safetensors.index.json"] = b"{}"
    hub.add("acme/model", files)
    assert pull("pull", "acme/model").returncode == 0
    assert pull.installed("model") == wanted(files)


def test_ranges_are_fetched_side_by_side_and_put_together(pull, hub):
    hub.add("acme/model", small_files(WEIGHTS))
    result = pull("pull", "acme/model")
    assert result.returncode == 0, result.stderr
    assert pull.installed("model")["model.safetensors"] == WEIGHTS
    ranges = sorted(r["range"] for r in hub.sent("model.safetensors"))
    assert ranges == ["bytes=0-33554431", "bytes=33554432-67108863", "bytes=67108864-69999999"]


def test_a_hub_has_to_be_named(pull):
    result = pull("pull", "acme/model", HF_ENDPOINT="")
    assert result.returncode == 1
    assert "HF_ENDPOINT" in result.stderr and "hub.endpoint" in result.stderr


@pytest.mark.parametrize("way", ["flag", "config", "environment"])
def test_the_hub_can_be_named_in_every_way(pull, hub, tmp_path, way):
    hub.add("acme/model", small_files())
    arguments, environment = [], {"HF_ENDPOINT": "http://127.0.0.1:1"}
    if way == "flag":
        arguments = ["--endpoint", hub.endpoint + "/"]
        environment["EMBED_HUB_ENDPOINT"] = "http://127.0.0.1:2"
    if way == "config":
        file = tmp_path / "config.json"
        file.write_text(json.dumps({"hub": {"endpoint": hub.endpoint}}))
        arguments = ["--config", str(file)]
    if way == "environment":
        environment["EMBED_HUB_ENDPOINT"] = hub.endpoint
    result = pull("pull", "acme/model", *arguments, **environment)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["model", "a/b/c", "../model", "acme/..", "acme/", "", "-a/b"])
def test_what_is_no_repository_is_refused(pull, hub, name):
    result = pull("pull", "--", name)
    assert result.returncode == 64
    assert "expected OWNER/NAME" in result.stderr
    assert hub.requests == []


@pytest.mark.parametrize("licence", ["cc-by-nc-4.0", None])
def test_a_licence_has_to_be_accepted(pull, hub, licence):
    hub.add("acme/model", small_files(), licence=licence)
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    assert (licence or "unknown") in result.stderr and "--accept-license" in result.stderr
    assert not hub.sent("/resolve/") and pull.is_empty()


def test_a_drop_in_mid_body_is_made_good(pull, hub):
    hub.add("acme/model", small_files(WEIGHTS))

    @only("model.safetensors", times=4)
    def drop(handler, path):
        Hub.content(handler, WEIGHTS, stop_after=5_000_000)

    hub.fail(drop)
    result = pull("pull", "acme/model")
    assert result.returncode == 0, result.stderr
    assert "trying again" in result.stderr
    assert pull.installed("model")["model.safetensors"] == WEIGHTS
    # What had arrived was not fetched again.
    assert sum(r["octets"] for r in hub.sent("model.safetensors")) < len(WEIGHTS) + 4 * 1_000_000


def test_a_hub_that_drops_everything_is_given_up(pull, hub):
    hub.add("acme/model", small_files())

    @only("model.safetensors")
    def drop(handler, path):
        handler.close_connection = True
        handler.connection.shutdown(2)

    hub.fail(drop)
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    assert "model.safetensors" in result.stderr and "goes on where it stopped" in result.stderr
    assert pull.is_empty()
    assert "incomplete" in pull("models").stdout
    hub.faults.clear()
    assert pull("pull", "acme/model").returncode == 0
    assert pull.installed("model") == wanted(small_files())


@pytest.mark.parametrize("status", [416, 200])
def test_a_hub_without_ranges_sends_the_file_in_one_piece(pull, hub, status):
    hub.add("acme/model", small_files(WEIGHTS))

    def no_ranges(handler, path):
        if "model.safetensors" not in path or "Range" not in handler.headers:
            return False
        if status == 416:
            Hub.json(handler, {"error": "no"}, 416, {"Content-Range": f"bytes */{len(WEIGHTS)}"})
        else:
            Hub.content(handler, WEIGHTS, ranges=False)
        return True

    hub.fail(no_ranges)
    result = pull("pull", "acme/model")
    assert result.returncode == 0, result.stderr
    assert "in one piece" in result.stderr
    assert pull.installed("model")["model.safetensors"] == WEIGHTS


@pytest.mark.parametrize("file, kind", [("model.safetensors", "SHA-256"), ("tokenizer.json", "git object id")])
def test_other_octets_than_listed_are_thrown_away(pull, hub, file, kind):
    files = small_files()
    hub.add("acme/model", files)

    @only(file)
    def corrupt(handler, path):
        Hub.content(handler, files[file][:-1] + b"!")

    hub.fail(corrupt)
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    content = files[file][:-1] + b"!"
    found = hashlib.sha256(content).hexdigest() if kind == "SHA-256" else git_blob(content)
    assert f"{file}: its {kind} is {found}" in result.stderr
    assert pull.is_empty()
    hub.faults.clear()
    assert pull("pull", "acme/model").returncode == 0
    assert pull.installed("model") == wanted(files)


def test_another_length_than_listed_is_refused(pull, hub):
    files = small_files()
    hub.add("acme/model", files)

    @only("model.safetensors")
    def longer(handler, path):
        Hub.content(handler, files["model.safetensors"] + b"more", ranges=False)

    hub.fail(longer)
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    assert "100000" in result.stderr and "100004" in result.stderr
    assert pull.is_empty()


@pytest.mark.parametrize("part", ["/api/", "model.safetensors"])
def test_a_busy_hub_is_waited_for(pull, hub, part):
    hub.add("acme/model", small_files())

    @only(part, times=2)
    def busy(handler, path):
        Hub.json(handler, {"error": "slow down"}, 429, {"Retry-After": "1"})

    hub.fail(busy)
    result = pull("pull", "acme/model")
    assert result.returncode == 0, result.stderr
    assert "429; trying again in 1.0 seconds" in result.stderr
    assert pull.installed("model") == wanted(small_files())


def test_a_hub_that_is_busy_for_hours_is_not_waited_for(pull, hub):
    hub.add("acme/model", small_files())
    hub.fail(only("model.safetensors")(lambda handler, path: Hub.json(handler, {}, 429, {"Retry-After": "7200"})))
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    assert "wait 7200 s" in result.stderr


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("part", ["/api/", "/resolve/"])
def test_a_gated_model_is_explained(pull, hub, status, part):
    hub.add("acme/model", small_files())
    fields = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to model acme/model is restricted"}
    hub.fail(only(part)(lambda handler, path: Hub.json(handler, {}, status, fields)))
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    assert f"refuses acme/model with {status}" in result.stderr
    assert "is restricted" in result.stderr and "HF_TOKEN" in result.stderr
    assert pull.is_empty()


def test_an_unknown_revision_is_named(pull, hub):
    hub.add("acme/model", small_files())
    result = pull("pull", "acme/model", "--revision", "v2")
    assert result.returncode == 1
    assert "no acme/model at revision v2 (RevisionNotFound)" in result.stderr
    assert pull("pull", "acme/model", "--revision", "v1").returncode == 0


def test_a_redirect_to_another_host_gets_no_token(pull, hub):
    """Large files come from a content network: another host, which must not see the token."""
    hub.add("acme/model", small_files())
    other = Hub(host="127.0.0.2")
    other.add("acme/model", small_files())
    hub.redirect_to = other.endpoint
    try:
        result = pull("pull", "acme/model", HF_TOKEN="hf_secret")
    finally:
        other.close()
    assert result.returncode == 0, result.stderr
    assert [r["path"] for r in other.requests] == [f"/acme/model/resolve/{COMMIT}/model.safetensors"]
    assert all(r["fields"].get("Authorization") == "Bearer hf_secret" for r in hub.requests)
    assert "Authorization" not in other.requests[0]["fields"]
    assert "hf_secret" not in json.dumps([r["fields"] for r in other.requests]) + result.stderr
    assert pull.installed("model") == wanted(small_files())


def test_a_redirect_to_another_port_gets_no_token(pull, hub):
    hub.add("acme/model", small_files())
    other = Hub()
    other.add("acme/model", small_files())
    hub.redirect_to = other.endpoint
    try:
        assert pull("pull", "acme/model", HF_TOKEN="hf_secret").returncode == 0
    finally:
        other.close()
    assert other.requests and "Authorization" not in other.requests[0]["fields"]


def test_a_proxy_is_used(pull, hub):
    """http_proxy and no_proxy: the hub's name does not resolve, the proxy knows it."""
    hub.add("acme/model", small_files())

    def strip(handler, path):
        handler.path = handler.path.removeprefix("http://hub.invalid")
        return False

    hub.fail(strip)
    result = pull("pull", "acme/model", HF_ENDPOINT="http://hub.invalid", http_proxy=hub.endpoint)
    assert result.returncode == 0, result.stderr
    result = pull("pull", "acme/model", HF_ENDPOINT=hub.endpoint, http_proxy="http://127.0.0.1:1", no_proxy="127.0.0.1")
    assert result.returncode == 0, result.stderr


def test_a_killed_pull_goes_on_where_it_stopped(pull, hub):
    hub.add("acme/model", small_files(WEIGHTS))

    @only("model.safetensors")
    def slow(handler, path):
        Hub.content(handler, WEIGHTS, rate=15_000_000)

    hub.fail(slow)
    process = pull.start("pull", "acme/model")
    deadline = time.monotonic() + 60
    while sum(r["octets"] for r in hub.sent("model.safetensors")) < 30_000_000:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    hub.faults.clear()
    assert pull.is_empty()
    time.sleep(0.5)
    first = sum(r["octets"] for r in hub.sent("model.safetensors"))
    assert 30_000_000 <= first < len(WEIGHTS)
    hub.requests.clear()
    result = pull("pull", "acme/model")
    assert result.returncode == 0, result.stderr
    assert "going on after" in result.stderr
    assert pull.installed("model")["model.safetensors"] == WEIGHTS
    # What was in flight when the process died is fetched again, nothing else is.
    second = sum(r["octets"] for r in hub.sent("model.safetensors"))
    assert len(WEIGHTS) - first <= second <= len(WEIGHTS) - first + 3 * 6_000_000


def test_a_model_that_is_too_large_for_the_disk_is_refused_before_it_is_fetched(pull, hub):
    hub.add("acme/model", small_files(), model_safetensors={"size": 10**15})
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    assert f"{pull.store}: 1.0 PB are needed" in result.stderr
    assert not hub.sent("/resolve/")


def test_a_full_disk_is_named_and_the_rest_is_fetched_later(pull, hub, tmp_path):
    """A small volume of its own, which something else fills while the model arrives."""
    volume = tmp_path / "volume"
    volume.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", volume]).returncode:
        pytest.skip("needs the right to mount a small volume")
    try:
        hub.add("acme/model", small_files(WEIGHTS))
        ballast = volume / "ballast"

        @only("model.safetensors", times=1)
        def fill(handler, path):
            with ballast.open("wb") as file:
                try:
                    while True:
                        file.write(bytes(1 << 20))
                except OSError:
                    pass
            Hub.content(handler, WEIGHTS)

        hub.fail(fill)
        result = pull("pull", "acme/model", "--connections", "1", EMBED_HOME=str(volume))
        assert result.returncode == 1
        assert "No space left on device" in result.stderr
        ballast.unlink()
        result = pull("pull", "acme/model", EMBED_HOME=str(volume))
        assert result.returncode == 0, result.stderr
        assert (volume / "models" / "model" / "model.safetensors").read_bytes() == WEIGHTS
    finally:
        subprocess.run(["umount", volume], check=True)


def fill_cache(root, files, revision="main", damage=()):
    """Lays files out as Hugging Face's tools do."""
    repository = root / "models--acme--model"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / revision).write_text(COMMIT)
    (repository / "blobs").mkdir()
    for path, content in files.items():
        digest = hashlib.sha256(content).hexdigest() if len(content) >= 4096 else git_blob(content)
        (repository / "blobs" / digest).write_bytes(content[::-1] if path in damage else content)
        link = repository / "snapshots" / COMMIT / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path("../" * (2 + path.count("/"))) / "blobs" / digest)


def test_the_cache_of_the_hubs_tools_is_used(pull, hub, tmp_path):
    files = small_files()
    hub.add("acme/model", files)
    fill_cache(tmp_path / "cache", {k: v for k, v in files.items() if k != "tokenizer.json"}, damage=["config.json"])
    result = pull("pull", "acme/model", HF_HUB_CACHE=str(tmp_path / "cache"))
    assert result.returncode == 0, result.stderr
    assert sorted(r["path"].rsplit("/", 1)[1] for r in hub.sent("/resolve/")) == ["config.json", "tokenizer.json"]
    assert pull.installed("model") == wanted(files)


def test_without_the_network_only_the_cache_is_used(pull, hub, tmp_path):
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    result = pull("pull", "acme/model", **environment)
    assert result.returncode == 1
    assert "HF_HUB_OFFLINE is set" in result.stderr and "no acme/model at revision main" in result.stderr
    files = small_files() | {"README.md": b"---\nlicense: mit\n---\n# A model\n"}
    fill_cache(tmp_path / "hf" / "hub", files)
    result = pull("pull", "acme/model", **environment)
    assert result.returncode == 0, result.stderr
    assert "licence: mit" in result.stderr
    assert pull.installed("model") == wanted(files)
    assert hub.requests == []


def test_a_new_commit_replaces_the_model(pull, hub):
    hub.add("acme/model", small_files())
    assert pull("pull", "acme/model").returncode == 0
    newer = small_files(b"v" * 100_000) | {"tokenizer_config.json": b"{}"}
    del newer["1_Pooling/config.json"]
    hub.add("acme/model", newer, commit="f" * 40)
    hub.requests.clear()
    assert pull("pull", "acme/model").returncode == 0
    assert pull.installed("model") == wanted(newer)
    assert [p.name for p in pull.store.iterdir()] == ["model"]


def test_a_model_of_another_repository_is_not_replaced(pull, hub):
    hub.add("acme/model", small_files())
    hub.add("other/model", small_files(b"o" * 100_000))
    assert pull("pull", "acme/model").returncode == 0
    result = pull("pull", "other/model")
    assert result.returncode == 1 and "--name" in result.stderr
    assert pull.installed("model") == wanted(small_files())
    assert pull("pull", "other/model", "--name", "theirs").returncode == 0
    assert pull.installed("theirs")["model.safetensors"] == b"o" * 100_000


def test_paths_that_lead_out_are_refused(pull, hub):
    hub.add("acme/model", small_files(), config_json={"path": "adapters/../../../config.json"})
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    assert "leads out of the repository" in result.stderr


def test_a_repository_without_weights_is_refused(pull, hub):
    files = small_files()
    del files["model.safetensors"]
    hub.add("acme/model", files)
    result = pull("pull", "acme/model")
    assert result.returncode == 1
    assert "acme/model: has no model.safetensors" in result.stderr


def test_two_pulls_of_a_model_do_not_meet(pull, hub):
    hub.add("acme/model", small_files())

    @only("model.safetensors")
    def slow(handler, path):
        Hub.content(handler, small_files()["model.safetensors"], rate=30_000)

    hub.fail(slow)
    first = pull.start("pull", "acme/model")
    deadline = time.monotonic() + 60
    while not hub.sent("model.safetensors"):
        assert time.monotonic() < deadline and first.poll() is None
        time.sleep(0.01)
    second = pull("pull", "acme/model")
    assert second.returncode == 1 and "another process" in second.stderr
    removal = pull("remove", "model")
    assert removal.returncode == 1 and "another process" in removal.stderr
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert pull.installed("model") == wanted(small_files())
