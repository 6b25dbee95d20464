"""Servers that echo what they were sent: taking secrets out of an answer, in the forms in which they come back."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import quote, quote_plus

from shared.adf.masking import MASK

_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
# A shorter one may be a word of every other sentence, so it is only taken out where it stands alone.
_SHORTEST_ANYWHERE = 6


def without(secrets: Iterable[str], content: bytes) -> bytes:
    """Return an answer's body with every secret replaced by `MASK`.

    Texts of JSON are read before they are searched, because a server chooses how to escape them, also where the JSON is
    cut off or part of something else.
    """
    forms = sorted({form for secret in secrets if secret for form in _forms(secret)}, key=len, reverse=True)
    if not forms:
        return content
    text = content.decode(errors="replace")
    return _replaced(forms, _LITERAL.sub(partial(_in_literal, forms), text)).encode()


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, in JSON within JSON, in a URL, in HTML and in base64."""
    yield secret
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield from (once, json.dumps(once, ensure_ascii=ascii_only)[1:-1])
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret))
    yield base64.b64encode(secret.encode()).decode()


def _in_literal(forms: list[str], literal: re.Match[str]) -> str:
    try:
        text = json.loads(literal[0], strict=False)
    except ValueError:
        return literal[0]
    replaced = _replaced(forms, text)
    return literal[0] if replaced == text else json.dumps(replaced)


def _replaced(forms: list[str], text: str) -> str:
    for form in forms:
        if form not in text:
            continue
        if len(form) >= _SHORTEST_ANYWHERE:
            text = text.replace(form, MASK)
        else:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", MASK, text)
    return text
