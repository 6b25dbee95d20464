import pytest

from shared.adf.imported import is_directory
from shared.folder.path import FolderPath

FOLDER = FolderPath.parse("files/team/airflow")


@pytest.mark.parametrize(
    "name",
    [
        "team/airflow/dags/a.py",
        "team/airflow/DAGS/deep/er/a.py",
        "team/airflow/Plugins/p.py",
        "team/airflow/requirements.txt",
        "team/airflow/Requirements.TXT",
        "team/airflow/dags/private.whl",
        "team/airflow/dags/.airflowignore",
        "team/airflow/dags/with space, ünïcode, # and %25.py",
        "team/airflow/dags/" + "x" * 1000 + ".py",
        "team/airflow/dags/new\nline.py",
    ],
)
def test_a_file_below_dags_or_plugins_or_the_requirements_is_imported(name: str) -> None:
    assert FOLDER.imports("files", name)


@pytest.mark.parametrize(
    "name",
    [
        "team/airflow/readme.md",
        "team/airflow/data/x.csv",
        "team/airflow/requirements.txt/x",
        "team/airflow/dags",
        "team/airflow/dags/",
        "team/airflow/dags//a.py",
        "team/airflow2/dags/a.py",
        "other/dags/a.py",
        "dags/a.py",
        "Team/airflow/dags/a.py",
        "",
    ],
)
def test_any_other_blob_is_not(name: str) -> None:
    assert not FOLDER.imports("files", name)


@pytest.mark.parametrize(
    "name",
    [
        *("a.py~", ".a.py.swp", "~$a.xlsx", ".#a.py", "#a.py#", "a.tmp", "a.py.part", "a.py.filepart", "Thumbs.db"),
        *("__pycache__/a.cpython-311.pyc", ".git/HEAD", ".azDownload-1-a.py", "deep/.DS_Store"),
    ],
)
def test_what_editors_and_upload_tools_leave_behind_is_no_change(name: str) -> None:
    assert not FOLDER.imports("files", f"team/airflow/dags/{name}")


@pytest.mark.parametrize(
    "name", ["secretlib.pyc", "etl.tmp/x.py", "old~/x.py", "a.part/x.py", ".#a/x.py", "swap.swp", "tmp", ".tmp", "~"]
)
def test_what_only_looks_like_left_behind_is_a_file(name: str) -> None:
    assert FOLDER.imports("files", f"team/airflow/dags/{name}")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("dags//a.py", "an empty part"),
        ("team/airflow//dags/a.py", "an empty part"),
        ("dags/", "an empty part"),
        ("dags/./a.py", "a part that is . or .."),
        ("dags\\a.py", "a backslash"),
        ("plugins\\deep/a.py", "a backslash"),
        ("notes\\a.py", "not below dags/ or plugins/"),
        ("readme.md", "not below dags/ or plugins/"),
        ("dags/a.py~", "left it behind"),
    ],
)
def test_a_file_that_is_not_imported_has_a_reason(path: str, why: str) -> None:
    assert why in (FOLDER.why_ignored(path) or "")


@pytest.mark.parametrize(
    ("name", "size", "metadata"),
    [
        ("dags/x", 0, {"hdi_isfolder": "true"}),
        ("dags/x", 0, {"Hdi_isfolder": "True"}),
        ("dags/x", 0, {"HDI_ISFOLDER": "true"}),
        ("dags/x", 0, {"asv_isfolder": "true"}),
        ("dags/x/", 0, {}),
        ("dags/x_$folder$", 0, {}),
    ],
)
def test_a_directory_is_told_by_its_mark_in_any_spelling(name: str, size: int, metadata: dict[str, str]) -> None:
    assert is_directory(name, size, metadata)


@pytest.mark.parametrize(
    ("name", "size", "metadata"),
    [("dags/x.py", 0, {}), ("dags/x/", 1, {}), ("dags/x.py", 1, {"hdi_isfolder": "false"})],
)
def test_an_empty_file_and_a_file_with_a_slash_at_its_end_are_no_directories(
    name: str, size: int, metadata: dict[str, str]
) -> None:
    assert not is_directory(name, size, metadata)


def test_a_blob_of_another_container_is_not_imported() -> None:
    assert not FOLDER.imports("others", "team/airflow/dags/a.py")


def test_a_container_itself_can_be_the_folder() -> None:
    root = FolderPath.parse("files")
    assert root.imports("files", "dags/a.py")
    assert not root.imports("files", "a.py")
    assert str(root) == "files"


def test_in_a_container_named_dags_every_file_is_imported() -> None:
    assert FolderPath.parse("dags").imports("dags", "a.py")
    assert not FolderPath.parse("dags/airflow").imports("dags", "airflow/a.py")


@pytest.mark.parametrize("text", ["files/airflow/dags", "files/DAGS", "files/dags/"])
def test_pointing_at_dags_itself_is_refused_and_the_way_out_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="the folder that contains dags/, not dags itself"):
        FolderPath.parse(text)


@pytest.mark.parametrize(
    "text", ["", "/", "ab", "Files/airflow", "files/../x", "files/./x", "files//x", "a--b/x", "$logs/x"]
)
def test_a_text_that_is_no_folder_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected container/folder|no empty parts"):
        FolderPath.parse(text)


@pytest.mark.parametrize("text", ["dag-relay/x", "azure-webjobs-hosts"])
def test_the_apps_own_containers_cannot_be_watched(text: str) -> None:
    with pytest.raises(ValueError, match="own state"):
        FolderPath.parse(text)


def test_slashes_around_a_path_do_not_matter() -> None:
    assert FolderPath.parse("/files/airflow/") == FolderPath("files", "airflow")


@pytest.mark.parametrize(
    ("folder", "path", "name"),
    [
        ("files/airflow", "dags/a.py", "airflow/dags/a.py"),
        ("files/airflow", "airflow/dags/a.py", "airflow/dags/a.py"),
        ("files/airflow", "Requirements.txt", "airflow/Requirements.txt"),
        ("files", "dags/ü b.py", "dags/ü b.py"),
        ("files/plugins", "plugins/dags/a.py", "plugins/dags/a.py"),
        ("files/plugins", "plugins/a.py", "plugins/plugins/a.py"),
        ("files/airflow", "readme.md", None),
        ("files/airflow", "files/airflow/dags/a.py", None),
    ],
)
def test_a_file_is_named_below_the_container_or_below_the_folder(folder: str, path: str, name: str | None) -> None:
    assert FolderPath.parse(folder).blob_name(path) == name


@pytest.mark.parametrize("path", ["", "dags/", "dags/../../other/x", "./dags/a.py", "dags//a.py"])
def test_a_path_with_which_a_client_would_reach_another_blob_names_none(path: str) -> None:
    assert FolderPath.parse("files/airflow").blob_name(path) is None
