"""The shapes that the stack can have: one process and one account with a key, or what infra/ deploys.

Deployed means the Flex Consumption plan: HTTP functions share instances, the blob functions of Event Grid share others,
and each other function has its own (docs: event-driven-scaling, "Per-function scaling"). The DAG files lie in an
account of their own, which the app may only read; storage is reached over TLS, by the identity and never by a key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from local.azurite import Azurite
from local.certificate import Certificate, make_certificate
from local.ports import free_ports

ShapeName = Literal["local", "deployed"]
SHAPES: tuple[ShapeName, ...] = get_args(ShapeName)

_DAG_ACCOUNT = "dagfiles"
_GROUPS = {"httpTrigger": "http", "blobTrigger": "blob"}


@dataclass(frozen=True, slots=True)
class Storage:
    """The app's own account, and the one with the DAG files, which may be the same."""

    own: Azurite
    dags: Azurite
    certificate: Certificate | None = None

    @classmethod
    def local(cls, port: int) -> "Storage":
        """Return one account for everything."""
        azurite = Azurite(port)
        return cls(azurite, azurite)

    @classmethod
    def deployed(cls, port: int, folder: Path) -> "Storage":
        """Return two accounts behind a certificate, which is written into the folder."""
        made = make_certificate(folder)
        dags = Azurite(free_ports(1), account=_DAG_ACCOUNT, certificate=made, only_blobs=True)
        return cls(Azurite(port, certificate=made), dags, made)

    @property
    def accounts(self) -> Mapping[str, Azurite]:
        """Each account by the name of its process."""
        one = {"Azurite": self.own}
        return one if self.own is self.dags else one | {"Azurite for the DAG files": self.dags}

    @property
    def settings(self) -> dict[str, str]:
        """Return the connections as infra/main.bicep sets them.

        There is nothing to set where one account with a key serves for everything.
        """
        if self.certificate is None:
            return {}
        return {
            "AzureWebJobsStorage__credential": "managedidentity",
            "AzureWebJobsStorage__blobServiceUri": self.own.blob_url,
            "AzureWebJobsStorage__queueServiceUri": self.own.queue_url,
            "AzureWebJobsStorage__tableServiceUri": self.own.table_url,
            "DagStorage__credential": "managedidentity",
            "DagStorage__blobServiceUri": self.dags.blob_url,
            "DagStorage__queueServiceUri": self.own.queue_url,
            "RELAY_CONNECTION": "DagStorage",
        }

    @property
    def trusting(self) -> dict[str, str]:
        """Return what lets a process trust the certificate; the machine's own variables would name other files."""
        return self.certificate.trusting if self.certificate else {}


@dataclass(frozen=True, slots=True)
class ScaleGroup:
    """Functions that share instances; `disabled` are the settings that keep the others from running there."""

    name: str
    disabled: Mapping[str, str]


def scale_groups(triggers: Mapping[str, str]) -> tuple[ScaleGroup, ...]:
    """Return the groups, the one of HTTP first, for functions that are given with the types of their triggers."""
    group_of = {function: _GROUPS.get(trigger, function) for function, trigger in triggers.items()}
    names = sorted(set(group_of.values()), key=lambda name: (name != "http", name))
    return tuple(
        ScaleGroup(name, _disabled(function for function, group in group_of.items() if group != name)) for name in names
    )


def _disabled(functions: Iterable[str]) -> dict[str, str]:
    return {f"AzureWebJobs.{function}.Disabled": "true" for function in functions}
