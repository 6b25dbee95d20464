import json
from collections.abc import Callable
from contextlib import suppress

import pytest

from local.app_settings import sample
from shared.errors import SettingsError
from shared.setting_values import names_of
from shared.settings import Settings, read_settings

SAMPLE = sample()
ROUTE = {"name": "a", "environment": "sample-2", "linked_service": "Blobs", "folder": "files/airflow"}


def problems_of(environ: dict[str, str], blob: str | SettingsError = "") -> list[str]:
    with pytest.raises(SettingsError) as raised:
        read_settings(environ, reading(blob))
    heading, *problems = str(raised.value).splitlines()
    assert heading == "the settings are not usable:"
    return [problem.strip() for problem in problems]


def reading(blob: str | SettingsError) -> Callable[[str], str]:
    def read(_place: str) -> str:
        if isinstance(blob, SettingsError):
            raise blob
        return blob

    return read


def test_the_sample_describes_one_route_named_default() -> None:
    (route,) = read_settings(SAMPLE).routes
    assert route.name == "default"
    assert str(route.folder) == SAMPLE["RELAY_FOLDER"]
    assert str(route.adf[0].factory) == SAMPLE["RELAY_FACTORY"]
    assert route.adf[1].wire() == {
        "IntegrationRuntimeName": "sample-2",
        "LinkedServiceName": "AzureBlobStorage1",
        "StorageFolderPath": "airflow-files/airflow",
        "Overwrite": True,
        "CopyFolderStructure": True,
        "AddRequirementsFromFile": True,
    }


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = read_settings(SAMPLE)
    assert (settings.quiet_seconds, settings.longest_wait_seconds) == (5, 60)
    assert settings.sweep_schedule == "0 */5 * * * *"
    assert settings.blob_source == "polling"


def test_the_factories_are_those_of_all_routes_each_once_without_regard_to_case() -> None:
    other = SAMPLE["RELAY_FACTORY"].replace("example-adf", "other-adf")
    factories = (SAMPLE["RELAY_FACTORY"], other, SAMPLE["RELAY_FACTORY"].upper())
    routes = [{**ROUTE, "name": f"r{n}", "factory": factory} for n, factory in enumerate(factories)]
    environ = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "RELAY_ROUTES": json.dumps(routes)}
    assert [str(factory) for factory in read_settings(environ).factories] == [SAMPLE["RELAY_FACTORY"], other]


def test_without_settings_everything_that_is_missing_is_named_at_once() -> None:
    assert problems_of({}) == [
        f"{name}: has to be set"
        for name in ("RELAY_FACTORY", "RELAY_ENVIRONMENT", "RELAY_LINKED_SERVICE", "RELAY_FOLDER")
    ]


def test_all_problems_are_listed_in_one_message() -> None:
    wrong = {
        "RELAY_FACTORY": "example-adf",
        "RELAY_ENVIRONMENT": "..",
        "RELAY_FOLDER": "files/airflow/dags",
        "RELAY_QUIET_SECONDS": "soon",
        "RELAY_SWEEP_SCHEDULE": "often",
        "RELAY_BLOB_SOURCE": "magic",
        "AZURE_CLOUD": "AzureMoonCloud",
        "ARM_ENDPOINT": "http://management.azure.com",
        "RELAY_FOLDERS": "misspelt",
    }
    named = {problem.partition(":")[0] for problem in problems_of(SAMPLE | wrong)}
    assert named == wrong.keys()


def test_an_unknown_relay_name_is_refused() -> None:
    assert problems_of(SAMPLE | {"RELAY_QUIET": "5"}) == ["RELAY_QUIET: there is no such setting"]


def test_an_empty_value_counts_as_not_set() -> None:
    assert read_settings(SAMPLE | {"RELAY_QUIET_SECONDS": "", "RELAY_ROUTES": " "}).quiet_seconds == 5


