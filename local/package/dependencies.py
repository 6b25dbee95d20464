"""Whether the package can run where only its `requirements.txt` is installed."""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from local.errors import LocalError

_OWN = frozenset({"shared", "function_app"})
# Brought by Azure's Python worker itself.
_BY_THE_WORKER = frozenset({"azure-functions-runtime"})


def check_dependencies(app: Path, paths: Sequence[str]) -> None:
    """Raise LocalError if the files import what `requirements.txt` does not bring, or it names a development tool.

    Also if a file is not Python, or what `requirements.txt` names is not installed here.
    """
    brought = _closure(_named_in(app / "requirements.txt")) | _BY_THE_WORKER
    places = _distributions_by_place()
    problems = [
        f"{path} imports {module}, which requirements.txt does not bring"
        for path in paths
        if path.endswith(".py")
        for module in _imported(app / path)
        if not _is_there(module, brought, places)
    ]
    tools = _named_in(app / "requirements-dev.txt") & _named_in(app / "requirements.txt")
    problems += [f"requirements.txt names {tool}, which is for development" for tool in sorted(tools)]
    if problems:
        raise LocalError("the package cannot be deployed:\n" + "\n".join(f"  {each}" for each in problems))


def _named_in(requirements: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in requirements.read_text().splitlines())
    return {_canonical(Requirement(line).name) for line in lines if line and not line.startswith("-")}


def _closure(names: set[str]) -> set[str]:
    """Return the distributions and all that they require, as installed here."""
    found: set[str] = set()
    open_ones = set(names)
    while open_ones:
        name = open_ones.pop()
        found.add(name)
        requirements = [Requirement(line) for line in _installed(name).requires or ()]
        needed = {_canonical(each.name) for each in requirements if each.marker is None or each.marker.evaluate()}
        open_ones |= needed - found
    return found


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise LocalError(f"requirements.txt brings {name}, which is not installed here; run `make setup`") from None


@cache
def _distributions_by_place() -> dict[str, str]:
    return {
        str(file.locate().resolve()): _canonical(each.metadata["Name"])  # type: ignore[attr-defined]
        for each in distributions()
        for file in each.files or ()
        if file.suffix == ".py"
    }


def _imported(source: Path) -> Iterator[str]:
    try:
        tree = ast.parse(source.read_text())
    except (SyntaxError, ValueError) as error:
        raise LocalError(f"{source} is not Python: {error}") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _is_there(module: str, brought: set[str], places: dict[str, str]) -> bool:
    top = module.partition(".")[0]
    if top in _OWN or top in sys.stdlib_module_names:
        return True
    spec = find_spec(module)
    return spec is not None and spec.origin is not None and places.get(str(Path(spec.origin).resolve())) in brought


def _canonical(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
