"""The app as it is deployed: the package's files, and a virtual environment of `requirements.txt` alone."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.app_settings import ROOT
from local.package.archive import write_archive
from local.package.funcignore import published


@dataclass(frozen=True, slots=True)
class Deployed:
    """The interpreter, and the app's folder with and without the byte code that the package brings."""

    python: Path
    folder: Path
    without_byte_code: Path


@contextmanager
def deployed() -> Iterator[Deployed]:
    """Unpack what `make package` builds; the virtual environment is kept under `.cache` for the next time."""
    python = _python()
    with tempfile.TemporaryDirectory() as place:
        archive, folder, bare = (Path(place, name) for name in ("app.zip", "app", "bare"))
        write_archive(ROOT, published(ROOT), archive)
        with zipfile.ZipFile(archive) as package:
            package.extractall(folder)
        shutil.copytree(folder, bare, ignore=shutil.ignore_patterns("__pycache__"))
        yield Deployed(python, folder, bare)


def _python() -> Path:
    requirements = ROOT / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    place = ROOT / ".cache" / f"deployed-{digest}"
    python, installed = place / "bin" / "python", place / ".installed"
    if not installed.exists():
        venv.create(place, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(requirements)], check=True)  # noqa: S603 - our own requirements
        installed.touch()
    return python
