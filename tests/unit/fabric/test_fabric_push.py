"""What is sent to a job, in which order, and what cannot be sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.fabric.push import LARGEST_PUT, PushPlan, Step, job_path, plan, why_not

NAMES = st.sampled_from(
    [
        "dags/a.py",
        "Dags/a.py",
        "DAGS/t/b.py",
        "dags/t/b.py",
        "dags/t",
        "plugins/p.py",
        "Plugins/x/y",
        "requirements.txt",
    ]
)
CONTENTS = st.dictionaries(NAMES, st.sampled_from("xy"))


def of(wanted: dict[str, str], held: dict[str, str] | None = None, *, deletes: bool = True) -> PushPlan:
    names = {*wanted, *(held or {})}
    paths = {name: path for name in names if (path := job_path(name, in_dags=False))}
    return plan(paths, wanted, held or {}, wanted.keys() - (held or {}).keys(), deletes=deletes)


def told(found: PushPlan) -> list[list[str]]:
    return [[f"{step.kind} {step.path}" for step in stage] for stage in found.stages]


@pytest.mark.parametrize(
    ("inside", "path"),
    [
        ("dags/a.py", "dags/a.py"),
        ("DAGS/Team/a.py", "dags/Team/a.py"),
        ("Plugins/p.py", "plugins/p.py"),
        ("requirements.txt", None),
        ("dags", None),
    ],
)
def test_a_file_keeps_its_path_but_for_the_case_of_the_first_folder(inside: str, path: str | None) -> None:
    assert job_path(inside, in_dags=False) == path


def test_in_a_container_named_dags_all_files_are_dags_but_those_of_plugins() -> None:
    assert job_path("team/a.py", in_dags=True) == "dags/team/a.py"
    assert job_path("plugins/p.py", in_dags=True) == "plugins/p.py"


def test_helpers_go_first_and_deletions_last() -> None:
    held = {"dags/top.py": "1", "dags/gone.py": "1"}
    wanted = {"dags/a.py": "1", "dags/top.py": "2", "dags/t/h.py": "1", "plugins/p.py": "1"}
    assert told(of(wanted, held)) == [
        ["put plugins/p.py"],
        ["put dags/t/h.py"],
        ["put dags/top.py", "put dags/a.py"],
        ["delete dags/gone.py"],
    ]


def test_what_is_held_is_not_sent_again() -> None:
    assert of({"dags/a.py": "1"}, {"dags/a.py": "1"}).stages == ()


def test_nothing_is_deleted_where_deletions_are_only_reported() -> None:
    assert told(of({}, {"dags/a.py": "1"}, deletes=False)) == []


def test_requirements_are_no_file_of_the_job() -> None:
    assert told(of({"requirements.txt": "1"}, {"Requirements.txt": "1"})) == []


def test_a_file_that_a_folder_takes_the_place_of_goes_first_and_the_reverse() -> None:
    assert told(of({"dags/t/a.py": "1"}, {"dags/t": "1"})) == [["delete dags/t"], ["put dags/t/a.py"]]
    assert told(of({"dags/t": "1"}, {"dags/t/a.py": "1"})) == [["delete dags/t/a.py"], ["put dags/t"]]


def test_a_folder_that_only_changes_its_case_is_not_deleted() -> None:
    found = of({"dags/a.py": "1"}, {"Dags/a.py": "1"})
    assert found.stages == (
        (Step("put", "dags/a.py", "dags/a.py"),),
        (Step("forget", "Dags/a.py", "dags/a.py"),),
    )


def test_of_two_files_with_one_path_the_one_that_is_spelt_like_it_is_sent() -> None:
    found = of({"Dags/a.py": "1", "dags/a.py": "2"})
    assert told(found) == [["put dags/a.py"]]
    assert found.not_sendable == {"Dags/a.py": "dags/a.py has the same path in the job, dags/a.py"}


def test_a_file_with_the_path_of_a_folder_is_not_sent() -> None:
    found = of({"dags/t": "1", "dags/t/a.py": "1"})
    assert (told(found), list(found.not_sendable)) == ([["put dags/t/a.py"]], ["dags/t"])


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("plugins/a.whl", b"\xff" * LARGEST_PUT, None),
        ("plugins/a.whl", b"\xff" * (LARGEST_PUT + 1), "larger than the 2097152 bytes that Fabric takes"),
        ("dags/a.py", "ü".encode(), None),
        ("dags/a.PY", b"\xe9", "not encoded in UTF-8, as Fabric wants text to be"),
        ("plugins/a.whl", b"\xe9", None),
        ("dags/../a.py", b"", "a path with an empty part, '.' or '..', which no URL can have"),
    ],
)
def test_what_fabric_would_not_take_is_known_before(path: str, content: bytes, why: str | None) -> None:
    assert why_not(path, content) == why


def carried_out(found: PushPlan, wanted: dict[str, str], held: dict[str, str], job: dict[str, str]) -> None:
    for step in (step for stage in found.stages for step in stage):
        if step.kind == "put":
            assert not any(step.path.startswith(f"{other}/") or other.startswith(f"{step.path}/") for other in job)
            held[step.name] = job[step.path] = wanted[step.name]
            continue
        del held[step.name]
        if step.kind == "delete":
            del job[step.path]


@given(folders=st.lists(CONTENTS, max_size=4))
def test_a_plan_carried_out_in_its_order_makes_the_job_hold_what_is_wanted(folders: list[dict[str, str]]) -> None:
    held: dict[str, str] = {}
    job: dict[str, str] = {}
    for wanted in folders:
        found = of(wanted, held)
        carried_out(found, wanted, held, job)
        sendable = {name: content for name, content in wanted.items() if name not in found.not_sendable}
        assert job == {path: sendable[name] for name in sendable if (path := job_path(name, in_dags=False))}
        assert of(wanted, held).stages == ()
