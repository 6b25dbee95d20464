"""The journal stays readable, whatever a request brings."""

import json
from datetime import UTC, datetime

import pytest

from local.arm.exchange import Call
from local.arm.journal import JournalEntry


def shown(content: bytes | None) -> object:
    entry = JournalEntry(datetime(2026, 1, 1, tzinfo=UTC), Call("PUT", "/x", {}, {}, "", content)).as_json()
    json.dumps([entry], allow_nan=False)
    return entry["body"]


@pytest.mark.parametrize("body", ["NaN", '{"a": -Infinity}', "1e999", "[" * 100_000, "1" * 5_000])
def test_what_json_could_not_hold_again_is_shown_as_the_text_that_came(body: str) -> None:
    assert shown(body.encode()) == body


def test_a_body_with_as_many_levels_as_can_be_read_leaves_the_journal_readable() -> None:
    assert shown(990 * b"[" + 990 * b"]")


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b'{"a": [1.5, null]}', {"a": [1.5, None]}),
        (b"100 [" + 90 * b"[", "100 [" + 90 * "["),
        (90 * b"[" + 90 * b"]", json.loads(90 * "[" + 90 * "]")),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
        (b'"\\ud800"', "\ud800"),
        (b"null", None),
        (b"", None),
        (None, None),
    ],
)
def test_a_body_is_parsed_where_it_is_json(content: bytes | None, body: object) -> None:
    assert shown(content) == body
