"""What host.json and the app settings say, as values."""

import json
import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from local.host.errors import StartError

# Docs, host.json reference: the queue poll interval is one minute; in the Development environment, 2 s at most.
_DEVELOPMENT_POLL = timedelta(seconds=2)
_LONGEST_POLL = timedelta(minutes=1)
# The host renews a message's lock at half of this time, so a crashed host's message returns within it.
_MESSAGE_LOCK_SECONDS = 600
_LONGEST_ID = 32
_BODY_LIMIT = 104_857_600
_TIME_SPAN = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d+):(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?)")
_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """How one queue is read. `message_lock` is how long a message stays hidden while it is worked on."""

    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    visibility_timeout: timedelta
    max_polling_interval: timedelta
    base64: bool
    message_lock: timedelta


@dataclass(frozen=True, slots=True)
class LockOptions:
    """How long a listener's lock outlives its holder, and how often the others look.

    With `break_dead` they look every second, and the lock of a process of this machine that is gone counts no more.
    """

    period: timedelta
    recovery_polling: timedelta
    break_dead: bool


@dataclass(frozen=True, slots=True)
class HostConfig:
    """The parts of host.json that the stand-in knows."""

    route_prefix: str
    queues: QueueOptions
    blob_queue: QueueOptions
    locks: LockOptions
    body_limit: int
    log_level: int


def read_host_config(app_dir: Path, env: Mapping[str, str]) -> HostConfig:
    """Read host.json with the `AzureFunctionsJobHost__...` settings laid over it; raise StartError if one is wrong."""
    lookup = _Lookup(_read_json(app_dir / "host.json"), env)
    queues = _queue_options(lookup, env)
    return HostConfig(
        route_prefix=lookup.text("api", "extensions", "http", "routePrefix").strip("/"),
        queues=queues,
        blob_queue=_blob_queue_options(lookup, queues),
        locks=_lock_options(lookup, env),
        body_limit=_read(
            int, "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", env.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", _BODY_LIMIT)
        ),
        log_level=_LEVELS.get(lookup.text("Information", "logging", "logLevel", "default").lower(), logging.INFO),
    )


def is_development(env: Mapping[str, str]) -> bool:
    """Tell whether the host runs as on a developer's machine, where some of its waits are shorter."""
    return env.get("AZURE_FUNCTIONS_ENVIRONMENT", "Development").lower() == "development"


def host_id(machine: str, app_dir: Path, env: Mapping[str, str]) -> str:
    """Return the name under which one app keeps its state in storage.

    An app on a developer's machine is `<machine>-<hash of the app's path>`, at most 32 characters, unless
    AzureFunctionsWebHost__hostid says otherwise (ScriptHostIdProvider). Raises StartError if that is not a legal one.
    """
    override = env.get("AzureFunctionsWebHost__hostid")
    if override is not None:
        return _checked_id(override.lower())
    letters = re.sub(r"[^a-z0-9]", "", machine.lower())
    return f"{letters}-{abs(stable_hash(str(app_dir)))}"[-_LONGEST_ID:].strip("-")


def stable_hash(text: str) -> int:
    """Hash like .NET's hosts do: 32 bits, signed, the same in every process."""
    value = 23
    for character in text:
        value = (value * 31 + ord(character)) & 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def time_span(text: str) -> timedelta:
    """Read a .NET TimeSpan, `[d.]hh:mm:ss`; raise ValueError if it is none."""
    match = _TIME_SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a time span like 00:00:02, got {text!r}")
    return timedelta(**{unit: float(value) for unit, value in match.groupdict(default="0").items()})


def resolve_names(text: str, env: Mapping[str, str]) -> str:
    """Put app settings in the place of `%NAME%`; raise StartError for one that does not exist."""

    def setting(match: re.Match[str]) -> str:
        value = env.get(match[1])
        if value is None:
            raise StartError(f"{text!r} needs the app setting {match[1]}, which does not exist")
        return value

    return re.sub(r"%([^%]+)%", setting, text)


