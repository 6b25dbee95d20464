"""The clients of all environments, each made on first use, where ARM or the operator says that its Airflow is."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from shared.adf.names import EnvironmentId
from shared.airflow.address import AirflowAddress, managed_address
from shared.airflow.client import AirflowClient, AirflowLogin
from shared.arm.factory import get_environment
from shared.errors import ServiceRefusal
from shared.rest.caller import RestCaller

_ARM_DEADLINE_S = 20.0


class AirflowClients:
    """Finds an environment's Airflow; `configured` is where the operator says that it is, else ARM is asked.

    An environment that is made anew has another address, so that ARM is asked for each asking (a few times a sync);
    the client is kept while the address stays, and with it the version and the login's token.
    """

    def __init__(
        self,
        arm: RestCaller,
        login: Callable[[], AirflowLogin],
        scope: str,
        *,
        configured: AirflowAddress | None = None,
        trust_environment: bool = False,
    ) -> None:
        self._arm = arm
        self._login = login
        self._scope = scope
        self._configured = configured
        self._trust_environment = trust_environment
        self._clients: dict[AirflowAddress, AirflowClient] = {}
        self._lock = Lock()

    def of(self, environment: EnvironmentId) -> AirflowClient:
        """Return the client; raise ServiceError where ARM does not say where it is, or names a host of others."""
        address = self._configured or self._address(environment)
        with self._lock:
            if address not in self._clients:
                self._clients[address] = AirflowClient(
                    address, self._login(), trust_environment=self._trust_environment
                )
            return self._clients[address]

    def _address(self, environment: EnvironmentId) -> AirflowAddress:
        body = get_environment(self._arm, environment, deadline_s=_ARM_DEADLINE_S).json()
        web_url = _web_url(body)
        if web_url is None:
            raise ServiceRefusal("ARM names no airflowWebUrl for the environment", code="NoAirflowWebUrl")
        try:
            return managed_address(web_url, self._scope)
        except ValueError as error:
            raise ServiceRefusal(str(error), code="ForeignHost") from error


def _web_url(body: Any) -> str | None:  # noqa: ANN401 - any JSON value
    for key in ("properties", "typeProperties", "airflowProperties", "airflowWebUrl"):
        body = body.get(key) if isinstance(body, dict) else None
    return body if isinstance(body, str) else None
