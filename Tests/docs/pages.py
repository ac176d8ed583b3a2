"""The pages of the documentation, and what is in them: blocks of code, headings, links, names in code style."""

import re
from dataclasses import dataclass

from embed_server import ROOT

PAGES = sorted(
    str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its first line of code."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.page}:{self.line}"


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page):
    source = text(page)
    return [
        Block(page, source.count("\n", 0, match.start()) + 2, match[1], match[2]) for match in FENCE.finditer(source)
    ]


def prose(page):
    """A page without its blocks."""
    return FENCE.sub("", text(page))


def code(page):
    """What is set in code style outside of blocks."""
    return [span.replace("\\|", "|") for span in re.findall(r"`([^`\n]+)`", prose(page))]


def links(page):
    """Targets of links and images."""
    return re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(page)))


def anchors(page):
    """The fragments that headings are reached by, made as GitHub does."""
    found = []
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return found
