"""`bundle` and `unbundle`: models for machines without a network, and a start on such a machine."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile

import pytest

from embed_server import ROOT, binary

FIXTURE = ROOT / "Tests" / "Fixtures" / "jina" / "nano"
MODEL = "jina-embeddings-v5-text-nano"


def command(home, *arguments):
    return subprocess.run(
        [binary(), *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        env={"EMBED_HOME": str(home), "HOME": str(home)},
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle of a model that is in the store."""
    home = tmp_path_factory.mktemp("here")
    shutil.copytree(FIXTURE, home / "models" / MODEL)
    file = home / "model.tar"
    result = command(home, "bundle", MODEL, "--output", str(file))
    assert (result.returncode, result.stdout.strip()) == (0, str(file)), result.stderr
    return file


def files(root):
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file() and p.name[0] != "."}


def refused(home, file):
    """Unbundles what must not be installed; returns the message."""
    result = command(home, "unbundle", str(file))
    assert result.returncode == 1, result.stderr
    assert not (home / "models" / MODEL).exists()
    assert command(home, "models").stdout == ""
    return result.stderr


def test_a_bundle_is_the_model(bundle, tmp_path):
    result = command(tmp_path, "unbundle", str(bundle))
    assert (result.returncode, result.stdout.strip()) == (0, str(tmp_path / "models" / MODEL)), result.stderr
    assert files(tmp_path / "models" / MODEL) == files(FIXTURE)
    assert command(tmp_path, "doctor", "--model", MODEL).returncode == 0
    # Out of the store again, now with what was noted at the installation: the same octets.
    again = tmp_path / "again.tar"
    assert command(tmp_path, "bundle", MODEL, "--output", str(again)).returncode == 0
    assert again.read_bytes() == bundle.read_bytes()
    # And over the model that is there.
    assert command(tmp_path, "unbundle", str(bundle)).returncode == 0


def test_tar_can_look_inside(bundle, tmp_path):
    with tarfile.open(bundle) as archive:
        archive.extractall(tmp_path, filter="data")
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / MODEL, check=True)
    (tmp_path / MODEL / "SHA256SUMS").unlink()
    assert files(tmp_path / MODEL) == files(FIXTURE)


def test_what_changed_since_the_installation_is_not_bundled(bundle, tmp_path):
    assert command(tmp_path, "unbundle", str(bundle)).returncode == 0
    weights = tmp_path / "models" / MODEL / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    result = command(tmp_path, "bundle", MODEL, "--output", str(tmp_path / "x.tar"))
    assert result.returncode == 1 and "model.safetensors: has changed" in result.stderr
    assert not list(tmp_path.glob("x.tar*"))


def test_a_bundle_cut_off_anywhere_is_refused(bundle, tmp_path):
    content = bundle.read_bytes()
    file = tmp_path / "cut.tar"
    lengths = [0, 100, 511, 600, len(content) // 3, len(content) // 2, len(content) - 2000, len(content) - 1024]
    for length in lengths + [len(content) - 1]:
        file.write_bytes(content[:length])
        message = refused(tmp_path, file)
        assert "is cut off inside" in message or length < 512 and "is no bundle" in message, length


def test_a_bundle_with_one_octet_changed_is_refused(bundle, tmp_path):
    content = bytearray(bundle.read_bytes())
    with tarfile.open(bundle) as archive:
        members = archive.getmembers()
    file = tmp_path / "changed.tar"
    for member in members:
        content[member.offset_data + member.size // 2] ^= 1
        file.write_bytes(content)
        message = refused(tmp_path, file)
        content[member.offset_data + member.size // 2] ^= 1
        name = member.name.removeprefix(MODEL + "/")
        assert name in message or "manifest" in message, (name, message)
    assert "SHA-256" in message or "SHA256SUMS" in message


def forged(path, members, last=b""):
    """Writes an archive of (name, contents, type)."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = (len(content), kind) if kind == tarfile.REGTYPE else (0, kind)
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            archive.addfile(info, io.BytesIO(content))


def manifest(*paths):
    digest = hashlib.sha256(b"x").hexdigest()
    return json.dumps({"files": [{"path": path, "size": 1, "sha256": digest} for path in paths]}).encode()


@pytest.mark.parametrize(
    "members, message",
    [
        ([("m/.manifest.json", manifest("../../evil"), b"0")], "names a path outside"),
        ([("m/.manifest.json", manifest("/evil"), b"0")], "names a path outside"),
        ([("../.manifest.json", manifest("a"), b"0")], "does not lie in"),
        ([("m/.manifest.json", manifest("a"), b"0"), ("m/../../evil", b"x", b"0")], "does not lie in"),
        ([("m/.manifest.json", manifest("a"), b"0"), ("/evil", b"x", b"0")], "does not lie in"),
        ([("m/.manifest.json", manifest("a"), b"0"), ("m/a", b"", b"2")], "of no regular file"),
        ([("m/.manifest.json", manifest("a"), b"0"), ("m/b", b"x", b"0")], "the manifest has a here"),
        ([("m/a", b"x", b"0")], "is no bundle"),
        ([("m/.manifest.json", b"{", b"0")], "is no manifest"),
    ],
)
def test_forged_bundles_are_refused(tmp_path, members, message):
    home = tmp_path / "a" / "b" / "home"
    home.mkdir(parents=True)
    file = home / "forged.tar"
    forged(file, members)
    assert message in refused(home, file)
    assert not [p for p in tmp_path.rglob("*") if "evil" in p.name]
    assert [p.name for p in (home / "models").glob("*")] == []


INSIDE = r"""
import fcntl, json, re, socket, struct, subprocess, sys, urllib.request
names = [name for _, name in socket.if_nameindex()]
assert names == ["lo"], names
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS: IFF_UP
with socket.socket() as s:
    assert s.connect_ex(("192.0.2.1", 443)) != 0
server = subprocess.Popen(
    [sys.argv[1], "serve", "--model", sys.argv[2], "--port", "0"], stderr=subprocess.PIPE, encoding="utf-8")
try:
    port = None
    for line in server.stderr:
        found = re.search(r'http://127[.]0[.]0[.]1:(\d+)', line)
        port = found.group(1) if found else port
        if '"message":"ready"' in line:
            break
    body = json.dumps({"input": "no network", "task": "clustering"}).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answer = json.load(opener.open(f"http://127.0.0.1:{port}/v1/embeddings", body, timeout=60))
    print(len(answer["data"][0]["embedding"]))
finally:
    server.terminate()
    server.communicate(timeout=60)
"""


def test_a_machine_without_a_network_unbundles_and_serves(bundle, tmp_path):
    """In a network namespace of its own, where there is nothing but a loopback interface."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("network namespaces are not permitted here")
    environment = {"EMBED_HOME": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    inside = ["unshare", "-rn"]
    subprocess.run([*inside, binary(), "unbundle", str(bundle)], env=environment, check=True, timeout=120)
    result = subprocess.run(
        [*inside, sys.executable, "-c", INSIDE, binary(), MODEL],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 0
