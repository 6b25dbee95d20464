"""What schemathesis cannot learn from the document, because JSON Schema cannot say it."""

from typing import Any

import schemathesis
from schemathesis import Case, HookContext

_AIRFLOW = ("properties", "typeProperties", "airflowProperties")


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Let a name in the body be the name in the path, a version the only one, and keys differ in more than case.

    Data Factory never changes a version, and does not tell keys apart that differ in case only.
    """
    _drop_twins(case.body)
    name = case.path_parameters.get("name")
    if name is not None:
        _let_text_be(case.body, "name", name)
    airflow: Any = case.body
    for key in _AIRFLOW:
        airflow = airflow.get(key) if isinstance(airflow, dict) else None
    _let_text_be(airflow, "airflowVersion", "2.4.3")


def _let_text_be(section: object, key: str, text: str) -> None:
    """Put a text in the place of another one, so that what is wrong in any other way stays so."""
    if isinstance(section, dict) and isinstance(section.get(key), str):
        section[key] = text


def _drop_twins(value: object) -> None:
    """Keep the first of the keys that differ in case only, at any depth."""
    if isinstance(value, list):
        for each in value:
            _drop_twins(each)
    elif isinstance(value, dict):
        seen: set[str] = set()
        for key in list(value):
            if key.lower() in seen:
                del value[key]
            else:
                seen.add(key.lower())
                _drop_twins(value[key])
