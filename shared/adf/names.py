"""Names and ids of Azure Data Factory: what is legal, and what is part of what.

The patterns are those of Microsoft's REST page, the lengths those of the REST specification (datafactory.json,
"parameters"). ARM compares names without regard to case, so ids do too.
"""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NameRule:
    """What a name of one kind may look like; `pattern` has to match the whole name."""

    kind: str
    pattern: str
    shortest: int
    longest: int

    def check(self, name: str) -> str:
        """Return `name` if it is legal; raise ValueError, which says the rule and not the name, if it is not."""
        fits = self.shortest <= len(name) <= self.longest and re.fullmatch(self.pattern, name)
        if not fits:
            raise ValueError(f"expected {self.kind}: {self.shortest} to {self.longest} characters like {self.pattern}")
        return name


SUBSCRIPTION = NameRule("a subscription id", r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", 36, 36)
# `.` and `..` would fit the published pattern and vanish when a client normalises the URL; ARM refuses a last `.`.
RESOURCE_GROUP = NameRule("a resource group name", r"[-\w._()]*[-\w_()]", 1, 90)
FACTORY = NameRule("a data factory name", r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", 3, 63)
INTEGRATION_RUNTIME = NameRule("an integration runtime name", r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", 3, 63)
LINKED_SERVICE = NameRule("a linked service name", r"[A-Za-z0-9_][^<>*#.%&:\\+?/]*", 1, 260)

_FACTORY_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.DataFactory/factories/([^/]+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FactoryId:
    """A data factory's place in ARM."""

    subscription: str = field(compare=False)
    resource_group: str = field(compare=False)
    name: str = field(compare=False)
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check each name, so that an id that exists can go into a URL."""
        SUBSCRIPTION.check(self.subscription)
        RESOURCE_GROUP.check(self.resource_group)
        FACTORY.check(self.name)
        object.__setattr__(self, "key", str(self).lower())

    @classmethod
    def parse(cls, text: str) -> "FactoryId":
        """Read an ARM id; raise ValueError, which shows the expected form, for anything else."""
        match = _FACTORY_ID.fullmatch(text)
        if match is None:
            raise ValueError(
                "expected an ARM id like /subscriptions/<guid>/resourceGroups/<name>"
                "/providers/Microsoft.DataFactory/factories/<name>"
            )
        return cls(*match.groups())

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the id, for a URL."""
        provider = ("providers", "Microsoft.DataFactory", "factories", self.name)
        return ("subscriptions", self.subscription, "resourceGroups", self.resource_group, *provider)

    def __str__(self) -> str:
        return "/" + "/".join(self.segments)


@dataclass(frozen=True, slots=True)
class EnvironmentId:
    """An Airflow environment, which ARM knows as an integration runtime of a factory."""

    factory: FactoryId
    name: str = field(compare=False)
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the name, so that an id that exists can go into a URL."""
        INTEGRATION_RUNTIME.check(self.name)
        object.__setattr__(self, "key", str(self).lower())

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the id, for a URL."""
        return (*self.factory.segments, "integrationRuntimes", self.name)

    def __str__(self) -> str:
        return "/" + "/".join(self.segments)
