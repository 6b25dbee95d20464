"""The folder of a real Airflow, into which the emulator imports as Data Factory does into an environment."""

import filecmp
import logging
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

log = logging.getLogger(__name__)

_TAKEN = frozenset({"dags", "plugins"})
_NO_NAMES = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class RealAirflow:
    """A real Airflow that stands for the seeded environment; `home` is the folder above its `dags` and `plugins`."""

    url: str
    home: Path

    def take(self, files: Mapping[str, IO[bytes]]) -> None:
        """Write imported files, by their path like `dags/x.py`; what has the same bytes already stays as it is.

        A name that storage takes and no disk does (a file and a folder in one place, more than 255 bytes) is left out.
        """
        for path, content in files.items():
            parts = PurePosixPath(path).parts
            if parts[0] in _TAKEN and not _NO_NAMES.intersection(path.split("/")):
                try:
                    self._write(self.home.joinpath(*parts), content)
                except OSError as error:
                    log.warning("%s does not reach Airflow: %s", path, error.strerror)

    def _write(self, target: Path, content: IO[bytes]) -> None:
        """Write beside the watched folders and move, so that Airflow never parses half a file."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.home, delete=False) as arriving:
            content.seek(0)
            shutil.copyfileobj(content, arriving)
        arrived = Path(arriving.name)
        try:
            if not (target.is_file() and filecmp.cmp(arrived, target, shallow=False)):
                arrived.replace(target)
        finally:
            arrived.unlink(missing_ok=True)
