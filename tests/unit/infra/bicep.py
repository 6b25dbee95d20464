"""Reads Bicep with pycep's grammar: what a template declares, what it refers to, what it hands to its modules.

No compiler of Bicep can be had without a download, and pycep checks syntax only. References come from the syntax tree,
since pycep's result does not tell a name from a text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lark import Token, Tree
from pycep import BicepParser

from local.app_settings import ROOT

INFRA = ROOT / "infra"
TEMPLATES = (INFRA / "main.bicep", INFRA / "events.bicep", *sorted((INFRA / "modules").glob("*.bicep")))

_INTERPOLATED = re.compile(r"\$\{([^}]*)\}")
_OUTPUT = re.compile(r"\b(\w+)!?\.outputs\.(\w+)")

Node = Tree[Token] | Token | None


@cache
def parser() -> BicepParser:
    return BicepParser()


@dataclass(frozen=True, slots=True)
class Module:
    """A module as a template uses it: its file, and the parameters that it is given."""

    symbol: str
    path: Path
    given: frozenset[str]


@dataclass(frozen=True)
class Template:
    """A Bicep file; `content` is pycep's result."""

    path: Path
    text: str
    content: dict[str, Any]
    tree: Tree[Token]

    def section(self, name: str) -> dict[str, Any]:
        """Return what the file declares of a kind, like `parameters`, by name."""
        found: dict[str, Any] = self.content.get(name, {})
        return found

    @property
    def declared(self) -> frozenset[str]:
        """All names that an expression of the file may use."""
        names = {*(name for kind in ("parameters", "variables", "resources", "modules") for name in self.section(kind))}
        return frozenset(names | {str(name) for name in _loop_names(self.tree)})

    @property
    def references(self) -> frozenset[str]:
        """All names that the file's expressions use."""
        return frozenset(_references(self.tree))

    @property
    def required(self) -> frozenset[str]:
        """The parameters without a default; pycep has None for it."""
        return frozenset(name for name, one in self.section("parameters").items() if one["default"] is None)

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules that the file uses."""
        return tuple(
            Module(
                symbol,
                (self.path.parent / module["detail"]["path"]).resolve(),
                frozenset(body(module["config"])["params"]),
            )
            for symbol, module in self.section("modules").items()
        )

    @property
    def used_outputs(self) -> frozenset[tuple[str, str]]:
        """The outputs that the file reads: a module's symbol, and the output's name."""
        return frozenset(_OUTPUT.findall(self.text))


@cache
def read(path: Path) -> Template:
    """Return the template; raise lark's UnexpectedInput if it is no Bicep."""
    text = path.read_text()
    content: Any = parser().parse(text=text)
    return Template(path, text, content, parser().lark_parser.parse(text))


def body(config: dict[str, Any]) -> dict[str, Any]:
    """Return what is declared, without the loop or condition around it."""
    while "config" in config:
        config = config["config"]
    return config


def _loop_names(tree: Tree[Token]) -> Iterator[Token]:
    for loop in tree.find_data("loop_array"):
        yield from _tokens(loop, 1)
    for loop in tree.find_data("loop_array_index"):
        yield from _tokens(loop, 2)


def _tokens(tree: Tree[Token], count: int) -> Iterator[Token]:
    return (child for child in tree.children[:count] if isinstance(child, Token))


def _references(node: Node, *, after_dot: bool = False) -> Iterator[str]:
    """Return the names in an expression; the first thing `after_dot` is a property."""
    if isinstance(node, Token):
        yield from _interpolated(node)
    elif node is not None and node.data == "string" and isinstance(node.children[0], Token):
        if node.children[0].type == "STRING" and not after_dot:
            yield str(node.children[0])
        yield from _interpolated(node.children[0])
    elif node is not None:
        accessor = node.data == "property_accessor"
        for number, child in enumerate(node.children):
            yield from _references(child, after_dot=accessor if number else after_dot)


def _interpolated(token: Token) -> Iterator[str]:
    """Return the names in the `${...}` of a text."""
    if token.startswith("'"):
        for expression in _INTERPOLATED.findall(token):
            yield from _references(parser().lark_parser.parse(f"var x = {expression}\n"))
