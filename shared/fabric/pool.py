"""The nodes of an environment as a pool of Fabric.

Sources: the published specification of `poolTemplates` (at least five nodes) and the REST page of Data Factory (three
nodes, and each extra node adds workers). That five nodes are Fabric's three is an inference, and said so in the report.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from shared.fabric.environment import AdfEnvironment, member
from shared.fabric.finding import KeyFinding

_Json = dict[str, Any]

COMPUTE = ("properties", "typeProperties", "computeProperties")
FEWEST_NODES = 5
JOB_VERSION = "1.0.0"
_SIZES: dict[str, Literal["Small", "Large"]] = {"small": "Small", "large": "Large"}
_TODO = "let a workspace admin make the pool of pool.json, and choose it for the job with environment/updateCompute"
_CAPACITY = "the job runs where the capacity of its workspace is"
_NO_PLACE = {
    "location": _CAPACITY,
    "computePool": "the pool is chosen after the job is made",
    "poolId": "the pool is chosen after the job is made",
    "poolName": "the pool is chosen after the job is made",
    "vnetEnabled": "Fabric has no private networks for Airflow jobs",
    "enableAvailabilityZones": "a property of the pool in Fabric, read only",
}


def pool_of(environment: AdfEnvironment) -> _Json | None:
    """Return the body that makes the pool; None where the starter pool will do: small nodes, and none in addition."""
    size, extra, most = _size(environment), _count(environment, "extraNodes"), _count(environment, "autoScaleMaxNodes")
    if size == "Small" and not extra and not _autoscales(environment):
        return None
    fewest = max(FEWEST_NODES, _count(environment, "autoScaleMinNodes"))
    nodes = {"minNodeCount": fewest, "maxNodeCount": max(fewest, FEWEST_NODES + extra, most)}
    return {
        "name": f"{environment.name}-pool",
        "nodeSize": size,
        "computeScalability": nodes,
        "apacheAirflowJobVersion": JOB_VERSION,
    }


def rule(environment: AdfEnvironment) -> Callable[[tuple[str, ...], Any], KeyFinding]:
    """Return what decides about a key of the compute section."""
    return partial(_finding, pool_of(environment))


def _finding(pool: _Json | None, path: tuple[str, ...], value: Any) -> KeyFinding:  # noqa: ANN401 - any JSON value
    key = path[-1].lower()
    lost = {name.lower(): note for name, note in _NO_PLACE.items()}
    match key:
        case "computesize" if str(value).lower() not in _SIZES:
            return KeyFinding(path, "lost", "expected Small or Large", "choose the size of the nodes in pool.json")
        case "computesize" | "extranodes" | "enableautoscale" | "autoscaleminnodes" | "autoscalemaxnodes":
            return KeyFinding(path, "changed", _fits(pool), _TODO if pool else "")
        case known if known in lost:
            return KeyFinding(path, "lost", lost[known])
        case _:
            return KeyFinding(path, "lost", "not known to Fabric")


def _fits(pool: _Json | None) -> str:
    if pool is None:
        return "the starter pool has small nodes; it pauses when idle, and schedules wait until it is back"
    nodes = pool["computeScalability"]
    return (
        f"a pool of {nodes['minNodeCount']} to {nodes['maxNodeCount']} {pool['nodeSize'].lower()} nodes; "
        f"that Fabric's {FEWEST_NODES} stand for Data Factory's 3 is assumed"
    )


def _size(environment: AdfEnvironment) -> Literal["Small", "Large"]:
    return _SIZES.get(str(member(environment.compute, "computeSize")).lower(), "Small")


def _count(environment: AdfEnvironment, name: str) -> int:
    """Read a number, which templates may have made a text."""
    found = member(environment.compute, name)
    return int(found) if re.fullmatch(r"\d{1,4}", str(found)) else 0


def _autoscales(environment: AdfEnvironment) -> bool:
    return str(member(environment.compute, "enableAutoscale")).lower() == "true"
