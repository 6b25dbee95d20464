"""`python -m local package`."""

import hashlib
import platform
from pathlib import Path
from py_compile import PyCompileError

from local.errors import LocalError
from local.package.archive import write_archive
from local.package.dependencies import check_dependencies
from local.package.funcignore import published


def package(app: Path, target: Path) -> int:
    """Check what would be published, write the archive, print what is in it; return the exit code.

    Raises LocalError where a file cannot be read or written, or is no Python.
    """
    try:
        paths = published(app)
        check_dependencies(app, paths)
        write_archive(app, paths, target)
    except (OSError, PyCompileError) as error:
        raise LocalError(f"cannot package {app}: {error}") from error
    content = target.read_bytes()
    size = sum((app / path).stat().st_size for path in paths)
    print(f"{target}: {len(paths)} files of {size:,} bytes, byte code for Python {platform.python_version()}")
    print(f"{len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    return 0
