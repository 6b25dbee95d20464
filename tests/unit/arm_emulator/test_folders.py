import pytest

from local.arm.importer import Folder
from shared.folder.path import FolderPath


@pytest.mark.parametrize(
    ("path", "container", "prefix"),
    [("c/airflow", "c", "airflow/"), ("/c/a/b/", "c", "a/b/"), ("c", "c", ""), ("dags/airflow", "dags", "airflow/")],
)
def test_a_path_is_container_and_folder(path: str, container: str, prefix: str) -> None:
    assert Folder.of(path) == Folder(container, prefix)


@pytest.mark.parametrize(
    "name", ["f/dags/a.py", "f/DAGS/deep/a.py", "f/Plugins/p.py", "f/requirements.txt", "f/Requirements.TXT"]
)
def test_dags_plugins_and_requirements_are_taken_in_any_case(name: str) -> None:
    assert Folder("c", "f/").takes(name)


@pytest.mark.parametrize(
    "name",
    [
        *("f/a.py", "f/other/dags/a.py", "f/dags", "f/dags.py", "f/x/requirements.txt"),
        *("f/dags//a.py", "f//dags/a.py", "f/dags/../a.py", "f/dags\\a.py", "f/dags/a.py~", "f/dags/__pycache__/a.pyc"),
    ],
)
def test_what_the_relay_ignores_is_left(name: str) -> None:
    assert not Folder("ccc", "f/").takes(name)
    assert not FolderPath.parse("ccc/f").imports("ccc", name)


def test_a_container_named_dags_holds_the_files_themselves() -> None:
    assert Folder.of("dags").takes("any/where.py")
    assert not Folder.of("dags/airflow").takes("airflow/any.py")
