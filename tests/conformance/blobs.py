"""Blobs that the host finds: runs per change, names, poison."""

import base64
import json
from typing import Any

from tests.conformance.hosts import PATIENCE_S, Host
from tests.conformance.scenario import Scenario
from tests.emulated_storage import unique
from tests.waiting import until

NAMES = (
    "plain.py",
    "with space.py",
    "ünïcödé-数据.py",
    "hash#mark.py",
    "question?.py",
    "100%25 100%.py",
    "{brace}.py",
    "UPPER/lower.py",
    "a/b/c/d.py",
    "quote'\".py",
    "plus+and&=;,.py",
    "dot.",
    "x" * 1000,
)
NEVER = ("/leading.py", "ends/", "new\nline.py")


def runs(host: Host, name: str) -> int:
    return sum(what["BlobName"] == name for what in host.seen("on_scanned"))


def run_per_change(host: Host) -> object:
    """Return the runs after an upload, an overwrite, the same bytes again, new metadata, a deletion and an upload."""
    name, counts = unique("changes"), []
    for number, content in enumerate((b"one", b"two", b"two")):
        host.storage.upload_in_a_later_second(host.own("scanned"), name, content)
        until(lambda n=number: runs(host, name) > n, "the run", PATIENCE_S)  # type: ignore[misc]
        counts.append(runs(host, name))
    with host.storage.blobs() as service:
        blob = service.get_blob_client(host.own("scanned"), name)
        host.storage.upload_in_a_later_second(host.own("scanned"), unique("other"))
        blob.set_blob_metadata({"new": "yes"})
        until(lambda: runs(host, name) > 3, "the run for metadata", PATIENCE_S)
        counts.append(runs(host, name))
        blob.delete_blob()
    host.storage.upload_in_a_later_second(host.own("scanned"), name)
    until(lambda: runs(host, name) > 4, "the run after the deletion", PATIENCE_S)
    return [*counts, runs(host, name)]


def tell_the_reference(host: Host) -> object:
    name = unique("reference")
    host.storage.upload_in_a_later_second(host.own("scanned"), f"a b/{name}")
    found = until(lambda: [w for w in host.seen("on_scanned") if name in w["BlobName"]], "the run", PATIENCE_S)
    return [
        {key: value.replace(name, "NAME").removeprefix(host.prefix) for key, value in each.items()} for each in found
    ]


def run_odd_names(host: Host) -> object:
    """Return which names did not run once, and which of those ran that never do."""
    folder = unique("odd")
    odd = [f"{folder}{name}" if name.startswith("/") else f"{folder}/{name}" for name in NAMES]
    leading, *others = NEVER
    with host.storage.blobs() as service:
        container = service.get_container_client(host.own("scanned"))
        for name in (*(f"{folder}/{each}" for each in others), leading, *odd):
            container.upload_blob(name, b"x", overwrite=True)
    host.storage.upload_in_a_later_second(host.own("scanned"), f"{folder}/last")
    until(lambda: all(runs(host, name) for name in (*odd, f"{folder}/last")), "the runs", PATIENCE_S)
    never = [leading, *(f"{folder}/{each}" for each in others)]
    return [name for name in odd if runs(host, name) != 1], [name for name in never if runs(host, name)]


def become_poison(host: Host) -> object:
    name = unique("poison")
    host.storage.upload_in_a_later_second(host.own("failing"), name)

    def poison() -> list[Any]:
        peeked = host.storage.peek("webjobs-blobtrigger-poison", raw=True)
        return [each for each in peeked if name in base64.b64decode(each.content).decode()]

    (message,) = until(poison, "the poison message", PATIENCE_S)
    content = json.loads(base64.b64decode(message.content))
    tries = host.seen("on_failing").count(f"{host.own('failing')}/{name}")
    shown = {
        **content,
        "ContainerName": content["ContainerName"].removeprefix(host.prefix),
        "ETag": content["ETag"][:3],
        "BlobName": content["BlobName"] == name,
    }
    return tries, list(content), shown, (message.expires_on - message.inserted_on).days


BLOBS = (
    Scenario("every change of a blob runs once", run_per_change, [1, 2, 3, 4, 5], polled=True),
    Scenario(
        "a function gets the reference of a blob, and its name from the path",
        tell_the_reference,
        [
            {
                "Connection": "AzureWebJobsStorage",
                "ContainerName": "scanned",
                "BlobName": "a b/NAME",
                "name": "a b/NAME",
            }
        ],
        polled=True,
    ),
    Scenario("odd names run once, and three kinds of names never", run_odd_names, ([], []), polled=True),
    Scenario(
        "a blob whose function fails is tried five times and is then poison",
        become_poison,
        (
            5,
            ["Type", "FunctionId", "BlobType", "ContainerName", "BlobName", "ETag"],
            {
                "Type": "BlobTrigger",
                "FunctionId": "Host.Functions.on_failing",
                "BlobType": "BlockBlob",
                "ContainerName": "failing",
                "BlobName": True,
                "ETag": '"0x',
            },
            7,
        ),
        polled=True,
    ),
)
