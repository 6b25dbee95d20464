"""The bursts: when which file is written, in seconds after the start."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a file; `events` is how often the trigger tells of it."""

    at: float
    file: str
    events: int = 1


Burst = tuple[Write, ...]


def _even(files: int, span_s: float, events: int = 1) -> Burst:
    step = span_s / max(1, files - 1)
    return tuple(Write(n * step, f"dags/{n}.py", events) for n in range(files))


BURSTS: dict[str, Burst] = {
    "1 file": _even(1, 0),
    "50 files in 3 s": _even(50, 3),
    "200 files in 20 s": _even(200, 20),
    "2,500 files x 3 in 30 s": _even(2500, 30, events=3),
    "a file every 4 s for 10 min": _even(151, 600),
    "a save every 8 s for 2 min": tuple(Write(8.0 * n, "dags/edited.py") for n in range(16)),
}
