"""What became of one key of an environment, and what has to be done about it."""

from dataclasses import dataclass
from typing import Literal

Fate = Literal["carried", "changed", "lost"]


@dataclass(frozen=True, slots=True)
class KeyFinding:
    """A key's path in the environment's JSON and its fate; `note` says why, `todo` what is left to do. No secrets."""

    path: tuple[str, ...]
    fate: Fate
    note: str = ""
    todo: str = ""
