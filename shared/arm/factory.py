"""The Data Factory operations that the relay makes (the seed: "Create a new environment", "Import DAGs")."""

from collections.abc import Mapping

from shared.adf.names import EnvironmentId, FactoryId
from shared.adf.sync import SyncRequest
from shared.arm.answers import ArmAnswer
from shared.arm.caller import ArmCall, ArmCaller


def put_environment(
    caller: ArmCaller, environment: EnvironmentId, spec: Mapping[str, object], *, deadline_s: float
) -> ArmAnswer:
    """Create or update an Airflow environment with the spec as it stands."""
    return caller.call(ArmCall("put environment", "PUT", str(environment), spec), deadline_s=deadline_s)


def sync(caller: ArmCaller, factory: FactoryId, request: SyncRequest, *, deadline_s: float) -> ArmAnswer:
    """Make ADF import the folder; it answers before the import has finished, any 2xx means accepted."""
    return caller.call(
        ArmCall("airflow/sync", "POST", f"{factory}/airflow/sync", request.wire()), deadline_s=deadline_s
    )
