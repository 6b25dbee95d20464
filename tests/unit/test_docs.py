"""What a user can set or meet is documented."""

import ast
import json
import re
from typing import get_args

import pytest
from pydantic import BaseModel

from local.app_settings import ROOT
from shared.api.health import ReadyView, RouteReadiness
from shared.api.problem import PROBLEM_KINDS, ProblemKind
from shared.api.routes.syncs import PARAMETERS
from shared.api.routes.views import FileStatusView, OneRoute, RouteView, SyncPage, SyncPlan
from shared.rest.no_answer import Reach
from shared.route_settings import FabricRouteSettings, RouteSettings
from shared.setting_values import names_of
from shared.settings import Settings, read_settings
from shared.sync.file_status import FileState
from shared.sync.history import Outcome
from shared.sync.state import Alert
from shared.sync.tally import OUTCOMES
from shared.telemetry.catalogue import OF_PROCESSES, OF_ROUTES, Metric
from tests.documents import Block, blocks

HOW_IT_WORKS = (ROOT / "docs/how-it-works.md").read_text()
API = (ROOT / "docs/api.md").read_text()
WEBHOOKS = (ROOT / "docs/webhooks.md").read_text()
TELEMETRY = (ROOT / "docs/telemetry.md").read_text()
ROUTES = (ROOT / "docs/routes.md").read_text()
SETTINGS = (ROOT / "docs/settings.md").read_text()
OPERATE = (ROOT / "docs/operate.md").read_text()
NOTIFICATIONS = (ROOT / "docs/notifications.md").read_text()
# They describe the one route and become one of RELAY_ROUTES, so the model does not have them by name.
SINGLE_ROUTE = {"RELAY_FACTORY", "RELAY_ENVIRONMENT", "RELAY_LINKED_SERVICE", "RELAY_FOLDER", "RELAY_CONNECTION"}
KNOWN = {*names_of(Settings)} | SINGLE_ROUTE | {"RELAY_ROUTES_BLOB"}
DECISIONS = {"Wait", "Skip", "Hold", "Sync", "Poll"}


@pytest.mark.parametrize("setting", sorted(KNOWN))
def test_every_setting_has_a_row_in_the_document_of_settings(setting: str) -> None:
    assert f"| `{setting}` | " in SETTINGS


@pytest.mark.parametrize("key", sorted({*names_of(RouteSettings), *names_of(FabricRouteSettings)}))
def test_every_key_of_a_route_has_a_row_in_the_document_of_settings(key: str) -> None:
    assert f"| `{key}` | " in SETTINGS


def test_every_setting_with_a_row_is_one() -> None:
    assert set(re.findall(r"^\| `(RELAY_\w+)` \|", SETTINGS, re.MULTILINE)) <= KNOWN


@pytest.mark.parametrize("block", [block for block in blocks("docs/settings.md") if block.language == "json"], ids=str)
def test_the_examples_of_settings_can_be_used(block: Block) -> None:
    example = json.loads(block.text)
    given = example if isinstance(example, dict) else {"RELAY_ROUTES": block.text, "AzureWebJobsStorage": "x"}
    assert read_settings(given).routes


def test_every_code_of_signed_requests_is_in_webhooks() -> None:
    modules = [(ROOT / f"shared/api/signed/{name}.py").read_text() for name in ("signatures", "door", "deliveries")]
    codes = {code for module in modules for code in re.findall(r'"((?:Signature|Delivery)[A-Z]\w+)"', module)}
    assert {"SignatureWrong", "DeliveryDiffers"} < codes
    assert [code for code in codes if f"| `{code}` |" not in WEBHOOKS] == []


