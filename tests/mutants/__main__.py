"""`make mutants`: deliberate faults, put into a copy of the tree one by one; each has to be caught by a test.

A fault is a patch with two lines before it: what is wrong, and the tests that should see it. Where those pass, the
model has its turn.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATCHES = Path(__file__).with_name("patches")
MODEL = ("tests/model/test_promises.py", "tests/model/test_unswept_promises.py")
_TESTS = "Tests: "
_LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "dist", "__pycache__")
# In seconds; a fault may keep a test from ending.
_LONGEST_S = 1200


@dataclass(frozen=True, slots=True)
class Mutant:
    """A deliberate fault: what is wrong with it, the tests that should see it, and the patch."""

    name: str
    fault: str
    tests: tuple[str, ...]
    patch: Path

    @classmethod
    def read(cls, patch: Path) -> "Mutant":
        """Read a patch; raise ValueError where its two lines are not there."""
        fault, tests, *_ = patch.read_text().splitlines()
        if not tests.startswith(_TESTS):
            raise ValueError(f"{patch}: expected what is wrong in the first line, and {_TESTS!r} in the second")
        return cls(patch.stem, fault, tuple(tests.removeprefix(_TESTS).split()), patch)


def mutants(names: Sequence[str]) -> list[Mutant]:
    """Return the faults of these names, all without one; raise ValueError for a name that no fault has."""
    found = [Mutant.read(patch) for patch in sorted(PATCHES.glob("*.patch"))]
    if unknown := set(names) - {mutant.name for mutant in found}:
        raise ValueError(f"expected names of patches in {PATCHES.name}/, not {', '.join(sorted(unknown))}")
    return [mutant for mutant in found if not names or mutant.name in names]


@dataclass(frozen=True, slots=True)
class Tree:
    """A copy of the project into which faults are put."""

    root: Path
    schedules: int

    def can_take(self, mutant: Mutant) -> bool:
        """Whether the patch fits the code as it is now."""
        return self._apply(mutant, "--check")

    def verdict(self, mutant: Mutant) -> str | None:
        """Return what caught the fault, None if nothing did."""
        if not self._apply(mutant):
            raise ValueError(f"the patch {mutant.name} does not apply")
        try:
            return next((name for name, tests in self._judges(mutant) if not self.passes(tests)), None)
        finally:
            self._apply(mutant, "--reverse")

    def passes(self, tests: Sequence[str]) -> bool:
        """Whether all of these tests pass; one that does not end has failed."""
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "-x", "-q", *tests]
        surroundings = os.environ | {"SCHEDULES": str(self.schedules), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            ran = subprocess.run(
                command, cwd=self.root, env=surroundings, capture_output=True, timeout=_LONGEST_S, check=False
            )
        except subprocess.TimeoutExpired:
            return False
        return ran.returncode == 0

    def _judges(self, mutant: Mutant) -> Iterator[tuple[str, Sequence[str]]]:
        yield "its tests", mutant.tests
        yield "the model", MODEL

    def _apply(self, mutant: Mutant, *options: str) -> bool:
        ran = subprocess.run(
            [shutil.which("git") or "git", "apply", *options, str(mutant.patch)],
            cwd=self.root,
            capture_output=True,
            check=False,
        )
        return ran.returncode == 0


def _report(tree: Tree, found: Sequence[Mutant]) -> list[str]:
    """Try every fault and return what is wrong, one line each."""
    wrong = [f"{mutant.name}: the patch does not apply any more" for mutant in found if not tree.can_take(mutant)]
    tests = sorted({test for mutant in found for test in mutant.tests})
    if wrong or not tree.passes(tests):
        return wrong or ["the tests fail without any fault"]
    for mutant in found:
        caught = tree.verdict(mutant)
        _say(f"{mutant.name}: {f'caught by {caught}' if caught else 'SURVIVED'}")
        wrong += [] if caught else [f"{mutant.name}: nothing caught it. {mutant.fault}"]
    return wrong


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Return 0 if every fault was caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="of patches without .patch; all without one")
    parser.add_argument("--schedules", type=int, default=300, help="of each test of the model; default: 300")
    options = parser.parse_args()
    found = mutants(options.names)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "tree")
        shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
        # For Azurite, which the tests in tests/integration start.
        (copy / "node_modules").symlink_to(ROOT / "node_modules")
        wrong = _report(Tree(copy, options.schedules), found)
    _say("\n".join([*wrong, f"{len(found)} faults, {len(wrong)} not caught"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
