"""Listings in every form that was seen, and what they say against what was sent."""

import pytest

from shared.fabric.listing import compare, continuation_of, folders_of, read_listing


@pytest.mark.parametrize(
    "page",
    [
        {"value": [{"filePath": "dags/t/a.py", "sizeInBytes": 3}, {"filePath": "dags/t/deep/", "sizeInBytes": 0}]},
        {"files": [{"filePath": "a.py", "sizeInBytes": 3}, {"filePath": "deep/", "sizeInBytes": 0}]},
        {"value": [{"filePath": "/dags/t/a.py", "sizeInBytes": 3}, {"filePath": "dags/t/deep/"}]},
    ],
)
def test_a_page_is_read_in_each_of_its_forms(page: object) -> None:
    found = read_listing("dags/t", page)
    assert (found.sizes, found.folders) == ({"dags/t/a.py": 3}, ("dags/t/deep",))


@pytest.mark.parametrize("page", [None, [], {}, {"value": None}, {"value": [1, {}, {"filePath": None}]}])
def test_a_page_without_entries_is_an_empty_folder(page: object) -> None:
    assert read_listing("dags", page).sizes == {}


def test_files_of_other_folders_are_left_out() -> None:
    assert read_listing("dags", {"value": [{"filePath": "dags/t/a.py", "sizeInBytes": 1}]}).sizes == {}


def test_a_size_that_is_none_fits_no_file() -> None:
    listed = read_listing("dags", {"value": [{"filePath": "dags/a.py", "sizeInBytes": "3"}]}).sizes
    assert compare("dags", listed, {"dags/a.py": 3}).wrong == ("dags/a.py",)


def test_the_next_page_is_named_by_its_url() -> None:
    assert continuation_of({"continuationUri": "http://x"}) == "http://x"
    assert continuation_of({"continuationUri": ""}) is continuation_of({}) is continuation_of(None) is None


def test_missing_other_and_foreign_files_are_told_apart() -> None:
    listed = {"dags/right.py": 1, "dags/larger.py": 9, "dags/unknown.py": 5, "dags/theirs.py": 1}
    expected = {"dags/right.py": 1, "dags/larger.py": 1, "dags/unknown.py": None, "dags/none.py": 1, "plugins/p.py": 1}
    found = compare("dags", listed, expected)
    assert (found.wrong, found.foreign) == (("dags/larger.py", "dags/none.py"), ("dags/theirs.py",))


def test_a_file_that_may_be_there_is_neither_missing_nor_foreign() -> None:
    for listed in ({}, {"dags/a.py": 1}):
        found = compare("dags", listed, {}, ["dags/a.py"])
        assert (found.wrong, found.foreign) == ((), ())


def test_folders_come_once() -> None:
    assert folders_of(["plugins/b", "dags/t/a", "dags/t/b", "dags/c"]) == ["dags", "dags/t", "plugins"]