def is_disabled(function: str, env: Mapping[str, str]) -> bool:
    """Tell whether `AzureWebJobs.<function>.Disabled` (or with `__`, as on Linux) is set."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs__{function}__Disabled")
    return any(env.get(name, "").lower() in {"true", "1"} for name in names)


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A value of host.json by its path; an app setting of that path wins."""

    tree: Mapping[str, object]
    env: Mapping[str, str]

    def text(self, default: str, *path: str) -> str:
        override = self.env.get("__".join(("AzureFunctionsJobHost", *path)))
        if override is not None:
            return override
        node: object = self.tree
        for key in path:
            node = node.get(key) if isinstance(node, Mapping) else None
        return default if node is None else str(node)

    def number(self, default: int, *path: str) -> int:
        return _read(int, ".".join(path), self.text(str(default), *path))

    def span(self, default: str, *path: str) -> timedelta:
        return _read(time_span, ".".join(path), self.text(default, *path))


_Value = TypeVar("_Value")


def _read(kind: Callable[[str], _Value], name: str, text: object) -> _Value:
    try:
        return kind(str(text))
    except (ValueError, OverflowError) as error:
        raise StartError(f"the setting {name} cannot be read: {error}") from None


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=float(text))


def _read_json(path: Path) -> Mapping[str, object]:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StartError(f"no host.json in {path.parent}") from None
    except ValueError as error:
        raise StartError(f"{path} is not JSON: {error}") from error
    return tree if isinstance(tree, Mapping) else {}


def _queue_options(lookup: _Lookup, env: Mapping[str, str]) -> QueueOptions:
    section = ("extensions", "queues")
    batch_size = min(lookup.number(16, *section, "batchSize"), 32)
    cores = os.cpu_count() or 1
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=lookup.number(batch_size // 2 * cores, *section, "newBatchThreshold"),
        max_dequeue_count=lookup.number(5, *section, "maxDequeueCount"),
        visibility_timeout=lookup.span("00:00:00", *section, "visibilityTimeout"),
        max_polling_interval=min(
            lookup.span("00:01:00", *section, "maxPollingInterval"),
            _DEVELOPMENT_POLL if is_development(env) else _LONGEST_POLL,
        ),
        base64=lookup.text("base64", *section, "messageEncoding").lower() == "base64",
        message_lock=_read(
            _seconds, "STANDIN_MESSAGE_LOCK_SECONDS", env.get("STANDIN_MESSAGE_LOCK_SECONDS", _MESSAGE_LOCK_SECONDS)
        ),
    )


def _blob_queue_options(lookup: _Lookup, queues: QueueOptions) -> QueueOptions:
    # SharedBlobQueueListenerFactory: one batch is half of the parallel degree plus one, the rest is the threshold.
    degree = lookup.number(8 * (os.cpu_count() or 1), "extensions", "blobs", "maxDegreeOfParallelism")
    batch_size = min(32, degree // 2 + 1)
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=max(0, degree - batch_size),
        max_dequeue_count=lookup.number(5, "extensions", "blobs", "poisonBlobThreshold"),
        visibility_timeout=timedelta(0),
        # host.json's interval is that of the app's own queues.
        max_polling_interval=_LONGEST_POLL,
        base64=True,
        message_lock=queues.message_lock,
    )


def _lock_options(lookup: _Lookup, env: Mapping[str, str]) -> LockOptions:
    # SingletonOptions: a listener's lock is a lease of a minute, and of 15 s in Development.
    period = "00:00:15" if is_development(env) else "00:01:00"
    return LockOptions(
        period=lookup.span(period, "singleton", "listenerLockPeriod"),
        recovery_polling=lookup.span("00:01:00", "singleton", "listenerLockRecoveryPollingInterval"),
        break_dead=env.get("STANDIN_BREAK_LOCKS", "").lower() == "true",
    )


def _checked_id(text: str) -> str:
    # It becomes part of a queue's name.
    if not re.fullmatch(rf"(?=.{{1,{_LONGEST_ID}}}$)[a-z0-9]+(?:-[a-z0-9]+)*", text):
        raise StartError(f"AzureFunctionsWebHost__hostid has 1 to {_LONGEST_ID} letters, digits and single dashes")
    return text
