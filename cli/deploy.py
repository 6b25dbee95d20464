"""`deploy`: upload what differs from a route's folder, and wait until it is in."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from cli.errors import Exit
from cli.files import Files, Wait
from cli.folder import Difference, LocalFolder, RemoteFolder
from cli.screen import Output, progress_bar
from cli.tables import is_ready
from cli.wait import Target, wait_and_show

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Steps:
    """What `deploy` may do: `delete` what the directory does not have; with `dry_run` nothing at all."""

    delete: bool
    dry_run: bool


def deploy(target: Target, root: Path, steps: Steps, options: Wait, output: Output) -> Exit:
    """Upload what differs, and wait until everything in the directory `root` is in.

    The sync is requested, so that the change is found at once even where storage is polled or events are late.
    """
    route = target.shown()
    local, remote = LocalFolder(root, route["folder"]), target.storage.folder(route["folder"])
    difference = remote.difference(local)
    if not steps.delete:
        difference = replace(difference, removed=())
    output.show_difference(difference, is_all=steps.dry_run)
    if steps.dry_run:
        return Exit.OK
    _transfer(local, remote, difference)
    if difference.is_any or not is_ready(route):
        target.app.post("routes", target.route, "sync")
    paths = difference.to_upload + difference.unchanged
    return wait_and_show(Files(target.app, target.route), paths, options, output)


def _transfer(local: LocalFolder, remote: RemoteFolder, difference: Difference) -> None:
    if difference.to_upload:
        remote.create_container()
    _in_parallel("uploading", lambda path: remote.upload(path, local.read(path)), difference.to_upload)
    _in_parallel("deleting", remote.delete, difference.removed)


def _in_parallel(what: str, act: Callable[[str], None], paths: Sequence[str]) -> None:
    with progress_bar(what, len(paths)) as progress, ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for done, _ in enumerate(pool.map(act, paths), 1):
                progress(done, "")
        finally:
            # After a failure, what has not begun is not begun.
            pool.shutdown(cancel_futures=True)
