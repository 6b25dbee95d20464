"""Taking secrets out of answers, for servers that echo what they were sent.

A server chooses how to escape what it echoes: .NET writes `%2b` and `&#252;` where Python writes `%2B` and `ü`. So a
text is searched as it is and as it reads. It may also echo thousands of secrets, so the time must not grow with their
product: a text is gone through, and what stands at a place is looked up.
"""

import base64
import html
import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from shared.adf.secrets import MASK

# In bytes. An error has a few thousand; what follows in one that is longer is not searched, and so not told.
_LONGEST = 256 * 1024
# A shorter one may be a word of every other sentence, so it is only taken out where it stands alone.
_SHORTEST_ANYWHERE = 6
_ALONE_FROM = re.compile(r"(?<!\w)(?=.)", re.DOTALL)

_Span = tuple[int, int]


def without_secrets(secrets: Iterable[str], content: bytes) -> bytes:
    """Return an error's body with every secret replaced by `MASK`, however it is escaped; it is cut at 256 KiB."""
    forms = frozenset(form for secret in secrets if secret for form in _forms(secret))
    if not forms:
        return content
    text = content[:_LONGEST].decode(errors="replace")
    return _masked(text, _Forms.of(forms).spans_in(text)).encode()


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is and in base64, of either alphabet."""
    content = secret.encode()
    yield from (secret, base64.b64encode(content).decode(), base64.urlsafe_b64encode(content).decode())


def _masked(text: str, spans: Iterable[_Span]) -> str:
    """Return a text with `MASK` in place of spans, in place of those that overlap once."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            parts += (text[done:start], MASK)
        done = max(done, end)
    return "".join((*parts, text[done:]))


@dataclass(frozen=True, slots=True)
class _Escape:
    """How a format escapes: what an escape looks like, and what it stands for."""

    form: re.Pattern[str]
    meaning: Callable[[str], str]


def _of_json(escape: str) -> str:
    try:
        return str(json.loads(f'"{escape}"'))
    except ValueError:
        return escape[1:]


_HALVES = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_JSON = _Escape(re.compile(rf"\\(?:{_HALVES}|u[0-9a-fA-F]{{4}}|.)", re.DOTALL), _of_json)
_HTML = _Escape(re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"), html.unescape)
_URL = _Escape(re.compile(r"(?:%[0-9a-fA-F]{2})+"), unquote)
_FORM = _Escape(re.compile(r"(?:%[0-9a-fA-F]{2})+|\+"), unquote_plus)
# An error is mostly a text of JSON, and what it repeats may be JSON again, or a text of that.
_WAYS = (
    *((_JSON,) * depth for depth in (1, 2, 3)),
    *((*(_JSON,) * depth, last) for depth in (0, 1, 2) for last in (_HTML, _URL, _FORM)),
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text as it reads, and its escapes.

    `begins` has where each begins in what is read; `escapes` where it ends in that, and where it stands in the source.
    """

    text: str
    begins: Sequence[int]
    escapes: Sequence[tuple[int, int, int]]

    @classmethod
    def of(cls, source: str, escape: _Escape) -> "_Reading":
        parts: list[str] = []
        begins, escapes = [], []
        done = length = 0
        for found in escape.form.finditer(source):
            before, meaning = source[done : found.start()], escape.meaning(found[0])
            parts += (before, meaning)
            begins.append(length + len(before))
            length += len(before) + len(meaning)
            done = found.end()
            escapes.append((length, found.start(), done))
        return cls("".join((*parts, source[done:])), begins, escapes)

    def in_source(self, span: _Span) -> _Span:
        """Return where a span of what is read stands in the source; an escape is taken as a whole."""
        start, end = span
        return self._character(start)[0], self._character(end - 1)[1]

    def _character(self, at: int) -> _Span:
        place = bisect_right(self.begins, at) - 1
        if place < 0:
            return at, at + 1
        ends, start, end = self.escapes[place]
        if at < ends:
            return start, end
        return end + at - ends, end + at - ends + 1


@dataclass(frozen=True, slots=True)
class _Forms:
    """Forms of secrets, by their first characters: how long those are that begin so, the longest first."""

    forms: frozenset[str]
    lengths: Mapping[str, tuple[int, ...]]
    any_short: bool

    @classmethod
    def of(cls, forms: frozenset[str]) -> "_Forms":
        lengths: dict[str, set[int]] = defaultdict(set)
        for form in forms:
            lengths[form[:_SHORTEST_ANYWHERE]].add(len(form))
        any_short = any(len(form) < _SHORTEST_ANYWHERE for form in forms)
        return cls(forms, {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()}, any_short)

    def spans_in(self, text: str) -> Iterator[_Span]:
        """Yield where forms stand in a text, as it is and as it reads in any way; the spans may overlap."""
        yield from self._spans(text)
        for way in _WAYS:
            yield from self._spans_as_read(text, way)

    def _spans_as_read(self, text: str, way: Iterable[_Escape]) -> Iterator[_Span]:
        readings: list[_Reading] = []
        for escape in way:
            reading = _Reading.of(text, escape)
            if not reading.escapes:
                return
            readings.append(reading)
            text = reading.text
        for span in self._spans(text):
            for reading in reversed(readings):
                span = reading.in_source(span)  # noqa: PLW2901 - from reading to reading
            yield span

    def _spans(self, text: str) -> Iterator[_Span]:
        end = 0
        for at in self._places(text):
            if at >= end and (length := self._length_at(text, at)):
                end = at + length
                yield at, end

    def _places(self, text: str) -> list[int]:
        """Return where a form may begin: a long one anywhere, a short one where no word goes on."""
        size = _SHORTEST_ANYWHERE
        long = [at for at in range(len(text) - size + 1) if text[at : at + size] in self.lengths]
        if not self.any_short:
            return long
        return sorted({*long, *(found.start() for found in _ALONE_FROM.finditer(text))})

    def _length_at(self, text: str, at: int) -> int:
        """Return how long the longest form is that stands there, 0 where there is none."""
        for length in self.lengths.get(text[at : at + _SHORTEST_ANYWHERE], ()):
            if text[at : at + length] in self.forms:
                return length
        return next((length for length in range(_SHORTEST_ANYWHERE - 1, 0, -1) if self._is_alone(text, at, length)), 0)

    def _is_alone(self, text: str, at: int, length: int) -> bool:
        """Whether a short form stands there that is not a part of a word."""
        ends = at + length
        if text[at:ends] not in self.forms or len(text[at:ends]) < length:
            return False
        return not (_is_word(text[at - 1 : at]) or _is_word(text[ends : ends + 1]))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
