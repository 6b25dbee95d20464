import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.app_settings import ROOT
from shared.telemetry.fields import bound, bound_value, carry_fields

OURS = logging.getLogger("shared.sync.reconcile")


@pytest.fixture(autouse=True)
def carrying(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Make the records of this module carry fields, and no others."""
    make = logging.getLogRecordFactory()
    carry_fields.cache_clear()
    carry_fields()
    caplog.set_level(logging.INFO)
    yield
    logging.setLogRecordFactory(make)
    carry_fields.cache_clear()


def test_what_is_bound_is_in_the_text_and_in_the_attributes(caplog: pytest.LogCaptureFixture) -> None:
    with bound(route="default"), bound(sync_id="42-a"):
        OURS.info("took %d ms", 7)
    (record,) = caplog.records
    assert record.getMessage() == "took 7 ms [route=default sync_id=42-a]"
    assert (record.__dict__["route"], record.__dict__["sync_id"]) == ("default", "42-a")


def test_what_is_bound_ends_with_its_block_even_after_an_error(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="oh"), bound(route="default"):
        raise ValueError("oh")
    assert bound_value("route") is None
    OURS.info("calm")
    assert caplog.messages == ["calm"]


def test_nothing_is_bound_by_none() -> None:
    with bound(route="outer"), bound(route=None):
        assert bound_value("route") == "outer"


@pytest.mark.parametrize(("template", "args"), [("100 %%, %s", ("sure",)), ("100 %, sure", ())])
def test_a_percent_sign_is_no_template(template: str, args: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
    with bound(route="50%s"):
        OURS.info(template, *args)
    assert caplog.messages == ["100 %, sure [route=50%s]"]


@pytest.mark.parametrize("name", ["a\nb", "a\r\nb", "a\x1b[2Jb", "a\u2028b", "a\u202eb", "a\x85b"])
def test_a_record_is_one_line_whatever_a_name_in_it_holds(name: str, caplog: pytest.LogCaptureFixture) -> None:
    OURS.warning("held: %s", ValueError(name))
    with bound(route="default"):
        OURS.warning(f"held: {name}")
    assert [len(message.splitlines()) for message in caplog.messages] == [1, 1]
    assert not any(set(name) - set("ab[2J") & set(message) for message in caplog.messages)


def test_records_of_other_libraries_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with bound(route="default"):
        logging.getLogger("azure.core").info("a request")
        logging.getLogger("sharedlib").info("another")
    assert caplog.messages == ["a request", "another"]


def test_a_long_value_is_cut_in_the_text_only(caplog: pytest.LogCaptureFixture) -> None:
    revision = "sha256:" + "a" * 64
    with bound(revision=revision):
        OURS.info("looked")
    assert caplog.messages == [f"looked [revision={revision[:36]}]"]
    assert caplog.records[0].__dict__["revision"] == revision


def test_carrying_twice_adds_the_fields_once(caplog: pytest.LogCaptureFixture) -> None:
    carry_fields()
    with bound(route="default"):
        OURS.info("looked")
    assert caplog.messages == ["looked [route=default]"]


def test_two_threads_do_not_see_each_others_fields() -> None:
    def work(route: str) -> str | None:
        with bound(route=route):
            return bound_value("route")

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, ["a", "b"])) == ["a", "b"]
    assert bound_value("route") is None


def test_libraries_log_warnings_only_unless_told_otherwise() -> None:
    names = ("azure.core.pipeline.policies.http_logging_policy", "msal.token_cache", "urllib3.connectionpool")
    program = (
        "import logging\n"
        "from shared.telemetry.fields import quieten_libraries\n"
        "logging.basicConfig(level=logging.INFO)\n"
        "logging.getLogger('msal').setLevel(logging.DEBUG)\n"
        "quieten_libraries()\n"
        f"print([logging.getLogger(name).getEffectiveLevel() for name in {names!r}])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str([logging.WARNING, logging.DEBUG, logging.WARNING])
