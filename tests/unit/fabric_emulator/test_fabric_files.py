"""The files of a job, and each answer that only a live Fabric could settle: a switch, and both of its positions."""

import pytest
from pydantic import JsonValue

from tests.unit.fabric_emulator.conftest import World, entries, members, refusal

NAMES = ("dags/top.py", "dags/team/a.py", "dags/team/deep/b.py", "plugins/p.py")


@pytest.fixture
def full(world: World) -> World:
    for name in NAMES:
        assert world.put(name, name.encode()).status == 200
    return world


@pytest.mark.parametrize("path", ["dags/a b/n.py", "dags%2Fa%20b%2Fn.py", "dags/a%20b/n.py"])
def test_a_path_may_come_as_segments_or_as_one(world: World, path: str) -> None:
    assert world.put(path, b"x").status == 200
    assert world.listed("dags/a b") == ["dags/a b/n.py"]


@pytest.mark.parametrize(
    "path",
    ["dags", "dags/", "notes.md", "requirements.txt", "Dags/a.py", "dags//a.py", "dags/../a.py", "dags/a%5Cb.py"],
)
def test_only_paths_below_dags_and_plugins_are_taken(world: World, path: str) -> None:
    assert refusal(world.put(path)) == (400, "InvalidRequest")


def test_a_path_that_is_not_utf_8_is_refused(world: World) -> None:
    assert refusal(world.put("dags/%FF.py")) == (400, "InvalidRequest")


def test_names_differ_by_case(world: World) -> None:
    world.put("dags/a.py", b"1")
    world.put("dags/A.py", b"2")
    assert world.listed("dags") == ["dags/A.py", "dags/a.py"]


def test_python_has_to_be_utf_8_and_other_files_need_not(world: World) -> None:
    assert refusal(world.put("dags/a.py", b"# \xe9")) == (400, "InvalidRequest")
    assert world.put("plugins/a.whl", b"\xff").status == 200


def test_a_file_may_be_as_large_as_the_setting_says(world: World) -> None:
    world.set(fabric_largest_file=3)
    assert world.put("dags/a.py", b"123").status == 200
    assert refusal(world.put("dags/a.py", b"1234")) == (413, "FileTooLarge")


@pytest.mark.parametrize("path", ["dags/team", "dags/top.py/below.py"])
def test_a_file_is_no_folder(full: World, path: str) -> None:
    assert refusal(full.put(path)) == (409, "PathConflict")


@pytest.mark.parametrize(
    ("root", "shown"),
    [
        ("", []),
        ("dags", ["dags/top.py"]),
        ("dags/", ["dags/top.py"]),
        ("dags/team", ["dags/team/a.py"]),
        ("dags/team/deep/", ["dags/team/deep/b.py"]),
    ],
)
def test_a_listing_is_of_one_folder(full: World, root: str, shown: list[str]) -> None:
    assert full.listed(root) == shown


def test_the_two_folders_are_there_from_the_beginning_and_no_others(world: World) -> None:
    assert world.listed("plugins") == []
    assert refusal(world.job("GET", "/files", query="beta=true&rootPath=dags/none")) == (404, "ItemNotFound")
    assert refusal(world.job("GET", "/files", query="beta=true&rootPath=other")) == (400, "InvalidRequest")


def test_a_listing_comes_in_pages(world: World) -> None:
    world.set(fabric_page_size=2)
    names = [f"dags/t%/{number}.py" for number in range(5)]
    for name in names:
        world.put(name.replace("%", "%25"))
    assert world.listed("dags/t%25") == names
    for token in ("x", "-1", "9" * 5_000):
        refused = world.job("GET", "/files", query=f"beta=true&continuationToken={token}")
        assert refusal(refused) == (400, "InvalidRequest")


def test_sizes_are_in_bytes(world: World) -> None:
    world.put("dags/a.py", "ü".encode())
    assert members(world.job("GET", "/files", query="beta=true&rootPath=dags"))["value"] == [
        {"filePath": "dags/a.py", "sizeInBytes": 2}
    ]


@pytest.mark.parametrize(
    ("position", "shown"),
    [
        ({"fabric_list_paths": "absolute"}, ["dags/team/a.py"]),
        ({"fabric_list_paths": "relative"}, ["a.py"]),
        ({"fabric_list_key": "files"}, ["dags/team/a.py"]),
        ({"fabric_list_folders": True}, ["dags/team/a.py", "dags/team/deep/"]),
    ],
)
def test_how_a_listing_looks_is_a_setting(full: World, position: dict[str, JsonValue], shown: list[str]) -> None:
    full.set(**position)
    assert full.listed("dags/team") == shown


def test_the_root_may_show_its_folders(full: World) -> None:
    full.set(fabric_list_folders=True)
    assert full.listed() == ["dags/", "plugins/"]


@pytest.mark.parametrize(("status", "code"), [(404, "ItemNotFound"), (500, "InternalServerError")])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_a_missing_file_answers_is_a_setting(world: World, method: str, status: int, code: str) -> None:
    world.set(**{f"fabric_missing_{method.lower()}": status})
    assert refusal(world.job(method, "/files/dags/none.py")) == (status, code)


@pytest.mark.parametrize(("position", "status"), [("accept", 200), ("conflict", 409)])
@pytest.mark.parametrize("state", ["Stopped", "Upgrading", "Failed"])
def test_whether_files_can_change_while_it_is_stopped_is_a_setting(
    full: World, position: str, status: int, state: str
) -> None:
    full.set(fabric_while_stopped=position, fabric_status=state)
    assert full.put("dags/a.py").status == status
    assert full.job("GET", "/files/dags/top.py").status == status
    assert full.job("GET", "/files").status == status
    assert full.job("DELETE", "/files/dags/top.py").status == status


def test_a_deleted_file_is_gone_and_its_folder_with_it(full: World) -> None:
    assert full.job("DELETE", "/files/plugins/p.py").status == 200
    assert full.listed("plugins") == []
    full.job("DELETE", "/files/dags/team/deep/b.py")
    assert full.job("GET", "/files", query="beta=true&rootPath=dags/team/deep").status == 404
    assert entries(members(full.job("GET", "/files", query="beta=true&rootPath=dags/team"))["value"])
