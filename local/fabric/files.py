"""The files of a job: list, get, put, delete. In beta; no ETags, no versions, no conditions, one call for each file.

Source: the published specification of `apacheAirflowJobs/{id}/files`; the settings choose where it leaves a question
open or where others saw the service behave in another way.
"""

import hashlib
import re
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote

from local.arm.exchange import Answer, JsonObject
from local.fabric.errors import FabricError
from local.fabric.paging import page
from local.fabric.state import Asked, Job

_FOLDERS = ("dags", "plugins")
_BINARY = {"Content-Type": "application/octet-stream"}
# No empty segment, none that a client would resolve away, nothing that only Windows takes for a separator.
_SEGMENT = re.compile(r"(?!\.{1,2}$)[^/\\\x00-\x1f]+")


def listing(asked: Asked) -> Answer:
    """List one folder, not those below it; `fabric_list_folders` shows them as entries of their own."""
    _check_running(asked)
    root = asked.call.query.get("rootPath", "").rstrip("/")
    if root and _segments(root)[0] not in _FOLDERS:
        raise FabricError.invalid("rootPath has to start with 'dags/' or 'plugins/'.")
    entries = dict(_entries(asked, f"{root}/" if root else ""))
    if root not in {"", *_FOLDERS} and not entries:
        raise FabricError.not_found("path")
    shown: list[JsonObject] = [
        {"filePath": _shown_path(asked, root, name), "sizeInBytes": size} for name, size in sorted(entries.items())
    ]
    extra = f"&rootPath={quote(root, safe='')}" if root else ""
    return page(asked, shown, key=asked.settings.fabric_list_key, query=f"beta=true{extra}")


def _entries(asked: Asked, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield the files of a folder with their sizes; folders end with a slash and have none."""
    if not prefix and asked.settings.fabric_list_folders:
        yield from ((f"{folder}/", 0) for folder in _FOLDERS)
    for path, content in asked.job.files.items():
        name, slash, _ = path.removeprefix(prefix).partition("/")
        if path.startswith(prefix) and not slash:
            yield path, len(content)
        elif path.startswith(prefix) and asked.settings.fabric_list_folders:
            yield f"{prefix}{name}/", 0


def _shown_path(asked: Asked, root: str, path: str) -> str:
    return path.removeprefix(f"{root}/") if asked.settings.fabric_list_paths == "relative" else path


def get(asked: Asked) -> Answer:
    """Return a file's bytes; a missing one is 404 or, as others saw it live, 500 (`fabric_missing_get`)."""
    _check_running(asked)
    content = asked.job.files.get(_path(asked))
    if content is None:
        raise _missing(asked.settings.fabric_missing_get)
    return Answer(body=content, headers=_BINARY)


def put(asked: Asked) -> Answer:
    """Create a file or write over it; folders between are made."""
    _check_running(asked)
    path = _path(asked)
    _check_place(asked.job, path)
    asked.job.files[path] = _checked_content(asked, path)
    return Answer(HTTPStatus.OK)


def delete(asked: Asked) -> Answer:
    """Delete a file; a folder that is not empty is refused."""
    _check_running(asked)
    path = _path(asked)
    if _is_folder(asked.job, path):
        raise FabricError.conflict("FolderNotEmpty", f"The folder '{path}' is not empty.")
    if asked.job.files.pop(path, None) is None:
        raise _missing(asked.settings.fabric_missing_delete)
    return Answer(HTTPStatus.OK)


def held(job: Job) -> list[JsonObject]:
    """Return what `GET /_emulator/fabric/jobs/{job}/files` shows: what the job really holds."""
    return [
        {"path": path, "size": len(content), "md5": hashlib.md5(content, usedforsecurity=False).hexdigest()}
        for path, content in sorted(job.files.items())
    ]


def _path(asked: Asked) -> str:
    path = asked.names["path"]
    first, *below = _segments(path)
    if first not in _FOLDERS or not below:
        raise FabricError.invalid("filePath has to name a file below 'dags/' or 'plugins/'.")
    return path


def _segments(path: str) -> list[str]:
    segments = path.split("/")
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise FabricError.invalid("A path has no empty segment, no '.' or '..', no backslash, no control character.")
    return segments


def _checked_content(asked: Asked, path: str) -> bytes:
    content, most = asked.call.content, asked.settings.fabric_largest_file
    if content is None or len(content) > most:
        message = f"The file is larger than the maximum of {most} bytes."
        raise FabricError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "FileTooLarge", message)
    if path.endswith(".py"):
        try:
            content.decode()
        except UnicodeDecodeError as error:
            raise FabricError.invalid("Text files have to be encoded in UTF-8.") from error
    return content


def _check_place(job: Job, path: str) -> None:
    """Refuse a file where there is a folder, and a folder where there is a file."""
    above = [path[:place] for place, letter in enumerate(path) if letter == "/"]
    if _is_folder(job, path) or any(folder in job.files for folder in above):
        raise FabricError.conflict("PathConflict", f"'{path}' does not fit the files and folders that are there.")


def _is_folder(job: Job, path: str) -> bool:
    return any(file.startswith(f"{path}/") for file in job.files)


def _missing(status: int) -> FabricError:
    if status == HTTPStatus.NOT_FOUND:
        return FabricError.not_found("path")
    return FabricError.internal("An internal error occurred.")


def _check_running(asked: Asked) -> None:
    """Refuse files while the environment is not running, where the settings say that Fabric does so."""
    status = asked.status()
    if status != "Started" and asked.settings.fabric_while_stopped == "conflict":
        raise FabricError.conflict("EnvironmentNotRunning", f"The Apache Airflow environment is {status}.")