def test_the_longest_wait_cannot_be_shorter_than_the_quiet_window() -> None:
    assert problems_of(SAMPLE | {"RELAY_LONGEST_WAIT_SECONDS": "4"}) == [
        "RELAY_LONGEST_WAIT_SECONDS: expected at least RELAY_QUIET_SECONDS"
    ]


def test_a_storage_connection_that_is_not_set_is_a_problem() -> None:
    without = {name: value for name, value in SAMPLE.items() if name != "AzureWebJobsStorage"}
    assert problems_of(without)[0].startswith("AzureWebJobsStorage: expected a connection string")
    assert read_settings(without | {"AzureWebJobsStorage__blobServiceUri": "https://x.blob.core.windows.net"})


def routes(*elements: object, **more: str) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "RELAY_FACTORY": SAMPLE["RELAY_FACTORY"],
        "RELAY_ROUTES": json.dumps(elements),
        **more,
    }


def test_many_routes_each_have_their_own_flags_and_share_the_factory() -> None:
    other = ROUTE | {"name": "b", "environment": "sample-3", "overwrite": False}
    first, second = read_settings(routes(ROUTE, other)).routes
    assert (first.adf[1].overwrite, second.adf[1].overwrite) == (True, False)
    assert first.adf[0].factory == second.adf[0].factory


def test_a_wrong_route_is_named_by_its_place() -> None:
    assert problems_of(routes(ROUTE, ROUTE | {"name": "b", "folder": "dags/DAGS", "overwite": True})) == [
        "RELAY_ROUTES.1.folder: expected the folder that contains dags/, not dags itself: leave out the last part",
        "RELAY_ROUTES.1.overwite: there is no such key",
    ]


@pytest.mark.parametrize("text", ["[]", "{", "{}", "null", "3", '"a"', "[3]", "[[]]"])
def test_routes_that_are_no_list_of_routes_are_refused(text: str) -> None:
    assert all(problem.startswith("RELAY_ROUTES") for problem in problems_of(routes() | {"RELAY_ROUTES": text}))


def test_two_routes_cannot_have_one_name() -> None:
    assert problems_of(routes(ROUTE, ROUTE)) == [
        "RELAY_ROUTES: expected at least one route, and a name of its own for each"
    ]


def test_one_route_cannot_be_described_beside_many() -> None:
    assert problems_of(routes(ROUTE, RELAY_FOLDER="files/airflow")) == [
        "RELAY_FOLDER: RELAY_ROUTES describes all routes, so this must not be set"
    ]


def test_a_cloud_is_chosen_by_name_and_changed_in_part() -> None:
    assert read_settings(SAMPLE | {"AZURE_CLOUD": "AzureChinaCloud", "ARM_ENDPOINT": ""}).cloud.endpoint == (
        "https://management.chinacloudapi.cn"
    )
    own = read_settings(SAMPLE | {"ARM_ENDPOINT": "https://arm.example/", "ARM_SCOPE": "https://arm.example/.default"})
    assert (own.cloud.endpoint, own.cloud.scope) == ("https://arm.example", "https://arm.example/.default")


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ("0 0 0 * * 7", "day of week '7'"),
        ("0 0 0 ? * *", "day of month '?'"),
        ("0 0 12 ? * MON", "day of month '?'"),
        ("0 0 0 L * *", "day of month 'L'"),
        ("0 0 0 15W * *", "day of month '15W'"),
        ("0 0 0 * * MON#1", "day of week 'MON#1'"),
        ("0 R * * * *", "minute 'R'"),
        ("60 * * * * *", "second '60'"),
        ("0 0 0 0 * *", "day of month '0'"),
        ("*/5 * * *", "got '*/5 * * *'"),
    ],
)
def test_a_schedule_that_the_host_would_refuse_is_refused_with_field_value_and_example(
    schedule: str, field: str
) -> None:
    (problem,) = problems_of(SAMPLE | {"RELAY_SWEEP_SCHEDULE": schedule})
    assert problem.startswith("RELAY_SWEEP_SCHEDULE: ")
    assert field in problem
    assert "'0 */5 * * * *'" in problem


