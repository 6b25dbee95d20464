import base64
import html
import json
import re
import sys
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adf.secrets import MASK, secrets_in
from shared.rest.answers import RestAnswer
from shared.rest.error_bodies import failure
from shared.rest.scrubbing import without_secrets

SECRET = 'pä/"ss+w<o>rd & \\'  # noqa: S105 - one with every character that is escaped somewhere

# The same text as .NET, Go and JavaScript write it.
ESCAPED = (
    "p%c3%a4%2f%22ss%2bw%3co%3erd+%26+%5c",
    "p%C3%A4/%22ss+w%3Co%3Erd%20&%20%5C",
    "p&#228;/&quot;ss+w&lt;o&gt;rd &amp; \\",
    "p&#xE4;/&quot;ss&#x2B;w&lt;o&gt;rd &amp; \\",
    "pä/&#34;ss&#43;w&lt;o&gt;rd &amp; \\",
    r"p\u00E4/\u0022ss\u002Bw\u003Co\u003Erd \u0026 \\",
    r'{"password":"p\u00e4\/\"ss\u002bw<o>rd \u0026 \\","userName":"',
    r"{\"password\":\"p\\u00e4/\\\"ss\\u002bw<o>rd \\u0026 \\\\\"}",
)


@pytest.mark.parametrize(
    "echo",
    [
        SECRET,
        json.dumps({"password": SECRET}),
        json.dumps({"password": SECRET}, ensure_ascii=False),
        json.dumps(json.dumps({"password": SECRET})),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        html.escape(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        *ESCAPED,
    ],
    ids=repr,
)
def test_a_secret_is_taken_out_of_an_error_in_every_form_in_which_servers_echo(echo: str) -> None:
    for body in (
        json.dumps({"error": {"code": echo, "message": f"bad: {echo}!", "details": [{"code": "C", "message": echo}]}}),
        json.dumps({"error": {"message": f"no {echo}"}}, ensure_ascii=False),
        f"<html>{echo}</html>",
    ):
        kept = without_secrets([SECRET], body.encode())
        shown = str(vars(failure(RestAnswer(400, {}, kept))))
        assert MASK in shown
        assert not any(form in shown for form in (echo, SECRET, "w<o>rd"))


def test_json_may_be_escaped_in_any_way_and_cut_off() -> None:
    body = b'{"error": {"message": "\\u0070\\u00E4/\\u0022ss\\u002Bw\\u003co\\u003Erd \\u0026 \\\\", "details": [{"x'
    assert without_secrets([SECRET], body) == f'{{"error": {{"message": "{MASK}", "details": [{{"x'.encode()


def test_a_short_secret_is_taken_out_where_it_stands_alone() -> None:
    assert without_secrets(["abc"], b"abc 'abc', abcd xabc") == f"{MASK} '{MASK}', abcd xabc".encode()


def test_the_longest_secret_counts_where_one_is_part_of_another() -> None:
    assert without_secrets(["secret", "secret-2"], b"secret-2 secret") == f"{MASK} {MASK}".encode()


def test_a_longer_secret_counts_in_whatever_way_it_is_escaped() -> None:
    body = json.dumps({"error": {"message": json.dumps({"kind": "kubernetes", "value": 'a"/kubernetes'})}})
    for secrets in (["kubernetes", 'a"/kubernetes'], ['a"/kubernetes', "kubernetes"]):
        message = json.loads(without_secrets(secrets, body.encode()))["error"]["message"]
        assert json.loads(message) == {"kind": MASK, "value": MASK}


def in_json(text: str) -> str:
    """Write a text as a server may that escapes whatever could mean something elsewhere."""
    return "".join(f"\\u{ord(letter):04x}" if letter in "+'\"<&\\ü" else letter for letter in text)


def in_html(text: str) -> str:
    return "".join(f"&#x{ord(letter):X};" if letter in "+'\"<&\\ü" else letter for letter in text)


def in_url(text: str) -> str:
    return re.sub("%..", lambda found: found[0].lower(), quote(text, safe=""))


@given(
    st.text("ab+'\"<&\\ü/%", min_size=6, max_size=12),
    st.lists(st.sampled_from((in_json, in_json, in_html, in_url)), max_size=1),
    st.integers(0, 2),
)
def test_no_way_of_escaping_keeps_a_secret(secret: str, ways: list[Callable[[str], str]], depth: int) -> None:
    text = secret
    for way in (*ways, *[in_json] * depth):
        text = way(text)
    assert without_secrets([secret], f"no, {text}!".encode()).decode() == f"no, {MASK}!"


def test_an_error_that_is_too_long_to_be_searched_is_cut() -> None:
    content = b"x" * 300_000 + SECRET.encode()
    assert content.startswith(without_secrets([SECRET], content))


def test_an_answer_without_secrets_stays_as_it_is() -> None:
    for content in (b"\xff", b'{"a": "\\u00e4"}'):
        assert without_secrets([""], content) == content
    assert without_secrets(["secret"], b'{"a": "\\u00e4", "b": [1e5]}') == b'{"a": "\\u00e4", "b": [1e5]}'


@pytest.mark.parametrize("secret", ["value-of-{}-that-is-long", "v{}", "{}", "same start, {}"])
def test_an_echo_of_many_secrets_takes_no_longer_than_reading_it(secret: str) -> None:
    """Each step looks a place up: a search for every secret in every text would be seen in the number of steps."""
    secrets = [secret.format(n) for n in range(1000, 1200)]
    echo = json.dumps({"error": {"code": "Bad", "message": "no", "details": [{"message": text} for text in secrets]}})
    steps = steps_of(lambda: without_secrets(secrets, echo.encode()))
    half = steps_of(lambda: without_secrets(secrets[:100], echo.encode()[: len(echo) // 2]))
    assert steps < 2.5 * half
    assert not any(text in without_secrets(secrets, echo.encode()).decode() for text in secrets)


def steps_of(act: Callable[[], object]) -> int:
    """Return how many calls an act takes."""
    steps = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return steps


@given(st.text("ab -", max_size=30), st.lists(st.text("ab", min_size=1, max_size=9), max_size=5))
def test_no_secret_is_left_whatever_else_it_is_a_part_of(text: str, secrets: list[str]) -> None:
    kept = without_secrets(secrets, text.encode()).decode().replace(MASK, "!")
    assert not [secret for secret in secrets if len(secret) >= 6 and secret in kept]
    assert not {secret for secret in secrets if len(secret) < 6}.intersection(re.findall(r"\w+", kept))


@given(st.binary(max_size=50), st.text(max_size=9))
def test_no_answer_is_too_odd_for_it(content: bytes, secret: str) -> None:
    without_secrets([secret], content)


def test_the_secrets_of_a_spec_are_those_that_are_masked() -> None:
    airflow = {
        "Password": "s1",
        "userName": "u",
        "secrets": [{"name": "s2", "value": 3, "on": True, "no": None}],
        "airflowEnvironmentVariables": {"A": "s4"},
        "gitSyncProperties": {"credential": "s5", "repo": "https://u:s6@h/r", "branch": "main"},
    }
    assert list(secrets_in({"properties": airflow})) == ["s1", "s2", "3", "s4", "s5", "u:s6", "s6"]
