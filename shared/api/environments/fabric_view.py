"""What `GET /api/environments/{name}/fabric` answers with."""

from typing import Literal

from shared.api.routes.views import View
from shared.fabric.report import files_of
from shared.fabric.translation import Translation


class KeyFate(View):
    """What became of a key of the environment; `todo` is what is left to do by hand, empty where nothing is."""

    path: str
    fate: Literal["carried", "changed", "lost"]
    note: str
    todo: str


class FabricJobFiles(View):
    """An environment as a Fabric Apache Airflow job: text by path, as `dag-relay to-fabric` writes it."""

    name: str
    files: dict[str, str]
    keys: tuple[KeyFate, ...]


def fabric_view(translation: Translation) -> FabricJobFiles:
    """Return a translation as the API shows it."""
    keys = tuple(
        KeyFate(path=".".join(finding.path), fate=finding.fate, note=finding.note, todo=finding.todo)
        for finding in translation.findings
    )
    return FabricJobFiles(name=translation.name, files=files_of(translation), keys=keys)
