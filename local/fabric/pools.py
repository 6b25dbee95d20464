"""Pools of a workspace, and which one new jobs run in. In beta; to change them needs the role Admin.

Source: the published specification of `apacheAirflowJobs/poolTemplates` and `apacheAirflowJobs/settings`.
"""

from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.arm.exchange import Answer, JsonObject
from local.arm.settings import explained
from local.fabric.errors import FabricError
from local.fabric.paging import page
from local.fabric.state import Asked, Pool, new_id

_Count = Annotated[int, Field(ge=5)]


class _Scalability(BaseModel):
    model_config = ConfigDict(strict=True)

    minNodeCount: _Count  # noqa: N815 - the wire's spelling, so that an error names the caller's key
    maxNodeCount: _Count  # noqa: N815


class _NewPool(BaseModel):
    model_config = ConfigDict(strict=True)

    name: Annotated[str, Field(min_length=1, max_length=64)]
    nodeSize: Literal["Small", "Large"]  # noqa: N815
    computeScalability: _Scalability  # noqa: N815
    apacheAirflowJobVersion: Literal["1.0.0"]  # noqa: N815


def workspace_settings(asked: Asked) -> Answer:
    """Show the pool that new jobs run in."""
    return Answer(body={"defaultPoolTemplateId": asked.fabric.default_pool})


def update_workspace_settings(asked: Asked) -> Answer:
    """Choose the pool that new jobs run in."""
    key = str(asked.json_object().get("defaultPoolTemplateId", "")).lower()
    _pool(asked, key)
    asked.fabric.default_pool = key
    return workspace_settings(asked)


def listing(asked: Asked) -> Answer:
    """List the pools in the order in which they were made."""
    pools = [_shown(key, pool) for key, pool in asked.fabric.pools.items()]
    return page(asked, pools, query="beta=true")


def get(asked: Asked) -> Answer:
    """Show a pool."""
    key = asked.names["pool"].lower()
    return Answer(body=_shown(key, _pool(asked, key)))


def create(asked: Asked) -> Answer:
    """Make a pool of at least five nodes."""
    try:
        asks = _NewPool.model_validate(asked.json_object())
    except ValidationError as error:
        raise FabricError.invalid(explained("the pool template", error)) from error
    nodes = asks.computeScalability
    if nodes.maxNodeCount < nodes.minNodeCount:
        raise FabricError.invalid("maxNodeCount is less than minNodeCount.")
    key = new_id()
    asked.fabric.pools[key] = pool = Pool(asks.name, asks.nodeSize, nodes.minNodeCount, nodes.maxNodeCount)
    return Answer(HTTPStatus.CREATED, _shown(key, pool))


def delete(asked: Asked) -> Answer:
    """Forget a pool that no job runs in and that is not the default."""
    key = asked.names["pool"].lower()
    _pool(asked, key)
    used = {str(job.section("computeProperties").get("poolId", "")).lower() for job in asked.fabric.jobs.values()}
    if key in used | {asked.fabric.default_pool}:
        raise FabricError.conflict("PoolTemplateInUse", "The pool template is in use.")
    del asked.fabric.pools[key]
    return Answer(HTTPStatus.OK)


def _pool(asked: Asked, key: str) -> Pool:
    pool = asked.fabric.pools.get(key)
    if pool is None:
        raise FabricError.not_found("pool template")
    return pool


def _shown(key: str, pool: Pool) -> JsonObject:
    return {
        "id": key,
        "name": pool.name,
        "nodeSize": pool.node_size,
        "computeScalability": {"minNodeCount": pool.fewest, "maxNodeCount": pool.most},
        "apacheAirflowJobVersion": "1.0.0",
        "shutdownPolicy": pool.shutdown_policy,
    }
