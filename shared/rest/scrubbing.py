"""Taking secrets out of answers, for servers that echo what they were sent.

A server may be sent thousands of secrets and echo all of them, so the time must not grow with their product: a text is
gone through once, and what stands at a place is looked up.
"""

import base64
import html
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from shared.adf.secrets import MASK

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
# A shorter one may be a word of every other sentence, so it is only taken out where it stands alone.
_SHORTEST_ANYWHERE = 6
_ALONE_FROM = re.compile(r"(?<!\w)(?=.)", re.DOTALL)


def without_secrets(secrets: Iterable[str], content: bytes) -> bytes:
    """Return an answer's body with every secret replaced by `MASK`.

    A server chooses how to escape what it echoes, so texts are searched as they are and as they read: those of JSON,
    also where the JSON is cut off or part of something else, of HTML and of URLs. What is found in a text that was
    escaped leaves it as it reads.
    """
    forms = frozenset(form for secret in secrets if secret for form in _forms(secret))
    if not forms:
        return content
    scrubber = _Scrubber.of(forms)
    text = content.decode(errors="replace")
    return scrubber.scrubbed(_LITERAL.sub(scrubber.scrubbed_literal, text)).encode()


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is and in base64, of either alphabet."""
    yield secret
    content = secret.encode()
    yield from (base64.b64encode(content).decode(), base64.urlsafe_b64encode(content).decode())


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def _unescaped(text: str) -> str:
    """Return a piece of JSON's text as it reads."""
    if "\\" not in text:
        return text
    read = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2]), text)
    return read.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# JSON in JSON is read twice.
_READINGS: tuple[Callable[[str], str], ...] = (
    _unescaped,
    lambda text: _unescaped(_unescaped(text)),
    html.unescape,
    unquote,
    unquote_plus,
)


@dataclass(frozen=True, slots=True)
class _Scrubber:
    """Forms of secrets, by their first characters: how long those are that begin so, the longest first."""

    forms: frozenset[str]
    lengths: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, forms: frozenset[str]) -> "_Scrubber":
        lengths: dict[str, set[int]] = defaultdict(set)
        for form in forms:
            lengths[form[:_SHORTEST_ANYWHERE]].add(len(form))
        return cls(forms, {start: tuple(sorted(found, reverse=True)) for start, found in lengths.items()})

    def scrubbed_literal(self, literal: re.Match[str]) -> str:
        try:
            text = json.loads(literal[0], strict=False)
        except ValueError:
            return literal[0]
        scrubbed = self.scrubbed(text)
        return literal[0] if scrubbed == text else json.dumps(scrubbed)

    def scrubbed(self, text: str) -> str:
        """Return a text without secrets; as it reads where one was found in that."""
        text = self._without_forms(text)
        for reading in _READINGS:
            read = reading(text)
            if read != text and (found := self._without_forms(read)) != read:
                text = found
        return text

    def _without_forms(self, text: str) -> str:
        parts: list[str] = []
        end = 0
        for at in self._places(text):
            if at >= end and (length := self._length_at(text, at)):
                parts += (text[end:at], MASK)
                end = at + length
        return "".join((*parts, text[end:]))

    def _places(self, text: str) -> list[int]:
        """Return where a form may begin: a long one anywhere, a short one where no word goes on."""
        size = _SHORTEST_ANYWHERE
        long = [at for at in range(len(text) - size + 1) if text[at : at + size] in self.lengths]
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
