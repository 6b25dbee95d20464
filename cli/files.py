"""Which of the files are in, and waiting for the others: what `wait` and `deploy` have in common."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from cli.deployment import Deployment
from cli.errors import NotFoundError, UnreachableError
from cli.tables import condition

Goal = Literal["synced", "parsed"]
Verdict = Literal["ok", "failed", "waiting"]
Json = Mapping[str, Any]

# States of docs/routes.md: on the way; and those that last until an operator or an upload changes them.
_ON_THE_WAY = frozenset({"pending", "syncing", "open"})
_UNTIL_DECIDED = frozenset({"failed", "held"})
_PARSED = frozenset({"Parsed", "NoDag"})
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class FileResult:
    """What is known of a file; `state` is the app's word for it, or Airflow's where that was asked for."""

    path: str
    verdict: Verdict
    state: str
    message: str
    line: int | None = None


def judge(path: str, answer: Json, goal: Goal, *, decided: bool) -> FileResult:
    """Return what the app's answer about a file means for who waits for it.

    `decided` is whether a failed sync, or one that is held, stays so without an operator.
    """
    state = str(answer["state"])
    if state == "synced" and goal == "parsed" and _is_parsed_by_airflow(path):
        return _judge_parsed(path, answer.get("airflow"))
    if state == "synced":
        return FileResult(path, "ok", state, answer["sentence"])
    waiting = state in _ON_THE_WAY or (state in _UNTIL_DECIDED and not decided)
    return FileResult(path, "waiting" if waiting else "failed", state, answer["sentence"])


def _is_parsed_by_airflow(path: str) -> bool:
    folders = path.lower().split("/")[:-1]
    top = next((folder for folder in folders if folder in {"dags", "plugins"}), "dags")
    return top == "dags" and path.endswith((".py", ".zip"))


def _judge_parsed(path: str, airflow: Json | None) -> FileResult:
    if airflow is None:
        return FileResult(path, "failed", "NotAsked", "the app does not ask Airflow about it: RELAY_AIRFLOW_API")
    state, error = str(airflow["state"]), airflow["error"]
    if state in _PARSED:
        return FileResult(path, "ok", state, ", ".join(airflow["dags"]))
    if error:
        return FileResult(path, "failed", state, f"{error['type']}: {error['message']}", error["line"])
    if state == "Pending":
        return FileResult(path, "waiting", state, "Airflow has not parsed it yet")
    return FileResult(path, "failed", state, str(airflow["reason"]))


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one route, at the app; `differing` returns the paths of which storage has another version."""

    app: Deployment
    route: str
    differing: Callable[[], Iterable[str]] = tuple

    def look(self, paths: Sequence[str], goal: Goal) -> dict[str, FileResult]:
        """Return what is known of the files. The others are left out while the first one is on its way.

        Files that were uploaded together are synced together, so that a look costs one request while they wait.
        For `parsed` the files have to be synced: then what Airflow said of older versions is passed over.
        """
        if goal == "parsed" and self._is_airflow_to_be_asked():
            return {paths[0]: FileResult(paths[0], "waiting", "Pending", "Airflow is about to be asked")}
        differing = frozenset(self.differing())
        first = self._ask(paths[0], goal, differing)
        if first.verdict == "waiting":
            return {first.path: first}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            others = pool.map(lambda path: self._ask(path, goal, differing), paths[1:])
            return {result.path: result for result in (first, *others)}

    def _ask(self, path: str, goal: Goal, differing: frozenset[str]) -> FileResult:
        if path in differing:
            return FileResult(path, "waiting", "differs", "the folder has another version of it, or none")
        try:
            answer = self.app.get("routes", self.route, "files", *path.split("/"))
        except NotFoundError:
            return FileResult(
                path, "failed", "missing", "the app finds no such file; is it in another folder or account?"
            )
        return judge(path, answer, goal, decided=answer["state"] in _UNTIL_DECIDED and self._is_decided())

    def _is_airflow_to_be_asked(self) -> bool:
        """Whether Airflow has not been asked yet since the last sync."""
        route = self.app.get("routes", self.route)
        asking, known = route.get("asking"), route.get("airflow")
        return asking is not None and (known is None or known["syncId"] != asking["syncId"])

    def _is_decided(self) -> bool:
        """Whether the route needs an operator and nothing is under way that could help."""
        route = self.app.get("routes", self.route)
        is_idle = condition(route, "Reconciling")["status"] == "False" and route["requested"] is None
        return is_idle and bool(condition(route, "Stalled")["status"] == "True")


@dataclass(frozen=True, slots=True)
class Wait:
    """What to wait for, how often to ask, and for how long; in seconds."""

    goal: Goal
    every_s: float
    timeout_s: float


def wait_for(
    files: Files, paths: Sequence[str], options: Wait, progress: Callable[[int, str], None]
) -> list[FileResult]:
    """Return a result for each path, in order; those that are still `waiting` then were so at the time-out.

    `progress` is told how many files are done, and a message. An app that cannot be reached for a while is asked again.
    """
    waiting = _Waiting(files, options.every_s, time.monotonic() + options.timeout_s, progress)
    results = waiting.until("synced", paths)
    if options.goal == "parsed":
        results |= waiting.until("parsed", [path for path in paths if results[path].verdict == "ok"])
    return list(results.values())


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Looks at files again and again, until `give_up_at` on the monotonic clock."""

    files: Files
    every_s: float
    give_up_at: float
    progress: Callable[[int, str], None]

    def until(self, goal: Goal, paths: Sequence[str]) -> dict[str, FileResult]:
        """Return what was known of each file last."""
        results = {path: FileResult(path, "waiting", "unknown", "not asked yet") for path in paths}
        left = list(paths)
        while left:
            results |= self._look(left, goal)
            message = results[left[0]].message
            left = [path for path in left if results[path].verdict == "waiting"]
            self.progress(len(paths) - len(left), message)
            if left and time.monotonic() + self.every_s > self.give_up_at:
                break
            time.sleep(self.every_s if left else 0)
        return results

    def _look(self, paths: Sequence[str], goal: Goal) -> dict[str, FileResult]:
        try:
            return self.files.look(paths, goal)
        except UnreachableError as error:
            return {paths[0]: FileResult(paths[0], "waiting", "unknown", str(error))}
