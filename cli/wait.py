"""`wait`: until files of a route's folder are in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.deployment import Deployment
from cli.errors import Exit
from cli.files import Files, Wait, wait_for
from cli.folder import LocalFolder, RemoteFolder, Storage
from cli.screen import Output, progress_bar
from cli.status import ask_for_looks


@dataclass(frozen=True, slots=True)
class Target:
    """A route of a deployment, and how to reach the storage account in which its folder lies."""

    app: Deployment
    route: str
    storage: Storage

    def shown(self) -> dict[str, Any]:
        """Return the route as the app shows it."""
        shown: dict[str, Any] = self.app.get("routes", self.route)
        return shown


def wait(target: Target, paths: Sequence[str], root: Path | None, options: Wait, output: Output) -> Exit:
    """Wait for what lies in the folder under these paths; with `root`, for the versions in that directory.

    The app is asked to look first, so that a failure of before an upload does not count. Only with `root` storage is
    read, because the app does not tell what a file holds.
    """
    ask_for_looks(target.app, target.route)
    folder = target.shown()["folder"]
    differing = _differing(LocalFolder(root, folder), target.storage.folder(folder), paths) if root else tuple
    return wait_and_show(Files(target.app, target.route, differing), paths, options, output)


def _differing(local: LocalFolder, remote: RemoteFolder, paths: Sequence[str]) -> Callable[[], Iterable[str]]:
    for path in paths:
        local.read(path)
    return lambda: set(paths).difference(remote.difference(local).unchanged)


def wait_and_show(files: Files, paths: Sequence[str], options: Wait, output: Output) -> Exit:
    """Wait for the files, show what is known of them then, and return how the command ends."""
    with progress_bar(f"{options.goal} files", len(paths)) as progress:
        results = wait_for(files, paths, options, progress)
    return output.show(results, options.goal)