@pytest.mark.parametrize(
    "schedule", ["*/5 * * * *", "0 0 0 13 * 5", "0 0 22-2 * * *", "0 0 9 * jan Monday", "0 */0 * * * *"]
)
def test_a_schedule_that_the_host_takes_is_taken(schedule: str) -> None:
    assert read_settings(SAMPLE | {"RELAY_SWEEP_SCHEDULE": schedule}).sweep_schedule == schedule


def test_no_problem_repeats_the_value_that_is_wrong() -> None:
    canary = "canary4711"
    wrong = dict.fromkeys(("RELAY_FACTORY", "RELAY_FOLDER", "RELAY_QUIET_SECONDS", "ARM_ENDPOINT"), canary)
    assert canary not in "\n".join(problems_of(SAMPLE | wrong))


def test_webhook_secrets_are_counted_checked_and_never_shown() -> None:
    settings = read_settings(SAMPLE | {"RELAY_WEBHOOK_SECRETS": "canary-of-some-length, canary-of-other-length"})
    assert len(settings.webhook_secrets) == 2
    assert settings.unsigned_requests == "allow"
    assert "canary" not in f"{settings!r}"
    problems = problems_of(SAMPLE | {"RELAY_WEBHOOK_SECRETS": "canary-of-some-length, canary"})
    assert problems == ["RELAY_WEBHOOK_SECRETS: secret 2: expected at least 8 characters"]


def test_unsigned_requests_cannot_be_refused_without_a_secret() -> None:
    assert problems_of(SAMPLE | {"RELAY_UNSIGNED_REQUESTS": "refuse"}) == [
        "RELAY_UNSIGNED_REQUESTS: expected RELAY_WEBHOOK_SECRETS too, or every request would be refused"
    ]
    broken = {"RELAY_UNSIGNED_REQUESTS": "refuse", "RELAY_WEBHOOK_SECRETS": "short"}
    assert [problem.partition(":")[0] for problem in problems_of(SAMPLE | broken)] == ["RELAY_WEBHOOK_SECRETS"]


@pytest.mark.parametrize("name", ["RELAY_RECORD_DAYS", "RELAY_RECORDS_PER_ROUTE"])
def test_a_history_without_an_end_is_refused(name: str) -> None:
    assert read_settings(SAMPLE | {name: "10000"})
    (problem,) = problems_of(SAMPLE | {name: "10001"})
    assert problem.startswith(f"{name}: expected a ")
    assert problem.endswith(" 10000")


SECRET = "whsec_" + "QUJD" * 8


def notifying(**more: str) -> dict[str, str]:
    return SAMPLE | {"RELAY_NOTIFICATION_URL": "https://hooks.example/T0/canary4711"} | more


def test_a_receiver_of_notifications_has_a_url_a_format_and_secrets() -> None:
    settings = read_settings(notifying(RELAY_NOTIFICATION_SECRET=f"{SECRET} {SECRET}"))
    assert settings.notification_format == "standard"
    assert len(settings.notification_secrets) == 2
    assert read_settings(SAMPLE).notification_url is None


def test_the_receivers_url_and_secrets_do_not_show() -> None:
    settings = read_settings(notifying(RELAY_NOTIFICATION_SECRET=SECRET))
    assert "canary4711" not in f"{settings!r} {settings}"
    assert SECRET.removeprefix("whsec_") not in f"{settings!r} {settings}"


def test_notifications_in_the_standard_format_are_signed_or_the_app_does_not_start() -> None:
    assert problems_of(notifying()) == [
        "RELAY_NOTIFICATION_SECRET: has to be set for notifications in the format standard, which is signed"
    ]
    for chat in ("slack", "teams"):
        assert read_settings(notifying(RELAY_NOTIFICATION_FORMAT=chat)).notification_secrets == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/canary4711",
        "ftp://127.0.0.1/canary4711",
        "https:///canary4711",
        "https://hooks.example:99999/canary4711",
        "https://hooks.example/ canary4711",
        "https://hooks.example/\u00fccanary4711",
        "https://[canary4711",
        "https://[canary4711]/",
        "canary4711",
    ],
)
def test_a_receiver_that_a_secret_must_not_travel_to_is_refused_without_being_repeated(url: str) -> None:
    (problem,) = problems_of(notifying(RELAY_NOTIFICATION_URL=url, RELAY_NOTIFICATION_FORMAT="slack"))
    assert problem.startswith("RELAY_NOTIFICATION_URL: expected a URL")
    assert "canary4711" not in problem


