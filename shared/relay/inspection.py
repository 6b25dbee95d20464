"""What stands in the changed DAG files, as far as it can be said without running them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from shared.folder.checks import LARGEST_FILE, Finding, check_files, to_check
from shared.folder.manifest import Manifest
from shared.relay.baseline import Diff
from shared.relay.route import Route

Strictness = Literal["off", "warn", "block"]
ReadFiles = Callable[[Route, Iterable[str]], dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class Inspection:
    """Checks the changed files of a route; `off` reads nothing, `block` lets a blocking finding stop the sync."""

    strictness: Strictness
    read_files: ReadFiles

    def findings(self, route: Route, manifest: Manifest, diff: Diff) -> tuple[Finding, ...]:
        """Return what is to be said of the added and changed files."""
        if self.strictness == "off":
            return ()
        prefix = route.folder.listing_prefix
        fresh = {*diff.added, *diff.changed}
        files = [file for file in manifest.files if file.name in fresh and to_check(file.name.removeprefix(prefix))]
        contents: dict[str, bytes | None] = {file.name: None for file in files if file.size > LARGEST_FILE}
        contents |= self.read_files(route, [file.name for file in files if file.size <= LARGEST_FILE])
        return tuple(check_files({name.removeprefix(prefix): content for name, content in contents.items()}))

    def objection(self, findings: Iterable[Finding]) -> str | None:
        """Return the sentence that stops the sync, or None where nothing does."""
        if self.strictness != "block":
            return None
        blocking = [finding for finding in findings if finding.blocking]
        return "; ".join(map(_place, blocking)) or None


def _place(finding: Finding) -> str:
    line = "" if finding.line is None else f", line {finding.line}"
    return f"{finding.file}{line}: {finding.message}"
