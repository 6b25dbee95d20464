"""Programs in virtual environments of their own, with the versions of a requirements file; installed once."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.app_settings import ROOT
from local.errors import LocalError

_PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off")
_LAST_WORDS = 20

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Release:
    """A version of a program: what to install, and where to; the newest Python that it runs on is exclusive."""

    name: str
    command: str
    version: str
    requirements: Path
    folder: Path
    below_python: tuple[int, int]

    @property
    def program(self) -> Path:
        """The command's path."""
        return self.folder / "bin" / self.command

    @property
    def installed(self) -> bool:
        """Whether exactly this is there already."""
        stamp = self.folder / ".installed"
        return stamp.is_file() and stamp.read_text() == self._wanted

    @property
    def _wanted(self) -> str:
        return f"{sys.version_info[:2]} {hashlib.sha256(self.requirements.read_bytes()).hexdigest()}"

    def install(self, report: Report) -> None:
        """Install it if it is not there; `report` is told how many packages of how many are at hand.

        Raises LocalError with pip's last words where that does not work.
        """
        if self.installed:
            return
        if sys.version_info[:2] >= self.below_python:
            newest = ".".join(map(str, self.below_python))
            raise LocalError(
                f"{self.name} {self.version} needs a Python below {newest}; this is {sys.version.split()[0]}"
            )
        subprocess.run([sys.executable, "-m", "venv", "--clear", self.folder], check=True)
        self._run_pip(report)
        (self.folder / ".installed").write_text(self._wanted)

    def _run_pip(self, report: Report) -> None:
        command = [str(self.folder / "bin" / "python"), *_PIP, "-r", str(self.requirements)]
        total = sum("==" in line for line in self.requirements.read_text().splitlines())
        collected = 0
        words: list[str] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
            for line in pip.stdout or ():
                words.append(line)
                if line.startswith("Collecting "):
                    collected += 1
                    report(min(collected, total), total)
        if pip.returncode:
            raise LocalError(f"{self.name} {self.version} could not be installed:\n{''.join(words[-_LAST_WORDS:])}")


AIRFLOW_3 = Release("Airflow", "airflow", "3.3.2", ROOT / "requirements-airflow-3.txt", ROOT / ".venv-airflow", (3, 15))
AIRFLOW_2 = Release(
    "Airflow", "airflow", "2.10.5", ROOT / "requirements-airflow-2.txt", ROOT / ".venv-airflow-2", (3, 13)
)
AZURE_CLI = Release(
    "The Azure CLI", "az", "2.91.0", ROOT / "requirements-azure-cli.txt", ROOT / ".venv-azure-cli", (3, 15)
)