@pytest.mark.parametrize("kind", PROBLEM_KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_of_problem_has_a_row_in_the_document_of_the_api(kind: ProblemKind) -> None:
    assert f"| `{kind.name}` | {kind.status.value} | {kind.title} |" in API


def texts(call: ast.Call) -> list[object]:
    return [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args]


def made_of(*kinds: str) -> list[tuple[str, list[object]]]:
    """Return what the relay makes of these kinds, with the constants that are written there."""
    nodes = [node for module in (ROOT / "shared/sync").glob("*.py") for node in ast.walk(ast.parse(module.read_text()))]
    calls = [(node.func.id, node) for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return [(name, texts(call)) for name, call in calls if name in kinds]


def test_every_reason_of_a_decision_is_in_how_it_works() -> None:
    reasons = {(kind, words[0]) for kind, words in made_of(*DECISIONS) if words and words[0]}
    assert ("Skip", "Unchanged") in reasons
    assert [(kind, reason) for kind, reason in reasons if f"| {kind} | `{reason}` |" not in HOW_IT_WORKS] == []


def test_every_reason_of_a_condition_is_in_how_it_works() -> None:
    reasons = {(words[0], words[2]) for _, words in made_of("Condition") if words[2]}
    assert ("Ready", "Synced") in reasons
    assert [(kind, reason) for kind, reason in reasons if f"| {kind} | `{reason}` |" not in HOW_IT_WORKS] == []


def row_of(metric: Metric) -> str:
    name = metric.name if metric in OF_ROUTES else metric.instrument
    return f"| `{name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} |"


def test_the_metrics_of_the_document_are_those_that_the_code_can_tell() -> None:
    rows = [line for line in TELEMETRY.splitlines() if line.startswith(("| `relay_", "| `relay."))]
    metrics = (*OF_ROUTES, *OF_PROCESSES)
    assert [metric.name for metric, row in zip(metrics, rows, strict=True) if not row.startswith(row_of(metric))] == []


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_that_is_counted_is_in_the_document(outcome: str) -> None:
    assert f"`{outcome}`" in TELEMETRY


def test_every_field_of_the_logs_is_in_the_document() -> None:
    calls = [
        node
        for module in [ROOT / "function_app.py", *(ROOT / "shared").rglob("*.py")]
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bound"
    ]
    fields = {keyword.arg for call in calls for keyword in call.keywords}
    assert "sync_id" in fields
    assert [field for field in fields if f"| `{field}` |" not in TELEMETRY] == []


def runs_into(reason: str) -> bool:
    """Whether an operator who is paged finds the reason: as a heading, or at the beginning of a row."""
    return bool(re.search(rf"^(?:###.*`{reason}`|\| (?:`\w+`, )*`{reason}`[ ,])", OPERATE, re.MULTILINE))


def named_by_keyword(keyword: str) -> set[str]:
    """Return the constants that our own errors and troubles are given under this keyword."""
    modules = [
        *(ROOT / "shared/sync").glob("*.py"),
        *(ROOT / "shared/arm").glob("*.py"),
        ROOT / "shared/api/health.py",
    ]
    return {
        str(given.value.value)
        for module in modules
        for given in ast.walk(ast.parse(module.read_text()))
        if isinstance(given, ast.keyword) and given.arg == keyword and isinstance(given.value, ast.Constant)
    }


def test_every_reason_that_a_route_can_have_is_in_the_runbook() -> None:
    reasons = {str(words[2]) for _, words in made_of("Condition") if words[2]}
    reasons |= {str(words[0]) for _, words in made_of("Hold", "Overdue") if words[0]}
    reasons |= named_by_keyword("reason") | named_by_keyword("code") | {reach.value for reach in Reach}
    assert reasons > {"Synced", "FolderEmpty", "ChangeOverdue", "StorageUnavailable", "EnvironmentNotReady", "NoAnswer"}
    assert sorted(reason for reason in reasons if not runs_into(reason)) == []


def test_every_outcome_of_a_record_is_explained_to_who_operates() -> None:
    assert [outcome for outcome in get_args(Outcome) if f"`{outcome}`" not in OPERATE] == []


def test_every_reason_of_something_overdue_is_in_how_it_works() -> None:
    reasons = {words[0] for _, words in made_of("Overdue")}
    assert "ChangeOverdue" in reasons
    assert [reason for reason in reasons if f"| `{reason}` |" not in HOW_IT_WORKS] == []


@pytest.mark.parametrize("state", [*get_args(FileState), "notImported"])
def test_every_state_of_a_file_is_in_the_description_of_the_routes_api(state: str) -> None:
    assert f"| `{state}` |" in ROUTES


@pytest.mark.parametrize("view", [RouteView, OneRoute, FileStatusView, SyncPage, SyncPlan, ReadyView, RouteReadiness])
def test_every_key_of_an_answer_is_in_the_description_of_the_routes_api(view: type[BaseModel]) -> None:
    keys = view.model_json_schema(mode="serialization")["properties"]
    assert [key for key in keys if f"`{key}`" not in ROUTES and f'"{key}"' not in ROUTES] == []


@pytest.mark.parametrize("parameter", [*PARAMETERS, "wait", "force", "dryRun"])
def test_every_query_parameter_is_in_the_description_of_the_routes_api(parameter: str) -> None:
    assert f"`{parameter}" in ROUTES or f"`?{parameter}=" in ROUTES


def test_every_reason_of_a_hold_is_in_notifications() -> None:
    reasons = {words[0] for _, words in made_of("Hold") if words[0]}
    assert "FolderEmpty" in reasons
    row = next(line for line in NOTIFICATIONS.splitlines() if line.startswith("| `route.held` |"))
    assert [reason for reason in reasons if f"`{reason}`" not in row] == []


@pytest.mark.parametrize("kind", get_args(Alert.model_fields["kind"].annotation))
def test_every_kind_of_news_is_in_notifications(kind: str) -> None:
    assert f"| `route.{kind}` |" in NOTIFICATIONS
