"""Imports that fail in Airflow: relative ones, broken helpers, paths that a version does not have, missing packages."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from shared.folder.checks import facts
from shared.folder.checks.files import CheckedFile, cut, shown
from shared.folder.checks.findings import Finding
from shared.folder.checks.imports import Modules
from shared.folder.checks.outline import Import
from shared.folder.checks.requirements import Brought, brought, provider_of
from shared.folder.checks.surroundings import Surroundings, Version, is_package, module_of, root_of

_PROVIDERS = "airflow.providers."
# Packages of which the tables hold all modules; elsewhere an unknown module means nothing.
_WELL_KNOWN = frozenset({"airflow.operators", "airflow.sensors", "airflow.hooks", "airflow.decorators"})
# What installers bring along, distutils with them, and backports that Airflow or what it needs wants for some Pythons.
_MAY_BE_THERE = frozenset(
    {"pip", "setuptools", "pkg_resources", "wheel", "distutils", "importlib_metadata", "importlib_resources"}
)


def import_findings(files: list[CheckedFile], around: Surroundings) -> Iterator[Finding]:
    """Check the imports that run whenever Airflow loads one of the files."""
    modules = Modules(files)
    folder = _Folder(around)
    airflow = around.runtime.airflow_version
    loaded = {id(file): file for file in files if file.is_loaded(airflow)}
    reached = {id(helper): helper for file in loaded.values() for helper, _ in _reached(file, modules)}
    for file in loaded.values():
        yield from _broken(file, modules, folder)
        if not file.is_plugin:
            yield from _relative(file)
    for file in (loaded | reached).values():
        for found in file.outline.imports:
            if found.always and not found.dots:
                yield from _of_airflow(file, found, airflow)
                yield from folder.missing(file, found, modules)


def _reached(file: CheckedFile, modules: Modules) -> Iterator[tuple[CheckedFile, Import]]:
    """Yield the files that loading one surely loads, at whatever distance, each with the file's own import."""
    seen = {id(file)}
    pending = list(modules.loaded_by(file))
    while pending:
        target, through = pending.pop()
        if id(target) not in seen:
            seen.add(id(target))
            yield target, through
            pending.extend((further, through) for further, _ in modules.loaded_by(target))


def _broken(file: CheckedFile, modules: Modules, folder: "_Folder") -> Iterator[Finding]:
    for helper, through in _reached(file, modules):
        shadowed = not through.dots and folder.is_shadowed(through.module.partition(".")[0])
        if helper.is_broken and not shadowed and not folder.has_another(helper):
            message = f"This import leads to {shown(helper.name)}, which fails to load."
            yield file.finding(through.line, "BrokenImport", message, blocking=True)


def _relative(file: CheckedFile) -> Iterator[Finding]:
    """Find relative imports: Airflow loads each DAG file as a module without a package.

    An `__init__.py` on disk becomes a package of another name (importlib's FileLoader.is_package), which can import its
    own modules.
    """
    allowed = 1 if file.is_package and file.archive is None else 0
    for found in file.outline.imports:
        if found.always and found.dots > allowed:
            message = (
                "Airflow loads a DAG file without its package, so a relative import fails; import from the top of dags."
            )
            yield file.finding(found.line, "RelativeImport", message, blocking=True)


def _of_airflow(file: CheckedFile, found: Import, airflow: Version | None) -> Iterator[Finding]:
    """Find modules and names of Airflow's own that the environment's version does not have."""
    module = found.module
    if module.partition(".")[0] != "airflow" or module.startswith(_PROVIDERS):
        return
    there = facts.has_module(module, airflow)
    if there is False or (there is None and module.rpartition(".")[0] in _WELL_KNOWN):
        yield _not_there(file, found, module, facts.last_with(module))
    elif there:
        for name in found.names:
            if not name.startswith(("_", "*")) and not facts.has_name(module, name, airflow):
                yield _not_there(file, found, f"{module}.{name}", facts.last_with(module, name))


def _not_there(file: CheckedFile, found: Import, what: str, last: str | None) -> Finding:
    hint = f"Airflow {last} has it" if last else "look for a misspelling"
    message = f"The environment's Airflow has no {cut(what)}; {hint}."
    return file.finding(found.line, "NotInAirflow", message)


class _Folder:
    """What the folder and the environment give to import from."""

    def __init__(self, around: Surroundings) -> None:
        self._brought: Brought | None = brought(around)
        self._python = around.runtime.python_version
        self._airflow = around.runtime.airflow_version
        self._stems = {PurePosixPath(name).stem for name in around.names}
        self._tops = {part for name in around.names if (part := _top(name))}
        self._by_module: dict[str, list[str]] = {}
        for name in around.names:
            if name.endswith(".py"):
                self._by_module.setdefault(module_of(name), []).append(name)

    def is_shadowed(self, top: str) -> bool:
        """Whether Python may find a module of this name before the folder's own."""
        bundled = facts.is_standard(top, None) or bool(facts.distributions_of(top) & facts.bundled(None))
        return bundled or (self._brought is not None and self._brought.brings(top) is True)

    def has_another(self, helper: CheckedFile) -> bool:
        """Whether Python may find another file of the folder, changed or not, in a module's place.

        A package goes before a module. Which of dags and plugins goes first depends on Airflow's version
        (airflow.settings.prepare_syspath).
        """
        others = [name for name in self._by_module.get(helper.module, ()) if helper.archive is None]
        return any(root_of(name) != helper.root or (is_package(name) and not helper.is_package) for name in others)

    def missing(self, file: CheckedFile, found: Import, modules: Modules) -> Iterator[Finding]:
        """Find a module that nothing brings."""
        module = found.module
        top = module.partition(".")[0]
        if module.startswith(_PROVIDERS):
            if self._brought and not self._brought.brings_provider(module):
                message = f"No requirement brings {cut(module)}; add {provider_of(module)} to them."
                yield file.finding(found.line, "MissingModule", message)
        elif top != "airflow" and not self._is_there(file, found, modules) and (why := self._why(file, module)):
            yield file.finding(found.line, "MissingModule", why)

    def _is_there(self, file: CheckedFile, found: Import, modules: Modules) -> bool:
        top = found.module.partition(".")[0]
        leads = any(True for _ in modules.found(file, found))
        in_reach = top in self._tops or top in file.beside
        return leads or in_reach or file.outline.changes_path or top in _MAY_BE_THERE

    def _why(self, file: CheckedFile, module: str) -> str | None:
        """Return why a module that the folder does not have is missing, None where it may be there."""
        top = module.partition(".")[0]
        if self._brought is not None and self._brought.brings(top):
            return None
        since = facts.standard_since(top)
        if since:
            missing = f"Python's standard library has no {cut(top)} in the environment's version."
            return None if facts.is_standard(top, self._python) else missing
        if top == file.root.rstrip("/") and top.lower() == "dags":
            return f"Airflow puts the folder {top} on Python's path, not the one above: leave out {top}. here."
        if self._brought is None or self._brought.brings(module) is not False:
            return None
        if top in self._stems:
            return f"Only the top of dags is on Python's path: name the folders that {cut(top)} is in as well."
        named = sorted(facts.distributions_of(top))
        hint = f"add {named[0]} to the requirements" if len(named) == 1 else "add its package to the requirements"
        return f"Neither the folder nor a requirement brings {cut(top)}; {hint}."


def _top(name: str) -> str | None:
    """Return the name at the top of Python's path that a file of the folder gives, None for one that gives none."""
    parts = PurePosixPath(name).parts
    below = parts[1:] if parts[0].lower() in {"dags", "plugins"} else parts
    return below[0].partition(".")[0] if below else None
