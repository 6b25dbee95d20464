"""`If-Match` and `If-None-Match` against the etag of what is there (None: nothing is).

Source: the table of PUT in the addendum to ARM's contract with resource providers. Etags compare without their quotes,
since Data Factory writes them into bodies without.
"""

from collections.abc import Mapping

from local.arm.errors import ServiceError


def check_write(headers: Mapping[str, str], etag: str | None) -> None:
    """Raise ARM's refusal (412) if a PUT must not happen."""
    required, unwanted = _etags(headers, "if-match"), _etags(headers, "if-none-match")
    if required and not _fits(required, etag):
        raise ServiceError.precondition_failed(etag)
    if unwanted and _fits(unwanted, etag):
        raise ServiceError.precondition_failed(etag)


def check_read(headers: Mapping[str, str], etag: str) -> bool:
    """Say whether the caller of a GET has this version already."""
    return _fits(_etags(headers, "if-none-match"), etag)


def _fits(wanted: set[str], etag: str | None) -> bool:
    return etag is not None and bool(wanted & {"*", etag})


def _etags(headers: Mapping[str, str], name: str) -> set[str]:
    parts = (part.strip().removeprefix("W/").strip('"') for part in headers.get(name, "").split(","))
    return {part for part in parts if part}
