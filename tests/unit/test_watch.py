import re
from dataclasses import replace

from shared.triggers.blobs import watches
from tests.unit.memory import make_route

FUNCTION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,126}")


def test_routes_of_one_container_share_one_trigger() -> None:
    routes = [make_route("a", folder="files/one"), make_route("b", folder="files/two")]
    (watch,) = watches(routes)
    assert (watch.function_name, watch.container) == ("on_dag_blob", "files")


def test_every_further_container_has_a_trigger_with_a_name_of_its_own() -> None:
    elsewhere = replace(make_route("c", folder="files/x"), connection="OtherStorage")
    found = watches([make_route("a", folder="files/x"), make_route("b", folder="more-files/x"), elsewhere])
    names = [watch.function_name for watch in found]
    assert names == ["on_dag_blob", "on_dag_blob-AzureWebJobsStorage-more-files", "on_dag_blob-OtherStorage-files"]
    assert all(FUNCTION_NAME.fullmatch(name) for name in names)
