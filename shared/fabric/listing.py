"""What a job's listing says, in any of the forms that were seen, and how it compares with what was sent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.fabric.push import folder_of


@dataclass(frozen=True, slots=True)
class Listed:
    """One folder of a job: sizes in bytes by path, and the paths of folders in it, where the listing shows any."""

    sizes: Mapping[str, int]
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a folder is: paths that are missing or have another size, and paths that the relay did not send."""

    wrong: tuple[str, ...]
    foreign: tuple[str, ...]


def read_listing(root: str, page: object) -> Listed:
    """Read one page; paths may be those of the job or relative to `root`, and a folder's path ends with a slash."""
    entries = [_entry(root, entry) for entry in _items(page)]
    sizes = {path: size for path, size in entries if path and not path.endswith("/") and folder_of(path) == root}
    return Listed(sizes, tuple(path.rstrip("/") for path, _ in entries if path.endswith("/")))


def continuation_of(page: object) -> str | None:
    """Return the URL of the next page, None at the end."""
    link = page.get("continuationUri") if isinstance(page, dict) else None
    return link if isinstance(link, str) and link else None


def compare(
    root: str, listed: Mapping[str, int], expected: Mapping[str, int | None], unclear: Iterable[str] = ()
) -> Comparison:
    """Compare a folder with the files that it has to hold, path -> size; None where the size is not known.

    `unclear` are paths that may be there or not, and are ours if they are.
    """
    here = {path: size for path, size in expected.items() if folder_of(path) == root}
    wrong = (path for path, size in here.items() if path not in listed or (size is not None and listed[path] != size))
    return Comparison(tuple(sorted(wrong)), tuple(sorted(listed.keys() - here.keys() - set(unclear))))


def folders_of(paths: Iterable[str]) -> list[str]:
    """Return the folders that hold these files, each once, in their order."""
    return sorted({folder_of(path) for path in paths})


def _items(page: object) -> Iterator[Mapping[str, Any]]:
    """Yield the entries; the specification calls the list `value`, an older page `files`."""
    found = (page.get("value") or page.get("files") or []) if isinstance(page, dict) else []
    yield from (entry for entry in found if isinstance(entry, dict))


def _entry(root: str, entry: Mapping[str, Any]) -> tuple[str, int]:
    path, size = str(entry.get("filePath") or "").lstrip("/"), entry.get("sizeInBytes")
    whole = path if path.startswith(f"{root}/") else f"{root}/{path}"
    return whole if path else "", size if isinstance(size, int) else -1
