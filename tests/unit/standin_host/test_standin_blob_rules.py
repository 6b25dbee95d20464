import pytest

from local.host.blob_paths import BlobPath
from local.host.events import BlobEvent, blob_events, blob_of_url, validation_code
from local.host.receipts import BlobVersion, receipt_name


@pytest.mark.parametrize(
    ("pattern", "blob", "captures"),
    [
        ("dags/{name}", "a/b.py", {"name": "a/b.py"}),
        ("DAGS/{name}", "a.py", {"name": "a.py"}),
        ("dags", "any/thing", {}),
        ("dags/in/{name}.py", "in/a.py", {"name": "a"}),
        ("dags/in/{name}.py", "in/a.txt", None),
        ("dags/in/{name}.py", "out/a.py", None),
        ("dags/{folder}/{name}", "a/b/c", {"folder": "a/b", "name": "c"}),
        ("dags/{{x}}-{name}", "{x}-1", {"name": "1"}),
        ("dags/a+b/{name}", "aab/1", None),
        ("dags/{name}", "line\nbreak", {"name": "line\nbreak"}),
    ],
)
def test_path_pattern_is_greedy(pattern: str, blob: str, captures: dict[str, str] | None) -> None:
    assert BlobPath.parse(pattern).match("dags", blob) == captures


def test_path_pattern_is_for_its_container_only() -> None:
    assert BlobPath.parse("dags/{name}").match("other", "a") is None


@pytest.mark.parametrize("pattern", ["", "/", "{container}/a", "dags/{", "dags/{a-b}", "dags/a}"])
def test_bad_path_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="blob path"):
        BlobPath.parse(pattern)


def test_receipt_is_named_like_the_hosts() -> None:
    blob = BlobVersion("dags", "a/b.py", '"0x1"')
    assert receipt_name("me-1", "Host.Functions.f", blob) == 'blobreceipts/me-1/Host.Functions.f/"0x1"/dags/a/b.py'


def test_receipts_of_long_names_fit_and_differ() -> None:
    names = {receipt_name("me-1", "f", BlobVersion("dags", "x" * 1023 + end, '"0x1"')) for end in "ab"}
    assert len(names) == 2
    assert all(len(name) <= 1024 for name in names)


def test_events_of_both_schemas_are_read() -> None:
    data = b'{"url": "u", "eTag": "e"}'
    event_grid = b'[{"eventType": "Microsoft.Storage.BlobCreated", "data": %b}]' % data
    cloud_event = b'{"specversion": "1.0", "data": %b}' % data
    assert blob_events(event_grid) == blob_events(cloud_event) == [BlobEvent("u", "e")]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"1", b"[1]", b"{}", b'{"data": {"url": 1}}', b'{"data": {"url": "u", "eTag": 1}}']
)
def test_malformed_event_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        blob_events(body)


def test_validation_code_is_read() -> None:
    assert validation_code(b'[{"data": {"validationCode": "c"}}]') == "c"
    assert validation_code(b'{"specversion": "1.0", "data": "{\\"validationCode\\": \\"c\\"}"}') == "c"
    with pytest.raises(ValueError, match="validationCode"):
        validation_code(b'[{"data": {}}]')


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://acct.blob.core.windows.net/dags/a%20b/c%23.py", "https://acct.blob.core.windows.net/"),
        ("http://127.0.0.1:10000/acct/dags/a%20b/c%23.py", "http://127.0.0.1:10000/acct"),
    ],
)
def test_blob_of_a_url(url: str, endpoint: str) -> None:
    assert blob_of_url(url, endpoint) == ("dags", "a b/c#.py")


def test_url_without_a_blob_is_refused() -> None:
    with pytest.raises(ValueError, match="URL of a blob"):
        blob_of_url("http://127.0.0.1:10000/acct/dags", "http://127.0.0.1:10000/acct")
