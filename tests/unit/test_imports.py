"""The imports point one way, in no circles, and a public name has one meaning."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from local.app_settings import ROOT

# Each room may import those of the lines above its own, and itself. `route` is a value that all of them may know.
ROOMS = (
    {"errors", "exact_json", "setting_values", "visible"},
    {"adf", "telemetry", "webhooks"},
    {"fabric"},
    {"misconfigured", "rest", "storage"},
    {"folder"},
    {"arm"},
    {"targets", "airflow"},
    {"sync"},
    {"triggers", "notification", "routes_blob", "route_settings"},
    {"settings"},
    {"api"},
    {"app"},
    {"functions"},
)
RANKS = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}
ABOVE_ALL = len(ROOMS)

Imports = dict[str, set[str]]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def modules(*folders: str) -> dict[str, Path]:
    return {module_name(path): path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))}


SHARED = modules("shared")
FUNCTION_APP = {"function_app": ROOT / "function_app.py"}


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports anywhere, also inside of functions and for types only."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in SHARED else str(node.module) for name in names)


def imports_of(paths: Mapping[str, Path]) -> Imports:
    return {name: set(imported(path)) for name, path in paths.items()}


def room(module: str) -> str:
    return module.split(".")[1] if module.startswith("shared.") else module


def wrong_arrows(imports: Imports) -> list[tuple[str, str]]:
    return [
        (module, other)
        for module, others in imports.items()
        for other in others
        if other.startswith("shared.") and room(other) not in {room(module), "route"}
        if RANKS[room(other)] >= RANKS.get(room(module), ABOVE_ALL)
    ]


def circle_in(imports: Imports) -> list[str]:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def public_names(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_every_room_has_its_place() -> None:
    assert {room(module) for module in SHARED if module != "shared"} - {"route"} <= RANKS.keys()


def test_the_rooms_import_one_way() -> None:
    # What `route` is made of lies below it; that it closes no circle is for the next test.
    known = {module: others for module, others in imports_of(SHARED).items() if room(module) != "route"}
    assert wrong_arrows(known | imports_of(FUNCTION_APP)) == []


def test_no_modules_import_each_other_in_a_circle_not_even_for_types() -> None:
    assert circle_in(imports_of(SHARED | FUNCTION_APP)) == []


def test_the_app_knows_nothing_of_the_local_stack_and_of_the_command() -> None:
    others = {name for found in imports_of(SHARED | FUNCTION_APP).values() for name in found}
    assert [name for name in others if name.split(".")[0] in {"local", "cli", "tests", "benchmarks"}] == []


def test_the_command_knows_only_what_data_factory_and_fabric_take() -> None:
    for module, others in imports_of(modules("cli")).items():
        rooms = {room(name) for name in others if name.split(".")[0] == "shared"}
        assert rooms <= {"adf", "fabric"}, module


def test_a_public_name_is_defined_once() -> None:
    defined = defaultdict(list)
    for module, path in SHARED.items():
        for name in set(public_names(path)) - {"log"}:
            if not name.startswith("_"):
                defined[name].append(module)
    assert {name: places for name, places in defined.items() if len(places) > 1} == {}


@pytest.mark.parametrize(
    ("module", "other"),
    [
        ("shared.adf.spec", "shared.rest.call"),
        ("shared.rest.call", "shared.arm.clouds"),
        ("shared.api.health", "shared.app"),
    ],
)
def test_an_import_against_the_arrows_is_found(module: str, other: str) -> None:
    assert wrong_arrows({module: {other}}) == [(module, other)]


def test_a_circle_is_found() -> None:
    assert set(circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}
