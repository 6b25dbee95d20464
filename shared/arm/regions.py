"""Where factories are: asked of ARM once, since a factory never moves."""

from collections.abc import Mapping
from typing import Any

from shared.adf.names import FactoryId
from shared.adf.regions import region_in
from shared.arm.caller import ArmCaller
from shared.arm.deadline import Deadline
from shared.arm.factory import get_factory
from shared.errors import ArmError

_MOST_S = 2.0
# Our role may not cover the factory itself, which would cost every PUT a call in vain.
_NOT_AGAIN_FOR_S = 300.0


class FactoryRegions:
    """What is known about the factories of one process, for a warning that is worth a moment and never a failure."""

    def __init__(self, arm: ArmCaller) -> None:
        self._arm = arm
        self._known: dict[FactoryId, str] = {}
        self._failed_at: dict[FactoryId, float] = {}

    def beside(self, spec: Mapping[str, Any], factory: FactoryId, deadline: Deadline) -> str | None:
        """Return the factory's region to hold beside that of the spec, None where it has none or ARM does not say."""
        if region_in(spec) is None:
            return None
        if factory not in self._known and self._may_ask(factory):
            self._ask(factory, min(_MOST_S, deadline.left_s))
        return self._known.get(factory)

    def _may_ask(self, factory: FactoryId) -> bool:
        failed_at = self._failed_at.get(factory)
        return failed_at is None or self._arm.clock() - failed_at > _NOT_AGAIN_FOR_S

    def _ask(self, factory: FactoryId, within_s: float) -> None:
        try:
            body = get_factory(self._arm, factory, deadline_s=within_s).json()
        except ArmError:
            body = None
        region = body.get("location") if isinstance(body, dict) else None
        if isinstance(region, str):
            self._known[factory] = region
        else:
            self._failed_at[factory] = self._arm.clock()
