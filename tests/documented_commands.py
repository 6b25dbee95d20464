"""What the tests do with the commands of the documents: run them, unless a table here says why not."""

import re
from typing import NamedTuple

from tests.documents import DOCUMENTS, Command, commands

COMMANDS = [command for document in DOCUMENTS for command in commands(document)]

# What a reader replaces, and what the tests put there; a name in braces is a fact of the running stack.
PLACEHOLDERS = {
    "https://<app>.azurewebsites.net": "{app}",
    "http://127.0.0.1:7071": "{app}",
    "http://127.0.0.1:7072": "{arm}",
    "UseDevelopmentStorage=true": "{connection_string}",
    "<key>": "{key}",
    "<function key>": "{key}",
    "<guid>": "12345678-1234-1234-1234-123456789012",
    ".venv/bin/": "",
}


class Elsewhere(NamedTuple):
    """Commands that are not run, by a regular expression for what they contain, and why."""

    pattern: str
    why: str


NOT_HERE = (
    Elsewhere(r"\b(az|azd|func|azcopy) ", "talks to Azure, and is installed on few machines"),
    Elsewhere(r"^infra/scripts/", "talks to Azure; tests/infra runs it with an `az` that plays Azure's part"),
    Elsewhere(r"\bgit (clone|tag|push) ", "needs a remote repository"),
    Elsewhere(r"\bxdg-open ", "opens a browser"),
    Elsewhere(r"--account-url https:", "signs in to Azure; tests/e2e/test_cli_deploy.py uses a connection string"),
    Elsewhere(r"^pipx ", "installs for the user; tests/unit/test_cli_package.py builds the same wheel"),
    Elsewhere(r"^\. \.venv/bin/activate", "the tests have an interpreter already"),
)

# These run for long or until they are stopped, and tests of their own start them: their flags have to exist.
LONG = re.compile(r"^python -m (?:local (?:start|arm|host|events|demo|package)|tests\.chaos|benchmarks\.\w+)\b")


def is_elsewhere(command: Command) -> bool:
    """Whether a command cannot run here."""
    return any(re.search(entry.pattern, command.text, re.MULTILINE) for entry in NOT_HERE)


def is_make(command: Command) -> bool:
    """Whether a command is a target of the Makefile; tests and CI run those by themselves."""
    return command.text.startswith("make ")


def is_long(command: Command) -> bool:
    """Whether only the flags of a command are checked."""
    return LONG.match(command.text) is not None


def runs_here(command: Command) -> bool:
    """Whether a command is run against the local stack: all that are nothing else."""
    return not (is_elsewhere(command) or is_make(command) or is_long(command))
