"""What the documentation names is there: pages, anchors, settings, metrics, files and make targets."""

import json
import os
import re
import urllib.request

import pytest

from embed_server import ROOT, run
from pages import PAGES, anchors, blocks, code, links, text

SETTINGS = json.loads((ROOT / "config.json").read_text(encoding="utf-8"))
SOURCES = [ROOT / name for name in ("Sources", "Tests", "scripts", "Fuzz", "Examples", "Benchmarks", "Makefile")]


def keys(value, path=""):
    """The dotted names of all settings."""
    if not isinstance(value, dict):
        return {path}
    return set().union(*(keys(member, f"{path}.{name}".lstrip(".")) for name, member in value.items()))


@pytest.mark.parametrize("page", PAGES)
def test_links(page):
    for link in links(page):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert (ROOT / target).exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}: {anchors(target)}"


def test_readme_links_every_page():
    assert {page for page in PAGES if page != "README.md"} <= {link.partition("#")[0] for link in links("README.md")}


def test_every_setting_is_documented():
    rows = re.findall(r"^\| `([a-zA-Z.]+)` \| `(EMBED_\w+)` \|", text("docs/configuration.md"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(keys(SETTINGS))
    for name, variable in rows:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace(".", "_").upper()
        assert variable == f"EMBED_{words}"


# A chart's values have names of their own.
@pytest.mark.parametrize("page", [page for page in PAGES if page != "docs/kubernetes.md"])
def test_settings(page):
    known = keys(SETTINGS) | set(SETTINGS)
    sections = "|".join(SETTINGS)
    for name in code(page):
        if re.fullmatch(rf"({sections})(\.[a-zA-Z]+)+", name) and not re.fullmatch(r".*\.(json|jsonl)", name):
            assert name in known or any(key.startswith(f"{name}.") for key in known), f"{page}: {name}"


@pytest.fixture(scope="module")
def everything():
    """All of the repository but its documentation, to look for names in."""
    files = [file for source in SOURCES for file in ([source] if source.is_file() else source.rglob("*"))]
    return "\n".join(
        file.read_text(encoding="utf-8", errors="replace")
        for file in files
        if file.is_file() and file.suffix not in (".safetensors", ".jsonl", ".npy") and file.stat().st_size < 1_000_000
    )


@pytest.mark.parametrize("page", PAGES)
def test_variables(page, everything):
    settings = {f"EMBED_{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', key).replace('.', '_').upper()}" for key in keys(SETTINGS)}
    for name in set(re.findall(r"\bEMBED_[A-Z_]*[A-Z]\b", text(page))):
        assert name in settings or name in everything, f"{page}: {name}"


@pytest.mark.parametrize("page", PAGES)
def test_files(page):
    folders = [entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    for name in code(page):
        path = name.split(" ")[0]
        if re.fullmatch(rf"({'|'.join(folders)})/[\w./-]+", path):
            assert (ROOT / path).exists(), f"{page}: {name}"


@pytest.mark.parametrize("page", PAGES)
def test_make_targets(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for span in [*code(page), *(line for block in blocks(page) for line in block.text.split("\n"))]:
        if match := re.match(r"make ([a-z-]+)", span):
            assert match[1] in targets, f"{page}: {span}"


# Elsewhere there are functions and routes whose names begin so.
MEASURED = {"docs/operations.md", "docs/runbook.md", "docs/sizing.md", "docs/security.md", "docs/kubernetes.md"}


def test_metrics(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        served = set(re.findall(r"^# TYPE (\w+)", answer.read().decode(), re.MULTILINE))
    documented = set()
    for cell in re.findall(r"^\| (`(?:embed|process)_[^|]*) \|", text("docs/operations.md"), re.MULTILINE):
        first, *others = re.findall(r"`(\w+)`", cell)
        # `embed_http_connections`, `_connections_total`: the second stands for `embed_http_connections_total`.
        ends = [other if other[0] != "_" else re.match("embed_[a-z]+", first)[0] + other for other in others]
        documented |= {first, *ends}
    assert documented == served
    for page in MEASURED & set(PAGES):
        # The rule of the chart's prometheus-adapter makes one more.
        for name in set(re.findall(r"\b(?:embed|process)_[a-z_]+\b", text(page))) - {"embed_interactive_wait_seconds"}:
            assert name in served or re.sub("_(bucket|sum|count)$", "", name) in served, f"{page}: {name}"


def test_dependencies():
    """Every package that is pinned, linked against or installed is in dependencies.md."""
    folders = [ROOT / name for name in ("Tests", "Examples", "Benchmarks")]
    python = "\n".join(file.read_text() for folder in folders for file in folder.rglob("requirements*.txt"))
    scripts = [ROOT / "Makefile", *(ROOT / "scripts").iterdir(), *(ROOT / "Tests").glob("**/run")]
    shell = "\n".join(file.read_text() for file in scripts if file.is_file())
    installed = re.findall(r'(?:install-packages"?|^PACKAGES :=) ([a-z][a-z0-9 .+-]+)$', shell, re.MULTILINE)
    pinned = set(re.findall(r"^([\w-]+)(?:\[\w+\])?==", python, re.MULTILINE))
    swift = set(re.findall(r'\.package\(url: "[^"]*/([\w-]+)"', (ROOT / "Package.swift").read_text()))
    debian = set(" ".join(installed).split())
    named = set(re.findall(r"[\w.+-]+", text("docs/dependencies.md").lower()))
    missing = {name.lower() for name in pinned | swift | debian} - named
    assert not missing


def test_version():
    """The changelog begins with the version of the program."""
    version = re.search(r"^## \[?(\d+\.\d+\.\d+)", text("CHANGELOG.md"), re.MULTILINE)[1]
    assert run("--version").stdout.strip() == version