def test_a_receiver_on_this_machine_may_do_without_encryption() -> None:
    url = "http://127.0.0.1:8000/hook"
    assert read_settings(notifying(RELAY_NOTIFICATION_URL=url, RELAY_NOTIFICATION_SECRET=SECRET)).notification_url


def test_a_wrong_secret_is_refused_without_being_repeated() -> None:
    (problem,) = problems_of(notifying() | {"RELAY_NOTIFICATION_SECRET": "canary4711"})
    assert problem.startswith("RELAY_NOTIFICATION_SECRET: expected whsec_")
    assert "canary4711" not in problem


@pytest.mark.parametrize(
    ("host", "origin"),
    [("app.azurewebsites.net", "https://app.azurewebsites.net"), ("localhost:7071", "http://localhost:7071"), ("", "")],
)
def test_the_apps_own_address_is_the_platforms_word(host: str, origin: str) -> None:
    assert read_settings(SAMPLE | {"WEBSITE_HOSTNAME": host}).origin == origin


FABRIC = {
    "name": "f",
    "target": "fabric",
    "workspace": "11111111-1111-1111-1111-111111111111",
    "job": "22222222-2222-2222-2222-222222222222",
    "folder": "files/airflow",
}


def test_one_folder_may_go_into_data_factory_and_into_fabric() -> None:
    first, second = read_settings(routes(ROUTE, FABRIC)).routes
    assert (first.is_pushed, second.is_pushed, second.deletes) == (False, True, True)
    assert second.environment.key == f"/fabric/workspaces/{FABRIC['workspace']}/apacheairflowjobs/{FABRIC['job']}"
    assert read_settings(routes(ROUTE, FABRIC)).factories == (first.adf[0].factory,)


def test_routes_into_fabric_alone_need_no_factory() -> None:
    alone = {key: value for key, value in routes(FABRIC).items() if key != "RELAY_FACTORY"}
    settings = read_settings(alone)
    assert (settings.factories, settings.fabric.endpoint) == ((), "https://api.fabric.microsoft.com")


def test_fabric_may_be_elsewhere_with_or_without_its_version() -> None:
    for endpoint in ("http://127.0.0.1:7072", "http://127.0.0.1:7072/v1/"):
        settings = read_settings(routes(FABRIC, FABRIC_ENDPOINT=endpoint, FABRIC_SCOPE="x/.default"))
        assert (settings.fabric.endpoint, settings.fabric.scope) == ("http://127.0.0.1:7072", "x/.default")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"target": "elsewhere"}, "RELAY_ROUTES.0: expected the target to be one of: data-factory, fabric"),
        ({"target": None}, "RELAY_ROUTES.0: expected the target to be one of: data-factory, fabric"),
        ({"workspace": "mine"}, "RELAY_ROUTES.0.workspace: expected a GUID like"),
        ({"job": None}, "RELAY_ROUTES.0.job: "),
        ({"linked_service": "Blobs"}, "RELAY_ROUTES.0.linked_service: "),
        ({"requirements": "yes"}, "RELAY_ROUTES.0.requirements: expected one of: report, deploy"),
        ({"deletes": True}, "RELAY_ROUTES.0.deletes: expected one of: carry, report"),
    ],
)
def test_a_wrong_route_into_fabric_is_explained(change: dict[str, object], problem: str) -> None:
    [found] = problems_of(routes(FABRIC | change))
    assert found.startswith(problem)


def test_a_job_has_one_route() -> None:
    [found] = problems_of(routes(FABRIC, FABRIC | {"name": "g", "job": FABRIC["job"].upper()}))
    assert found.startswith("RELAY_ROUTES: expected one route for each Fabric job")


