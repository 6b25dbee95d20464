"""`python -m local package`."""

import hashlib
import platform
from pathlib import Path

from local.package.archive import write_archive
from local.package.dependencies import check_dependencies
from local.package.funcignore import published


def package(app: Path, target: Path) -> int:
    """Check what would be published, write the archive, print what is in it; return the exit code."""
    paths = published(app)
    check_dependencies(app, paths)
    write_archive(app, paths, target)
    content = target.read_bytes()
    size = sum((app / path).stat().st_size for path in paths)
    print(f"{target}: {len(paths)} files of {size:,} bytes, byte code for Python {platform.python_version()}")
    print(f"{len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    return 0
