"""Runs in the Python of an installed Airflow, 3.8 or newer, and prints as JSON what can be imported there.

Without arguments: the names of each of Airflow's own modules, the arguments of `DAG`, the extras, and the distributions
that came along. With the answers of such runs in a file: which of their names this Airflow has, those included that it
makes only when they are asked for.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import re
import sys
import warnings
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

# Nothing a DAG file imports, or nothing that may be imported outside of a server.
LEFT_OUT = re.compile(
    r"airflow\.(providers|migrations|www|example_dags|cli|api_connexion|api_fastapi|api_internal|auth|ui|_\w+|__main__"
    r"|ti_deps|task|dag_processing|jobs|executors|kubernetes|serialization|config_templates|alembic|logging_config"
    r"|providers_manager|provider_info|sdk\._\w+|sdk\.(api|execution_time|serde|bases\._|definitions\._\w+))(\.|$)|.*\.__main__$"
)


def modules() -> Iterator[str]:
    """Yield the dotted names of the files of the package `airflow`, wherever they are installed."""
    for distribution in ("apache-airflow", "apache-airflow-core", "apache-airflow-task-sdk"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            for file in metadata.files(distribution) or ():
                if file.suffix == ".py" and file.parts[0] == "airflow":
                    parts = file.with_suffix("").parts
                    yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def load(name: str) -> ModuleType | BaseException:
    """Import a module, or return why that fails; whatever it prints is dropped."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - a module may end the process, too
        return error


def public(module: ModuleType) -> list[str]:
    """Return the names that one can import from a module, those included that it makes only when they are asked for."""
    lazy = getattr(module, "__lazy_imports", {})
    every = {*vars(module), *getattr(module, "__all__", ()), *lazy}
    return sorted(name for name in every if isinstance(name, str) and name.isidentifier() and not name.startswith("_"))


def names() -> dict[str, list[str]]:
    """Return what this Airflow has: module -> names."""
    wanted = sorted({name for name in modules() if not LEFT_OUT.match(name)})
    loaded = {name: load(name) for name in wanted}
    virtual = {name: module for name, module in list(sys.modules.items()) if name.startswith("airflow.")}
    both = {**{name: module for name, module in virtual.items() if not LEFT_OUT.match(name)}, **loaded}
    found = {name: public(module) for name, module in sorted(both.items()) if not isinstance(module, BaseException)}
    for name, module in both.items():
        for old, renamed in getattr(module, "__deprecated_classes", {}).items():
            found[f"{name}.{old}"] = sorted({*found.get(f"{name}.{old}", ()), *renamed})
    return found


def dag_arguments() -> list[str]:
    """Return the names of the arguments of `DAG`."""
    dag = importlib.import_module("airflow").DAG
    return sorted(name for name in inspect.signature(dag.__init__).parameters if name != "self")


def distributions() -> dict[str, Any]:
    """Return the installed distributions: what can be imported of each, and what each needs."""
    found: dict[str, Any] = {}
    for distribution in metadata.distributions():
        name = canonical(distribution.metadata["Name"])
        needed = [line for line in distribution.requires or () if "extra ==" not in line]
        found[name] = {"modules": sorted(top_level(distribution)), "requires": sorted({dist_name(n) for n in needed})}
    return found


def top_level(distribution: metadata.Distribution) -> Iterator[str]:
    """Yield the names at the top of what a distribution installs."""
    for file in distribution.files or ():
        first = file.parts[0]
        if len(file.parts) > 1 and file.suffix in {".py", ".so"} and "." not in first and first != "airflow":
            yield first
        elif len(file.parts) == 1 and file.suffix in {".py", ".so"}:
            yield first.partition(".")[0]


def extras() -> dict[str, list[str]]:
    """Return the distributions that each extra of `apache-airflow` brings."""
    found: dict[str, set[str]] = {}
    for line in metadata.requires("apache-airflow") or ():
        for extra in re.findall(r"""extra == ['"]([^'"]+)['"]""", line):
            found.setdefault(canonical(extra), set()).add(dist_name(line))
    return {extra: sorted(names) for extra, names in sorted(found.items())}


def dist_name(requirement: str) -> str:
    """Return the name at the front of a requirement."""
    return canonical(re.match(r"[A-Za-z0-9._-]+", requirement)[0])


def canonical(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def has(wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return which of the modules, and which of their names, can be imported; names that need a provider count."""
    return {
        name: found
        for name, candidates in sorted(wanted.items())
        if (found := importable(name, candidates)) is not None
    }


def importable(name: str, candidates: list[str]) -> list[str] | None:
    """Return the names that a module has, None for a module that is not there."""
    module = load(name)
    if isinstance(module, BaseException):
        return sorted(candidates) if needs_provider(module) else None
    return [candidate for candidate in candidates if gives(module, candidate)]


def gives(module: ModuleType, name: str) -> bool:
    """Whether a module has a name, be it after a provider is installed."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            getattr(module, name)
    except BaseException as error:  # noqa: BLE001 - a module's __getattr__ may raise anything
        return needs_provider(error) or not isinstance(load(f"{module.__name__}.{name}"), BaseException)
    return True


def needs_provider(error: BaseException) -> bool:
    """Whether an import failed only for a provider, or what one needs, that is not installed."""
    return "airflow.providers" in str(error) and not isinstance(error, AttributeError)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:]:
        print(json.dumps(has(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
    else:
        answer = {
            "airflow": metadata.version("apache-airflow"),
            "arguments": dag_arguments(),
            "names": names(),
            "extras": extras(),
            "distributions": distributions(),
        }
        print(json.dumps(answer))
