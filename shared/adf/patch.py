"""JSON merge patch (RFC 7396): a body that names only what shall be different."""

from collections.abc import Mapping
from typing import Any

from shared.adf.secrets import SECRET_MAPS


def merged(existing: Any, patch: Any) -> Any:  # noqa: ANN401 - any JSON values
    """Return `existing` as `patch` wants it: null removes a member, objects are merged, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(existing) if isinstance(existing, Mapping) else {}
    for key, member in patch.items():
        if member is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), member)
    return result


def respelt(patch: Any, existing: Any) -> Any:  # noqa: ANN401
    """Return the patch with its keys spelt as in `existing` where they differ in case only.

    Data Factory does not tell `ExtraNodes` from `extraNodes`, and would get both. Names of variables are the caller's.
    """
    if not (isinstance(patch, Mapping) and isinstance(existing, Mapping)):
        return patch
    spellings = {key.lower(): key for key in existing}
    result = {}
    for key, member in patch.items():
        spelling = key if key in existing else spellings.get(key.lower(), key)
        shown = None if key.lower() in SECRET_MAPS else existing.get(spelling)
        result[spelling] = respelt(member, shown)
    return result
