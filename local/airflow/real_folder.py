"""The folder of a real Airflow, into which the emulator imports as Data Factory does into an environment."""

import filecmp
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

_TAKEN = frozenset({"dags", "plugins"})
_NO_NAMES = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class RealAirflow:
    """A real Airflow that stands for the seeded environment; `home` is the folder above its `dags` and `plugins`."""

    url: str
    home: Path

    def take(self, files: Mapping[str, IO[bytes]]) -> None:
        """Write imported files, by their path like `dags/x.py`; what has the same bytes already stays as it is."""
        for path, content in files.items():
            parts = PurePosixPath(path).parts
            if parts[0] in _TAKEN and not _NO_NAMES.intersection(path.split("/")):
                self._write(self.home.joinpath(*parts), content)

    def _write(self, target: Path, content: IO[bytes]) -> None:
        """Write beside the watched folders and move, so that Airflow never parses half a file."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.home, delete=False) as arriving:
            content.seek(0)
            shutil.copyfileobj(content, arriving)
        if target.is_file() and filecmp.cmp(arriving.name, target, shallow=False):
            os.unlink(arriving.name)  # noqa: PTH108 - the name is a text
        else:
            os.replace(arriving.name, target)  # noqa: PTH105 - as above
