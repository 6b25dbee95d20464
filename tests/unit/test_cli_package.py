"""The wheel of the command `dag-relay`: what is in it, and that it needs nothing else."""

import ast
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement

from local.app_settings import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Without `site`, so that the editable install of the checkout is not on the path.
IMPORT_ALL = """
import importlib, pathlib, sys
wheel, site_packages = sys.argv[1:]
sys.path[:0] = [wheel]
sys.path.append(site_packages)
for path in sorted(pathlib.Path(wheel).rglob("*.py")):
    importlib.import_module(".".join(path.relative_to(wheel).with_suffix("").parts).removesuffix(".__init__"))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def imported(module: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(module.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def test_the_wheel_has_the_command_and_what_it_may_share_with_the_app(wheel: Path) -> None:
    folders = {path.parent.relative_to(wheel).as_posix() for path in wheel.rglob("*.py")}
    assert {"cli", "shared", "shared/adf"} <= folders <= {"cli", "shared", "shared/adf", "shared/fabric"}


def test_the_command_imports_nothing_of_the_app_but_adf_and_fabric() -> None:
    names = {name for module in (ROOT / "cli").glob("*.py") for name in imported(module)}
    assert "cli.deployment" in names
    of_ours = {name for name in names if name.partition(".")[0] in {"shared", "local", "function_app", "tests"}}
    assert {name for name in of_ours if not name.startswith(("shared.adf", "shared.fabric"))} == set()


def test_every_module_of_the_wheel_can_be_imported_from_it(wheel: Path) -> None:
    arguments = [str(wheel), sysconfig.get_path("purelib")]
    subprocess.run([sys.executable, "-S", "-c", IMPORT_ALL, *arguments], check=True, cwd=wheel)


def test_every_dependency_is_declared_and_fits_what_is_installed_here() -> None:
    declared = [Requirement(text) for text in PROJECT["dependencies"]]
    assert [each.name for each in declared if distribution(each.name).version not in each.specifier] == []
    tops = {name.partition(".")[0] for module in (ROOT / "cli").glob("*.py") for name in imported(module)}
    others = tops - sys.stdlib_module_names - {"cli", "shared"}
    assert others <= {each.name.partition("-")[0] for each in declared}
