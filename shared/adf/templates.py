"""What is sent although it was meant for a template engine: unresolved expressions, and whole ARM templates.

Data Factory would take an expression for text: `[parameters('pw')]` would be the password.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adf.secrets import SECRET_KEYS, SECRET_MAPS, leaves, looks_secret
from shared.adf.spec import is_airflow

# Whole values only, and in forms that a real secret is most unlikely to have.
_FORMS = {
    "an expression of an ARM template": r"\[[A-Za-z]\w*\(.*\]",
    "a Key Vault reference": r"@Microsoft\.KeyVault\(.*\)",
    "an expression of a Data Factory pipeline": (
        r"@\{?(?:activity|concat|dataset|item|linkedService|pipeline|variables)\(.*"
    ),
    "a placeholder of a template": (
        r"\$?\{\{.*\}\}|#\{.*\}#?|<%.*%>|__[A-Za-z]\w*__|<[\w -]*(?i:password|secret|token|key)>"
    ),
    "a variable of a shell, a pipeline or Terraform": r"\$[A-Z_][A-Z0-9_]*|\$\{[^{}]*\}|\$\([^()]*\)|%[A-Za-z_]\w*%",
}
_COMPILED = {kind: re.compile(form, re.DOTALL) for kind, form in _FORMS.items()}


@dataclass(frozen=True, slots=True)
class Expression:
    """Where an expression stands, of which kind it is, and whether a secret belongs there."""

    path: tuple[str, ...]
    kind: str
    secret: bool

    @property
    def message(self) -> str:
        """What to tell the caller."""
        return f"looks like {self.kind} that was not resolved; expected the value itself"


def expressions_in(spec: object) -> Iterator[Expression]:
    """Yield the expressions among the values of a spec."""
    for leaf in leaves(spec):
        kind = _kind(leaf.value.strip()) if isinstance(leaf.value, str) else None
        if kind is not None:
            yield Expression(leaf.path, kind, secret=leaf.secret and _belongs_to_a_secret(leaf.path))


def _kind(text: str) -> str | None:
    return next((kind for kind, form in _COMPILED.items() if form.fullmatch(text)), None)


def _belongs_to_a_secret(path: tuple[str, ...]) -> bool:
    """Whether the place is one of a secret: of a key, or of a variable whose name says so."""
    if any(key.lower() in SECRET_KEYS for key in path):
        return True
    maps = [place for place, key in enumerate(path[:-1]) if key.lower() in SECRET_MAPS]
    return any(looks_secret(path[place + 1]) for place in maps)


_RUNTIME = "/integrationruntimes"
_LONGEST_OUTLINE = 1000


@dataclass(frozen=True, slots=True)
class TemplateFound:
    """An ARM template, and the path in the body that leads to it, with a dot at its end or empty."""

    path: str
    template: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TemplatePart:
    """The resource of an ARM template that describes an environment, by its path, and which of its keys to send."""

    path: str
    outline: str


def template_in(body: Mapping[str, Any]) -> TemplateFound | None:
    """Return the ARM template that a body is or, as one of a deployment, holds; None for a spec."""
    properties = body.get("properties")
    inside = {"": body, "template.": body.get("template")}
    if isinstance(properties, dict):
        inside = {"properties.template.": properties.get("template")}
    found = (TemplateFound(path, each) for path, each in inside.items() if isinstance(each, dict))
    return next((each for each in found if isinstance(each.template.get("resources"), list | dict)), None)


def environment_in(found: TemplateFound) -> TemplatePart | None:
    """Return the first environment in a template; resources may stand within a resource."""
    todo: deque[tuple[str, Any]] = deque([(found.path, found.template)])
    while todo:
        path, holder = todo.popleft()
        resources = holder.get("resources") if isinstance(holder, dict) else None
        named = resources.items() if isinstance(resources, dict) else enumerate(resources or ())
        for key, resource in named if isinstance(resources, list | dict) else ():
            place = f"{path}resources.{key}"
            if _is_environment(resource):
                return TemplatePart(place, json.dumps({"properties": _keys(resource["properties"])})[:_LONGEST_OUTLINE])
            todo.append((f"{place}.", resource))
    return None


def _is_environment(resource: object) -> bool:
    kind = resource.get("type") if isinstance(resource, dict) else None
    return isinstance(kind, str) and kind.lower().endswith(_RUNTIME) and is_airflow(resource)


def _keys(value: object) -> object:
    """Return the keys of a value without what stands there, which may be secret."""
    return {key: _keys(member) for key, member in value.items()} if isinstance(value, dict) else "..."
