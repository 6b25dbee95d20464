"""What the emulated Airflow knows: which versions of a file were imported when, and what it has parsed by now."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.airflow.parsing import ParsedFile, parse

# Airflow's default for `min_file_process_interval`: a file that did not change is parsed again and again.
PARSED_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ImportedVersion:
    """A version of a file, as it lay in the environment from `imported_at` on."""

    parsed: ParsedFile
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file as Airflow shows it: what the last parse found, and when that was."""

    path: str
    parsed: ParsedFile
    parsed_at: datetime


@dataclass(slots=True)
class EmulatedAirflow:
    """The Airflow of each environment, by its name in lower case. An import adds and overwrites, and never deletes."""

    _files: defaultdict[str, dict[str, list[ImportedVersion]]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, environment: str, files: Mapping[str, bytes], now: datetime) -> None:
        """Take over imported files by their path below `dags/`."""
        for path, content in files.items():
            versions = self._files[environment.lower()].setdefault(path, [])
            versions.append(ImportedVersion(parse(path, content), now))

    def shown(self, environment: str, now: datetime, parse_seconds: float) -> Iterator[ShownFile]:
        """Yield what Airflow shows; it parses a new version `parse_seconds` after its import."""
        takes = timedelta(seconds=parse_seconds)
        for path, versions in sorted(self._files[environment.lower()].items()):
            ready = [version for version in versions if version.imported_at + takes <= now]
            if ready:
                first = ready[-1].imported_at + takes
                yield ShownFile(path, ready[-1].parsed, first + (now - first) // PARSED_EVERY * PARSED_EVERY)
