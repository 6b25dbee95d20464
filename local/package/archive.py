"""The archive: the published files and their byte code, the same bytes for the same input."""

import py_compile
import tempfile
import zipfile
from collections.abc import Sequence
from importlib.util import cache_from_source
from pathlib import Path

# The earliest time that a ZIP archive can hold.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def write_archive(app: Path, paths: Sequence[str], target: Path) -> None:
    """Write the files at `paths` below `app`, each Python file with its byte code beside it, to the archive `target`.

    Raises py_compile.PyCompileError for a file that is no Python of this version. The byte code is for the Python that
    runs this, names its source by the path in the archive and is not compared with it when it is loaded (PEP 552,
    unchecked): neither time nor place of the build is in the archive.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in paths:
            _add(archive, path, (app / path).read_bytes())
            if path.endswith(".py"):
                _add(archive, cache_from_source(path), _byte_code(app / path, path))


def _add(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(path, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _READABLE
    archive.writestr(entry, content)


def _byte_code(source: Path, name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder, "module.pyc")
        py_compile.compile(
            str(source),
            str(compiled),
            dfile=name,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        return compiled.read_bytes()
