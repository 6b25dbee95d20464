import shutil
import zipfile
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from local.app_settings import ROOT
from local.errors import LocalError
from local.package.archive import write_archive
from local.package.dependencies import check_dependencies
from local.package.funcignore import FuncIgnore, published


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """What is published, with the requirements beside it, in another folder."""
    folder = tmp_path / "app"
    for path in [*published(ROOT), ".funcignore", "requirements-dev.txt"]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    return folder


@pytest.mark.parametrize(
    ("pattern", "path", "accepted"),
    [
        ("docs", "docs/arm.md", False),
        ("docs", "docs-of-mine/arm.md", False),
        ("docs", "shared/docs/arm.md", True),
        ("/docs", "docs/arm.md", False),
        ("*.md", "README.md", False),
        ("*.md", "shared/README.md", True),
        ("**/__pycache__", "shared/adf/__pycache__/names.pyc", False),
        ("**/__pycache__", "__pycache__/function_app.pyc", True),
        ("package*.json", "package.json", True),
        ("package*.json", "package-lock.json", False),
        ("*.md\n!README.md", "README.md", True),
        ("# docs\n\n", "docs/arm.md", True),
        ("requirements-dev.txt", "requirements-dev_txt", True),
    ],
)
def test_patterns_are_read_as_core_tools_reads_them(pattern: str, path: str, *, accepted: bool) -> None:
    assert FuncIgnore(pattern).accepts(path) is accepted


def test_only_the_app_is_published() -> None:
    tops = {path.partition("/")[0] for path in published(ROOT)}
    assert tops == {"LICENSE", "function_app.py", "host.json", "requirements.txt", "shared"}


def test_what_pages_are_drawn_from_is_published() -> None:
    pages = ROOT / "shared/api/pages"
    assets = {path for suffix in ("html", "css", "js") for path in pages.rglob(f"*.{suffix}")}
    assert len(assets) == 7
    assert {path.relative_to(ROOT).as_posix() for path in assets} <= set(published(ROOT))


def test_core_tools_and_azd_publish_the_same_files() -> None:
    azd = GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    ours = set(published(ROOT))
    assert {
        path for path in azd.match_tree_files(ROOT, negate=True, follow_links=False) if not path.startswith(".git/")
    } == ours


def test_core_tools_own_files_are_never_published(app: Path) -> None:
    (app / ".funcignore").write_text("")
    (app / "local.settings.json").write_text("{}")
    (app / ".git").mkdir()
    (app / ".git/config").write_text("")
    assert not {"local.settings.json", ".funcignore", ".git/config"} & set(published(app))


def test_the_same_input_makes_the_same_bytes_wherever_and_whenever_it_lies(app: Path, tmp_path: Path) -> None:
    paths = published(ROOT)
    write_archive(ROOT, paths, tmp_path / "one.zip")
    for path in paths:
        (app / path).touch()
    write_archive(app, published(app), tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_every_module_has_its_byte_code_beside_it(tmp_path: Path) -> None:
    write_archive(ROOT, ["function_app.py", "shared/errors.py"], tmp_path / "x.zip")
    names = zipfile.ZipFile(tmp_path / "x.zip").namelist()
    assert len(names) == 4
    assert sum(name.endswith(".pyc") and "__pycache__/" in name for name in names) == 2


def test_the_app_imports_nothing_but_what_its_requirements_bring() -> None:
    check_dependencies(ROOT, published(ROOT))


@pytest.mark.parametrize(
    "line", ["import pytest", "from azure.mgmt.datafactory import models", "import no_such_package"]
)
def test_a_module_that_imports_more_is_refused(app: Path, line: str) -> None:
    (app / "shared/errors.py").write_text(line)
    with pytest.raises(LocalError, match=r"shared/errors.py imports .* requirements.txt does not bring"):
        check_dependencies(app, published(app))


def test_a_development_tool_among_the_requirements_is_refused(app: Path) -> None:
    with (app / "requirements.txt").open("a") as requirements:
        requirements.write("pytest==9.2.0\n")
    with pytest.raises(LocalError, match=r"requirements.txt names pytest, which is for development"):
        check_dependencies(app, published(app))
