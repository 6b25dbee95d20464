"""What the documents show is right: blocks parse, commands exist, links lead somewhere. Running is for tests/e2e."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from local.app_settings import ROOT
from tests.documented_commands import COMMANDS, is_elsewhere, is_long, is_make, runs_here
from tests.documents import DOCUMENTS, Block, Command, anchors, blocks, code_spans, links

LANGUAGES = {"", "console", "json", "python", "yaml", "mermaid", "http"}
BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]
SPANS = [(document, span) for document in DOCUMENTS for span in code_spans(document)]

# Paths of the repository between backticks; what has a placeholder or a star in it is none.
_PATH = re.compile(r"(?:\.github|benchmarks|cli|docs|infra|local|scripts|shared|tests)/[\w./-]+")
_TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
_COMMAND_WORDS = re.compile(
    r"^\s*(?:\$ )?(?:curl|make|dag-relay|python3?|az|azd|func|git|pipx?|npm|export) ", re.MULTILINE
)
_OURS = ("python -m local ", "dag-relay ")


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_says_its_language_and_commands_stand_in_console_blocks(block: Block) -> None:
    assert block.language in LANGUAGES
    assert block.language == "console" or not _COMMAND_WORDS.search(block.text)


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_parses(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_compiles(block: Block) -> None:
    compile(block.text, str(block), "exec")


def test_there_are_commands_of_every_kind() -> None:
    for kind in (is_elsewhere, is_make, is_long, runs_here):
        assert any(map(kind, COMMANDS))


@pytest.mark.parametrize("command", [c for c in COMMANDS if is_make(c)], ids=str)
def test_a_target_of_make_exists(command: Command) -> None:
    check_make(command.text)


def check_make(text: str) -> None:
    arguments = shlex.split(text, comments=True)
    subprocess.run([arguments[0], "-n", *arguments[1:]], cwd=ROOT, capture_output=True, check=True)


def test_a_target_of_make_that_is_mentioned_exists() -> None:
    mentioned = {span for _, span in SPANS if span.startswith("make ")}
    assert "make demo" in mentioned
    for text in sorted(mentioned):
        check_make(text)


@pytest.mark.parametrize("command", [c for c in COMMANDS if is_long(c)], ids=str)
def test_the_flags_of_a_long_command_exist(command: Command) -> None:
    check_flags(command.text)


@pytest.mark.parametrize("span", sorted({span for _, span in SPANS if span.startswith(_OURS)}))
def test_the_flags_of_a_command_that_is_mentioned_exist(span: str) -> None:
    check_flags(span)


def check_flags(text: str) -> None:
    program = re.match(r"python -m (?:local \w+|[\w.]+)|dag-relay [\w-]+", text)
    assert program
    name, *words = program[0].split()
    arguments = [str(Path(sys.executable).with_name(name)), *words, "--help"]
    told = subprocess.run(arguments, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    flags = {word for word in shlex.split(text, comments=True) if word.startswith("--")}
    assert flags <= set(re.findall(r"--[a-z-]+", told))


def exists(document: str, target: str) -> bool:
    """Whether a link leads to a file and, if it names one, to a heading."""
    path, _, anchor = target.partition("#")
    file = (ROOT / document).parent / path if path else ROOT / document
    if not file.exists():
        return False
    return not anchor or anchor in anchors(str(file.resolve().relative_to(ROOT.resolve())))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_within_the_repository_lead_somewhere(document: str) -> None:
    inner = [target for target in links(document) if not re.match(r"[a-z]+:", target)]
    assert [target for target in inner if not exists(document, target)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_and_tests_that_are_mentioned_exist(document: str) -> None:
    spans = code_spans(document)
    paths = [span for span in spans if _PATH.fullmatch(span)]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    named = [found.groups() for span in spans if (found := _TEST.fullmatch(span))]
    assert [(path, name) for path, name in named if f"def {name}(" not in (ROOT / path).read_text()] == []


def test_every_folder_of_the_app_is_in_the_map_of_the_code() -> None:
    folders = {f"shared/{path.parent.name}" for path in (ROOT / "shared").glob("*/__init__.py")}
    assert folders - set(code_spans("CONTRIBUTING.md")) == set()


def test_promises_of_the_model_that_are_named_exist() -> None:
    named = set(re.findall(r"`tests/model` \(`(\w+)`\)", (ROOT / "docs/contract.md").read_text()))
    model = "".join(path.read_text() for path in (ROOT / "tests/model").glob("*.py"))
    assert "nothing_is_lost" in named
    assert [name for name in named if f"def {name}(" not in model] == []


def test_every_document_can_be_found_from_the_index() -> None:
    listed = {target.partition("#")[0] for target in links("docs/README.md")}
    others = {document.removeprefix("docs/") for document in DOCUMENTS if document.startswith("docs/")}
    assert {other for other in others if "/" not in other} - {"README.md"} <= listed


def test_every_picture_is_shown_somewhere() -> None:
    shown = {target.rpartition("/")[2] for document in DOCUMENTS for target in links(document)}
    assert {image.name for image in (ROOT / "docs/images").iterdir()} <= shown


@pytest.mark.parametrize("image", sorted((ROOT / "docs/images").glob("*.svg")), ids=lambda image: image.name)
def test_a_drawing_tells_what_it_shows_and_reads_in_the_dark(image: Path) -> None:
    svg = image.read_text()
    names = {element.tag.rpartition("}")[2] for element in ET.fromstring(svg)}  # noqa: S314 - our own file
    assert names >= {"title", "desc"}
    assert "prefers-color-scheme: dark" in svg
