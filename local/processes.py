"""Child processes: in a session of their own, watched, started again if wanted, and ended with who started them."""

import errno
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from local.errors import LocalError

# A host of .NET on a busy machine takes its time.
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 40.0
# A process that ends soon after its start is started again ever more slowly.
_SOON_S = 10.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0
_ENDING = (signal.SIGTERM, signal.SIGINT)


class Child:
    """A running process. What it prints goes to `log`, except its JSON line that says that it is ready.

    It has a session of its own, so that Ctrl-C reaches only us and we end the children in order. On Linux it ends with
    us, too, where we cannot do that any more (`tied`).
    """

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: TextIO) -> None:
        self.name = name
        self._log = log
        self._ready: dict[str, Any] | None = None
        self._process = _spawn(name, command, env, cwd, log)
        self._reader = threading.Thread(target=self._read, name=f"read {name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def ready_line(self) -> dict[str, Any]:
        """Wait for the JSON line that says that the process is ready, and return it."""
        self.wait_until(lambda: self._ready is not None)
        assert self._ready is not None  # noqa: S101 - what was waited for
        return self._ready

    def wait_until(self, condition: Callable[[], bool], within_s: float = START_TIMEOUT_S) -> None:
        """Wait for a condition that the process brings about; raise LocalError if it ends or takes too long."""
        give_up_at = time.monotonic() + within_s
        while not condition():
            if self.exit_code is not None:
                raise LocalError(f"{self.name} ended with exit code {self.exit_code} before it was ready")
            if time.monotonic() > give_up_at:
                raise LocalError(f"{self.name} was not ready within {within_s:.0f} s")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process: ask first, insist after a while."""
        self.send(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join()

    def kill(self) -> None:
        """End the process and its own children at once."""
        self.send_to_group(signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it still runs."""
        if self.exit_code is None:
            self._process.send_signal(number)

    def send_to_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and its own children, if it still runs.

        Not after its end: its number may be that of another process by then.
        """
        if self.exit_code is None:
            os.killpg(self.pid, number)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with self._process.stdout as lines:
            for line in lines:
                if self._ready is None and (ready := _ready_line(line)):
                    self._ready = ready
                else:
                    self._log.write(line.decode(errors="replace"))


def _ready_line(line: bytes) -> dict[str, Any] | None:
    """Return what a line says that tells of a process being ready, None for any other line."""
    if b'"ready"' not in line:
        return None
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and said.get("ready") is True else None


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put SIGTERM and SIGINT off until the context ends.

    A process that is started and handed to who has to end it in such a context cannot be lost between the two. Other
    threads than the main one are never disturbed by signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {each: signal.signal(each, lambda number, _frame: came.append(number)) for each in _ENDING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in came:
            signal.raise_signal(number)


def tied(command: Sequence[str]) -> list[str]:
    """Return a command that the system sends SIGTERM when the thread ends that started it; elsewhere than on Linux not.

    There util-linux' `setpriv` asks for that, and then becomes the command.
    """
    return [*_prefix(), *command]


@cache
def _prefix() -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    words = (setpriv or "", "--pdeathsig", "TERM")
    can = setpriv and not subprocess.run((*words, setpriv, "--version"), capture_output=True, check=False).returncode
    return words if can else ()


def _spawn(
    name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path, log: TextIO
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            tied(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    except OSError as error:
        if error.errno != errno.E2BIG:
            raise
        raise LocalError(f"{name} could not be started: {_too_long(env)}") from None


def _too_long(env: Mapping[str, str]) -> str:
    """Return which variable is more than the system passes to a program; Linux takes 128 KiB for one of them."""
    size, variable = max((len(os.fsencode(value)), variable) for variable, value in env.items())
    remedy = "; put the list into a file and give it with --routes FILE" if variable == "RELAY_ROUTES" else ""
    return f"{variable} has {size:,} bytes, which do not fit into an environment variable{remedy}"


class Service:
    """A process that is started again whenever it ends, as the platform does with the app's host.

    `child` is the process that runs now, or the one that ended last.
    """

    def __init__(self, spawn: Callable[[], Child], log: TextIO) -> None:
        self.child = spawn()
        self._spawn = spawn
        self._log = log
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name=f"supervise {self.child.name}", daemon=True)

    def supervise(self) -> None:
        """Start the process again from now on, when it ends."""
        self._supervisor.start()

    def stop(self) -> None:
        """End the process for good."""
        self._leave()
        self.child.stop()

    def kill(self) -> None:
        """End the process at once and for good."""
        self._leave()
        self.child.kill()

    def _leave(self) -> None:
        self._stopping.set()
        if self._supervisor.is_alive():
            self._supervisor.join()

    def _supervise(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            begun = time.monotonic()
            while self.child.exit_code is None and not self._stopping.wait(0.1):
                pass
            if time.monotonic() - begun > _SOON_S:
                pause = _FIRST_PAUSE_S
            ended = f"{self.child.name} ended with exit code {self.child.exit_code}"
            if self.child.exit_code is not None and not self._stopping.is_set():
                self._log.write(f"dag-relay: {ended}; starting it again in {pause:g} s\n")
                if not self._stopping.wait(pause):
                    self.child = self._spawn()
                pause = min(2 * pause, _LONGEST_PAUSE_S)
