"""How the local stack's Event Grid is to behave."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from local.events.faults import Faults

Schema = Literal["eventgrid", "cloudevents"]
SCHEMAS: tuple[Schema, ...] = get_args(Schema)


@dataclass(frozen=True, slots=True)
class Events:
    """In which schema events come, what goes wrong with them, and the seed that repeats it.

    `misnamed` is a function whose subscription names another one by now, which the app does not have.
    """

    schema: Schema = "eventgrid"
    faults: Faults = field(default_factory=Faults)
    seed: int = 1
    misnamed: str | None = None

    def as_arguments(self) -> list[str]:
        """Return the options of `python -m local events` that say the same."""
        misnamed = ["--misname", self.misnamed] if self.misnamed else []
        return ["--schema", self.schema, "--faults", str(self.faults), "--seed", str(self.seed), *misnamed]
