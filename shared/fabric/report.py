"""A translation as the files that a person gets: the job's folder, two bodies for REST calls, requirements, a report.

The folder has the form of Fabric's Git integration, which fabric-cicd takes, too. Its `logicalId` is made of the name,
so that a second translation updates the same item.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.fabric.translation import Translation

_SCHEMA = "https://developer.microsoft.com/json-schemas/fabric/gitIntegration/platformProperties/2.0.0/schema.json"
_FATES = {
    "carried": "Carried over as they are",
    "changed": "Changed on the way",
    "lost": "Lost: Fabric has no place for them, or the relay may not know them",
}
_ALWAYS = """\
Requirements in the definition are installed by a restart of the environment, which takes tens of minutes; \
`environment/deployRequirements` with requirements.txt installs them while it runs.
Connections and Variables of Airflow, users, roles and the history of runs are in Airflow's database, which nothing \
exports. Make connections and Variables anew, or keep them in Azure Key Vault.
Diagnostic logs of Data Factory's Airflow have no counterpart: replace alerts on the ADFAirflow* tables.
Fabric's Airflow reaches public endpoints only: check what the DAGs connect to.
Unpause the DAGs in the new Airflow only after the old one is off, or each run happens twice.
""".splitlines()


def files_of(translation: Translation) -> dict[str, str]:
    """Return each file's text by its path; `pool.json` is there only if the starter pool will not do."""
    folder = f"{translation.name}.ApacheAirflowJob"
    files = {
        f"{folder}/.platform": _json(_platform(translation)),
        f"{folder}/apacheairflowjob-content.json": _json(translation.content),
        "settings.json": _json(translation.settings),
        "requirements.txt": "".join(f"{line}\n" for line in translation.requirements),
        "report.md": report(translation),
    }
    return files | ({"pool.json": _json(translation.pool)} if translation.pool else {})


def report(translation: Translation) -> str:
    """Return what became of each key and what is left to do, in Markdown; it repeats no secret."""
    return "\n".join(_report(translation)) + "\n"


def _report(translation: Translation) -> Iterator[str]:
    yield f"# {translation.name}: from Data Factory to Fabric"
    yield from ("", "## To do by hand", "")
    todos = dict.fromkeys(finding.todo for finding in translation.findings if finding.todo)
    yield from (f"{number}. {_cell(todo)}" for number, todo in enumerate((*todos, *_ALWAYS), 1))
    for fate, title in _FATES.items():
        rows = [finding for finding in translation.findings if finding.fate == fate]
        if rows:
            yield from ("", f"## {title}", "", "| key | what |", "|---|---|")
            yield from (f"| `{_cell('.'.join(row.path))}` | {_cell(row.note)} |" for row in rows)


def _cell(text: str) -> str:
    """Keep a text from ending its cell, its line or its code span."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")


def _platform(translation: Translation) -> dict[str, Any]:
    metadata = {"type": "ApacheAirflowJob", "displayName": translation.name}
    if translation.description:
        metadata["description"] = translation.description
    logical_id = str(uuid5(NAMESPACE_URL, f"dag-relay:ApacheAirflowJob:{translation.name.lower()}"))
    return {"$schema": _SCHEMA, "metadata": metadata, "config": {"version": "2.0", "logicalId": logical_id}}


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
