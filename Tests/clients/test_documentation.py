"""docs/clients.md names the libraries that are tested, in the versions that are."""

import re

import pytest

from embed_server import ROOT

# What tests need besides the libraries they are about.
TOOLS = {"axe-playwright-python", "numpy", "pillow", "playwright", "pyarrow", "pytest", "pyyaml", "tiktoken", "torch"}
FILES = ["requirements.txt", "matrix/requirements.txt", "matrix/requirements-mteb.txt"]
PINS = {
    tuple(line.split("=="))
    for file in FILES
    for line in (ROOT / "Tests" / "clients" / file).read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
}


@pytest.mark.parametrize("library, version", sorted(pin for pin in PINS if pin[0] not in TOOLS))
def test_versions(library, version):
    text = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| \[{re.escape(library)}\]\(.*$", text, re.MULTILINE)
    assert row.split(" | ")[1] == version
