"""Which of the files an import leads to."""

from collections.abc import Iterator
from itertools import chain

from shared.folder.checks.files import CheckedFile
from shared.folder.checks.outline import Import

_Key = tuple[str | None, str]


class Modules:
    """The checked files by the names under which they import each other."""

    def __init__(self, files: list[CheckedFile]) -> None:
        self._files: dict[_Key, CheckedFile] = {(file.archive, file.module): file for file in files}
        self._mentions: dict[str, set[int]] = {}
        for file in files:
            for part in chain.from_iterable(map(_parts, file.outline.imports)):
                self._mentions.setdefault(part, set()).add(id(file))

    def is_imported(self, file: CheckedFile) -> bool:
        """Whether another of the files imports something of this name, in whichever way and place."""
        return bool(self._mentions.get(file.module.rpartition(".")[2], set()) - {id(file)})

    def found(self, file: CheckedFile, wanted: Import) -> Iterator[CheckedFile]:
        """Yield those of the files that an import of this file loads; in a zip file its own come first."""
        for module in _candidates(wanted, file):
            own = module.partition(".")[0] in file.beside
            target = self._files.get((file.archive if own else None, module))
            if target is not None and target is not file:
                yield target

    def loaded_by(self, file: CheckedFile) -> Iterator[tuple[CheckedFile, Import]]:
        """Yield the files that loading this one surely loads as well, and the imports that lead to them."""
        for wanted in file.outline.imports:
            if wanted.always:
                yield from ((target, wanted) for target in self.found(file, wanted))


def _candidates(wanted: Import, file: CheckedFile) -> Iterator[str]:
    """Yield the modules that an import loads where they exist: packages on the way, and names that may be modules."""
    package = [part for part in file.module.split(".") if part]
    if not file.is_package:
        package = package[:-1]
    base = package[: len(package) - wanted.dots + 1] if wanted.dots else []
    parts = [*base, *filter(None, wanted.module.split("."))]
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    yield from (".".join([*parts, name]) for name in wanted.names)


def _parts(written: Import) -> Iterator[str]:
    yield from filter(None, written.module.split("."))
    yield from written.names
