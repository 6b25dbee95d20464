import pytest

from local.host.blob_paths import BlobPath
from local.host.events import blob_versions, validation_code
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
        ("dags/{name}", "line\nbreak", None),
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


EVENT = b'{"data": {"url": "https://a.blob.core.windows.net/c/n", "eTag": "e", "blobType": "BlockBlob"}}'
BLOB = (BlobVersion("c", "n", "e"), "BlockBlob")


@pytest.mark.parametrize(
    ("body", "blobs"),
    [(EVENT, [BLOB]), (b"[%b, %b]" % (EVENT, EVENT), [BLOB] * 2), (b"[]", []), (b"[%b]x" % EVENT, [BLOB])],
)
def test_events_tell_of_blobs(body: bytes, blobs: list[object]) -> None:
    assert list(blob_versions(body)) == blobs


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"1", b"[1]", b"{}", b'{"data": {"url": 1}}', b"\xff"),
        EVENT.replace(b"BlockBlob", b"Nonsense"),
        EVENT.replace(b"https://a.blob.core.windows.net", b""),
        EVENT.replace(b'"e"', b"1"),
    ],
)
def test_an_event_that_tells_of_no_blob_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(blob_versions(body))


def test_the_events_before_a_bad_one_are_told() -> None:
    blobs = blob_versions(b"[%b, {}]" % EVENT)
    assert next(blobs) == BLOB
    with pytest.raises(ValueError, match="data"):
        next(blobs)


def test_validation_code_is_read() -> None:
    assert validation_code(b'[{"data": {"validationCode": "c"}}]') == "c"
    assert validation_code(b'{"specversion": "1.0", "data": "{\\"validationCode\\": \\"c\\"}"}') == "c"
    for body in (b'[{"data": {}}]', b"[]", b"{}"):
        with pytest.raises(ValueError, match="validationCode"):
            validation_code(body)
