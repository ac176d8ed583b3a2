"""Every command of the documentation is run: here, by following the pages, or by what `commands.toml` names."""

import json
import re
import tomllib

import pytest
import yaml

from embed_server import MODEL, ROOT
from hub import Hub
from pages import PAGES, Block, blocks
from reader import JINA, Failure, Reader

LISTED = tomllib.loads((ROOT / "Tests" / "docs" / "commands.toml").read_text(encoding="utf-8"))
ELSEWHERE = [
    (entry["page"], line, entry["by"], entry["why"]) for entry in LISTED["elsewhere"] for line in entry["lines"]
]
RUN = {"sh", "python"}
# Languages without commands. Everything else is run or listed.
DATA = {"", "json", "yaml"}


def commands(block):
    """The lines of a block; what a backslash continues, and all of a block that is no shell's, counts as one."""
    return re.split(r"(?<!\\)\n", block.text.rstrip("\n")) if block.language == "sh" else [block.text]


def is_elsewhere(block, command):
    lines = [line.strip() for line in command.split("\n")]
    if block.language == "sh":
        lines = lines[:1]
    starts = tuple(start for page, start, _, _ in ELSEWHERE if page == block.page)
    return any(line.startswith(starts) for line in lines)


def left_to_run(block):
    return "\n".join(command for command in commands(block) if not is_elsewhere(block, command))


def is_empty(text):
    return not re.sub(r"^\s*(#.*)?$", "", text, flags=re.MULTILINE).strip()


@pytest.fixture(scope="module")
def hub():
    """A model hub with tiny checkpoints under Jina's names."""
    hub = Hub()
    for name, folder in JINA.items():
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        hub.add(f"jinaai/{name}", files, licence="cc-by-nc-4.0")
    yield hub
    hub.close()


@pytest.mark.parametrize("page", [page for page in PAGES if any(block.language in RUN for block in blocks(page))])
def test_follow(page, hub, tmp_path):
    todo = [(block, left_to_run(block)) for block in blocks(page) if block.language in RUN]
    todo = [(block, text) for block, text in todo if not is_empty(text)]
    if not todo:
        return
    heavy = re.compile(r"^(make|docker|\S*pip|\S*install-packages) ", re.MULTILINE)
    builds = [str(block) for block, text in todo if heavy.search(text)]
    assert not builds, "builds and installs do not belong here: list them in commands.toml"
    models = " ".join(f"--model {name}=/models/{name}" for name in LISTED["models"].get(page, [MODEL]))
    reader = Reader(tmp_path, hub, LISTED["replace"], f"embed-server serve {models}")
    failures = []
    try:
        for file in LISTED["file"]:
            if file["page"] == page:
                content = file["text"] if "text" in file else (ROOT / file["copy_of"]).read_text(encoding="utf-8")
                reader.write(file["name"], content)
        if page in LISTED["python"]:
            reader.run_python(Block("Tests/docs/commands.toml", 1, "python", LISTED["python"][page]))
        for block, text in todo:
            try:
                if block.language == "python":
                    reader.run_python(block)
                else:
                    reader.shell(text)
            except Failure as failure:
                failures.append(f"{block}: {failure}")
    finally:
        reader.close()
    assert not failures, "\n\n".join(failures)


@pytest.mark.parametrize("page", PAGES)
def test_no_block_is_left_out(page):
    for block in blocks(page):
        if block.language in DATA:
            assert not re.search(r"^(\$|curl|docker|embed-server|make|pip|python3?) ", block.text, re.MULTILINE), block
        elif block.language not in RUN:
            assert is_elsewhere(block, block.text), f"{block} is neither run nor in commands.toml"
        if block.language == "json" and "…" not in block.text:
            json.loads(block.text)
        if block.language == "yaml" and "…" not in block.text:
            yaml.safe_load(block.text)


@pytest.mark.parametrize("page, line, by, why", ELSEWHERE)
def test_commands_toml_is_true(page, line, by, why):
    assert any(
        is_elsewhere(block, command) and any(part.strip().startswith(line) for part in command.split("\n"))
        for block in blocks(page)
        for command in commands(block)
    ), "no such command"
    if by.startswith("make "):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{by.removeprefix('make ')}:", makefile, re.MULTILINE), f"{by} is not there"
    else:
        assert (ROOT / by).exists(), f"{by} is not there"
    assert why
