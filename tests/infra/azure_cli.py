"""An `az` and an `azd` that play Azure's part for the scripts, and a `sleep` that takes no time.

They note what they are asked, and answer as a test says.
"""

import os
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.infra.compiler import INFRA

# The first pattern that matches the question answers it. An answer that begins with `!` is a failure.
_PROGRAM = """#!/usr/bin/env bash
echo "${0##*/} $*" >> "$CALLS"
while IFS='|' read -r words from answer; do
    [[ "${0##*/} $*" == $words ]] || continue
    [ "$(grep -c -- "${words//\\*/.*}" "$CALLS")" -ge "$from" ] || continue
    if [[ "$answer" == "!"* ]]; then printf '%b\\n' "${answer#!}" >&2; exit 3; fi
    printf '%b\\n' "$answer"
    exit 0
done < "$ANSWERS"
echo "nothing answers: ${0##*/} $*" >&2
exit 4
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What `az` says to a question that matches a pattern, from the so manyth time on; `!` before it: as a failure."""

    question: str
    said: str = ""
    from_time: int = 1


@dataclass(frozen=True, slots=True)
class Ran:
    """How a script ended, and what it asked."""

    code: int
    out: str
    err: str
    calls: Sequence[str]

    def asked(self, words: str) -> list[str]:
        """Return the questions with these words in them."""
        return [call for call in self.calls if words in call]


def run(script: str, folder: Path, variables: Mapping[str, str], answers: Sequence[Answer]) -> Ran:
    """Run a script of infra/ with nothing of Azure but these answers."""
    for name in ("az", "azd", "sleep"):
        program = folder / name
        program.write_text(_PROGRAM)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    calls = folder / "calls"
    calls.touch()
    (folder / "answers").write_text(
        "".join(f"{one.question}|{one.from_time}|{one.said}\n" for one in [*answers, Answer("sleep *")])
    )
    own = {"CALLS": str(calls), "ANSWERS": str(folder / "answers"), "PATH": f"{folder}:{os.environ['PATH']}"}
    ran = subprocess.run(
        [INFRA / "scripts" / script], env={**variables, **own}, capture_output=True, text=True, check=False
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr, calls.read_text().splitlines())
