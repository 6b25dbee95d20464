"""The documents as tests read them: their commands, their blocks of code, their links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from local.app_settings import ROOT

DOCUMENTS = tuple(
    str(path.relative_to(ROOT)) for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
)
_PROMPT = "$ "


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code; `line` is where its text begins, counted from one."""

    document: str
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """One command that a reader may copy, all its lines; `line` is that of its prompt."""

    document: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: str) -> list[Block]:
    """Return the fenced blocks of a document."""
    return [
        Block(document, token.info.strip(), token.content, (token.map or [0])[0] + 2)
        for token in _tokens(document)
        if token.type == "fence"
    ]


def commands(document: str) -> list[Command]:
    """Return the commands of a document's `console` blocks."""
    return [command for block in blocks(document) if block.language == "console" for command in _commands(block)]


def code_spans(document: str) -> list[str]:
    """Return what stands between single backticks."""
    return [token.content for token in _inline(document) if token.type == "code_inline"]


def links(document: str) -> list[str]:
    """Return the targets of a document's links and images."""
    targets = (token.attrGet("href") or token.attrGet("src") for token in _inline(document))
    return [str(target) for target in targets if target]


def anchors(document: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a document."""
    tokens = _tokens(document)
    return {_slug(title.content) for heading, title in pairwise(tokens) if heading.type == "heading_open"}


def _commands(block: Block) -> Iterator[Command]:
    """Read what follows a prompt, on as many lines as the shell would ask for; the rest is what a command prints."""
    lines = iter(enumerate(block.text.splitlines(), block.line))
    for number, line in lines:
        if not line.startswith(_PROMPT):
            continue
        text = line.removeprefix(_PROMPT)
        while _goes_on(text):
            text = f"{text}\n{next(lines)[1]}"
        yield Command(block.document, text, number)


def _goes_on(text: str) -> bool:
    if text.endswith("\\"):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _inline(document: str) -> list[Token]:
    return [child for token in _tokens(document) for child in token.children or ()]


@cache
def _tokens(document: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(Path(ROOT / document).read_text())
