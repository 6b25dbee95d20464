"""The deployed shape has the plan's scale groups and the template's connections."""

from pathlib import Path

from cryptography import x509

from local.app_settings import ROOT, environment
from local.shapes import Storage, scale_groups
from local.stack import Plan

TRIGGERS = {
    "on_dag_blob": "blobTrigger",
    "on_dag_blob-DagStorage-more": "blobTrigger",
    "on_blob_deleted": "eventGridTrigger",
    "on_wake_up": "queueTrigger",
    "health": "httpTrigger",
    "ready": "httpTrigger",
}


def running_in(group: str) -> set[str]:
    (found,) = [each for each in scale_groups(TRIGGERS) if each.name == group]
    return {name for name in TRIGGERS if f"AzureWebJobs.{name}.Disabled" not in found.disabled}


def test_functions_of_a_group_share_a_process_and_each_other_function_has_its_own() -> None:
    assert [group.name for group in scale_groups(TRIGGERS)] == ["http", "blob", "on_blob_deleted", "on_wake_up"]
    assert running_in("http") == {"health", "ready"}
    assert running_in("blob") == {"on_dag_blob", "on_dag_blob-DagStorage-more"}
    assert running_in("on_wake_up") == {"on_wake_up"}


def test_the_connections_are_those_of_the_template(tmp_path: Path) -> None:
    template = (ROOT / "infra/main.bicep").read_text()
    settings = Storage.deployed(10000, tmp_path).settings
    assert [name for name in settings if f"        {name}: " not in template] == []


def test_the_app_gets_no_key_and_reads_the_account_of_the_dag_files(tmp_path: Path) -> None:
    storage = Storage.deployed(10000, tmp_path)
    env = environment(storage.settings, arm="http://127.0.0.1:7072", connection_string=None, event_grid=True)
    assert "AzureWebJobsStorage" not in env
    assert "AccountKey" not in str(env)
    assert env["RELAY_CONNECTION"] == "DagStorage"
    assert env["DagStorage__queueServiceUri"] == storage.own.queue_url
    assert "QueueEndpoint" not in storage.dags.connection_string


def test_the_certificate_is_of_this_machine_and_its_key_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    made = Storage.deployed(10000, tmp_path).certificate
    assert made
    [own] = x509.load_pem_x509_certificates(made.certificate.read_bytes())
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert made.key.stat().st_mode & 0o077 == 0
    assert made.bundle.read_bytes().endswith(made.certificate.read_bytes())


def test_the_local_shape_has_one_account_with_a_key() -> None:
    storage = Storage.local(10000)
    assert (storage.own is storage.dags, storage.settings, storage.certificate) == (True, {}, None)
    assert Plan().shape == "local"
