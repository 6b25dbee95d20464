"""The Functions host that runs the app, the stand-in or Microsoft's own: how it is started, and when it is ready."""

import asyncio
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO, get_args

from local.app_settings import ROOT
from local.errors import LocalError
from local.ports import LOOPBACK
from local.processes import Child, Service

HostName = Literal["standin", "func"]
HOSTS: tuple[HostName, ...] = get_args(HostName)
_EXTENSIONS = ("blobs", "eventgrid")

# Its storage client writes a dozen lines for every request, and the 404 of what is not made yet is a warning there.
_FUNC_SETTINGS = {
    "AzureFunctionsJobHost__logging__logLevel__Azure.Core": "Error",
    # The app's host.json leaves out the lines about runs for events; locally the runs are counted by them.
    "AzureFunctionsJobHost__logging__logLevel__Function.on_dag_blob": "Information",
    "AzureFunctionsJobHost__logging__logLevel__Function.on_blob_deleted": "Information",
    "AzureWebJobsSecretStorageType": "blob",
}


def require(host: HostName) -> None:
    """Raise LocalError if the host is not on this machine."""
    if host == "func" and shutil.which("func") is None:
        raise LocalError("there is no `func` on the PATH; install Azure Functions Core Tools or use --host standin")


@dataclass(frozen=True, slots=True)
class FunctionsHost:
    """A host of either kind, on a port. `env` are the app's settings; `home` is where the stand-in's code is.

    `secrets` is how to reach its keys from here, if not as the app reaches its storage; `certificate` is to be trusted.
    """

    host: HostName
    port: int
    env: dict[str, str]
    enable_auth: bool = False
    app_dir: Path = ROOT
    python: str = sys.executable
    home: Path = ROOT
    name: str = "the Functions host"
    secrets: str | None = None
    certificate: Path | None = None

    @property
    def url(self) -> str:
        """Where the app answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def service(self, log: TextIO) -> Service:
        """Start the host; its log goes to `log`."""
        func = {**_FUNC_SETTINGS, "languageWorkers__python__defaultExecutablePath": self.python}
        env = self.env if self.host == "standin" else {**func, **self.env}
        cwd = self.home if self.host == "standin" else self.app_dir
        return Service(lambda: Child(self.name, self._command(), env=env, cwd=cwd, log=log), log)

    def wait_until_ready(self, child: Child) -> None:
        """Wait until the host runs, its functions and the keys of its webhooks are there.

        Raises LocalError if it ends before, or takes too long.
        """
        if self.host == "standin":
            child.ready_line()
        else:
            child.wait_until(self._is_ready)

    def _command(self) -> list[str]:
        if self.host == "standin":
            auth = ["--enable-auth"] if self.enable_auth else []
            place = ["--port", str(self.port), "--app-dir", str(self.app_dir)]
            return [self.python, "-m", "local", "host", *place, *auth]
        return ["func", "start", "--port", str(self.port), *(["--enableAuth"] if self.enable_auth else [])]

    def _is_ready(self) -> bool:
        secrets = self.secrets or self.env["AzureWebJobsStorage"]
        return asyncio.run(_has_functions_and_keys(self.url, secrets, self.certificate))


async def _has_functions_and_keys(url: str, storage: str, certificate: Path | None) -> bool:
    from aiohttp import ClientError, ClientSession
    from azure.core.exceptions import AzureError
    from azure.storage.blob.aio import ContainerClient

    from local.events.host_api import HostApi
    from local.host.keys import CONTAINER

    trusted = True if certificate is None else str(certificate)
    secrets = ContainerClient.from_connection_string(storage, CONTAINER, retry_total=0, connection_verify=trusted)
    async with secrets, ClientSession() as session:
        api = HostApi(session, url, secrets)
        try:
            keys = [await api.system_key(extension) for extension in _EXTENSIONS]
            return all(keys) and bool(await api.functions())
        except (LocalError, ClientError, AzureError, TimeoutError):
            return False
