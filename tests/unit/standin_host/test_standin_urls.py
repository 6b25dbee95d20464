import pytest

from local.host.urls import Query, blob_of_url, decoded_path


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/a%20b", "/a b"),
        ("/a%2520b", "/a%20b"),
        ("/a%2Fb%2fc", "/a%2Fb%2fc"),
        ("/%C3%BC%ffx%41", "/ü%ffxA"),
        ("/%FF%C3%BC%C3", "/%FFü%C3"),
        ("/a/../b/./c", "/b/c"),
        ("/a/%2e%2e/b", "/b"),
        ("/a/b/..", "/a/"),
        ("/../a", "/a"),
        ("/.hidden/..a", "/.hidden/..a"),
    ],
)
def test_a_path_is_decoded_once_and_its_dots_are_followed(raw: str, path: str) -> None:
    assert decoded_path(raw) == path


def test_the_names_of_a_query_have_no_case() -> None:
    query = Query("q=1&Q=2&x=a+b%20c&empty=&flag&bad=%FF")
    assert query.joined() == {"Q": "1,2", "x": "a b c", "empty": "", "flag": "", "bad": "%FF"}
    assert (query.get("X"), query.get("nothing")) == ("a b c", None)


@pytest.mark.parametrize(
    ("url", "blob"),
    [
        ("https://acct.blob.core.windows.net/dags/a%20b/c%23.py", ("dags", "a b/c#.py")),
        ("http://127.0.0.1:10000/acct/dags/a%20b/c%23.py", ("dags", "a b/c#.py")),
        ("http://127.0.0.1:10000/acct/dags/hash#x.py", ("dags", "hash#x.py")),
        ("http://127.0.0.1:10000/acct/dags/per%cent.py", ("dags", "per%cent.py")),
        ("http://127.0.0.1:10000/acct/dags/what?.py", ("dags", "what")),
        ("http://127.0.0.1:10000/acct/dags", ("dags", "")),
    ],
)
def test_the_blob_of_a_url(url: str, blob: tuple[str, str]) -> None:
    assert blob_of_url(url) == blob


@pytest.mark.parametrize("url", ["", "dags/a.py", "https://acct.blob.core.windows.net/", "http://127.0.0.1:10000/acct"])
def test_a_url_of_nothing_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL of a blob"):
        blob_of_url(url)