def test_a_token_for_fabric_travels_encrypted() -> None:
    [found] = problems_of(routes(FABRIC, FABRIC_ENDPOINT="http://fabric.example.com"))
    assert found.startswith("FABRIC_ENDPOINT: expected an endpoint that starts with https://")


IN_A_BLOB = {"AzureWebJobsStorage": "x", "RELAY_FACTORY": SAMPLE["RELAY_FACTORY"], "RELAY_ROUTES_BLOB": "c/routes.json"}


def test_the_routes_may_stand_in_a_blob() -> None:
    read = {}

    def note(place: str) -> str:
        read[place] = True
        return json.dumps([ROUTE])

    (route,) = read_settings(IN_A_BLOB, note).routes
    assert (route.name, list(read)) == ("a", ["c/routes.json"])


def test_what_is_wrong_with_routes_in_a_blob_is_told_of_the_blob() -> None:
    assert problems_of(IN_A_BLOB, json.dumps([ROUTE, {**ROUTE, "name": "b", "folder": "files/dags"}])) == [
        "RELAY_ROUTES_BLOB.1.folder: expected the folder that contains dags/, not dags itself: leave out the last part"
    ]
    assert problems_of(IN_A_BLOB, "name: a") == ["RELAY_ROUTES_BLOB: expected a JSON list of routes"]
    own = json.dumps([{**ROUTE, "folder": "dag-relay-north/airflow"}])
    (problem,) = problems_of(IN_A_BLOB | {"RELAY_APP_NAME": "north"}, own)
    assert problem.startswith("RELAY_ROUTES_BLOB: route a imports from the container dag-relay-north")


def test_a_blob_that_cannot_be_read_is_told_with_what_else_is_wrong_and_nothing_of_its_routes() -> None:
    unread = SettingsError("RELAY_ROUTES_BLOB: there is no such blob")
    assert problems_of(IN_A_BLOB | {"RELAY_QUIET_SECONDS": "0"}, unread) == [
        "RELAY_ROUTES_BLOB: there is no such blob",
        "RELAY_QUIET_SECONDS: expected a number that is more than 0 and at most 600",
    ]
    assert problems_of(IN_A_BLOB, unread) == ["RELAY_ROUTES_BLOB: there is no such blob"]


def test_routes_stand_in_one_place() -> None:
    assert problems_of(IN_A_BLOB | {"RELAY_ROUTES": json.dumps([ROUTE])}) == [
        "RELAY_ROUTES_BLOB: RELAY_ROUTES has the routes, so this must not be set; use one of the two"
    ]
    assert problems_of(IN_A_BLOB | {"RELAY_FOLDER": "files/airflow"}, json.dumps([ROUTE])) == [
        "RELAY_FOLDER: RELAY_ROUTES_BLOB describes all routes, so this must not be set"
    ]


@pytest.mark.parametrize("name", names_of(Settings))
@pytest.mark.parametrize("value", ["\u00fc([", "[" * 100_000, "-1", "https://[", "[null]", "\ud800", "1e999"])
def test_whatever_a_setting_holds_is_taken_or_told(name: str, value: str) -> None:
    with suppress(SettingsError):
        read_settings(SAMPLE | {name: value})


def test_a_route_cannot_import_from_the_apps_own_container() -> None:
    (problem,) = problems_of(SAMPLE | {"RELAY_APP_NAME": "north", "RELAY_FOLDER": "dag-relay-north/airflow"})
    assert "the container dag-relay-north, which holds the app's own state" in problem


@pytest.mark.parametrize("name", ["North", "a--b", "-a", "a" * 33, "a_b"])
def test_a_name_of_the_app_that_no_queue_could_carry_is_refused(name: str) -> None:
    assert [problem.partition(":")[0] for problem in problems_of(SAMPLE | {"RELAY_APP_NAME": name})] == [
        "RELAY_APP_NAME"
    ]
