from itertools import groupby, pairwise

import pytest

from tests.chaos.plan import (
    APPS,
    BETWEEN_FREEZES,
    FEWEST_FILES,
    Again,
    Answering,
    Delete,
    EndFaults,
    Fault,
    Freeze,
    Kill,
    Overwrite,
    Planned,
    Restart,
    Upload,
    plan,
)

SEEDS = range(50)
SECONDS = 60.0


def folders(acts: tuple[Planned, ...]) -> list[dict[str, int]]:
    """Return the folder after every act."""
    found: list[dict[str, int]] = [{}]
    for planned in acts:
        folder = dict(found[-1])
        match planned.act:
            case Upload(name, content):
                assert name not in folder
                folder[name] = content
            case Overwrite(name, content):
                assert folder[name] != content
                folder[name] = content
            case Again(name, content):
                assert folder[name] == content
            case Delete(name):
                del folder[name]
        found.append(folder)
    return found


def test_the_same_seed_makes_the_same_plan() -> None:
    assert plan(7, SECONDS) == plan(7, SECONDS)
    assert plan(7, SECONDS) != plan(8, SECONDS)


def test_acts_are_in_order_and_in_time() -> None:
    for seed in SEEDS:
        times = [planned.at for planned in plan(seed, SECONDS)]
        assert times == sorted(times)
        assert times[-1] <= SECONDS


@pytest.mark.parametrize("kind", [Answering, Upload, Overwrite, Again, Delete, Kill, Restart, Freeze, Fault, EndFaults])
def test_every_kind_of_act_happens(kind: type) -> None:
    assert any(isinstance(planned.act, kind) for seed in SEEDS for planned in plan(seed, SECONDS))


def test_files_are_uploaded_overwritten_and_deleted_in_an_order_that_makes_sense_and_some_stay() -> None:
    for seed in SEEDS:
        assert len(folders(plan(seed, SECONDS))[-1]) >= FEWEST_FILES


def test_a_file_comes_back_to_bytes_that_it_had_before() -> None:
    def comes_back(acts: tuple[Planned, ...]) -> bool:
        written = [(planned.act.name, planned.act.content) for planned in acts if isinstance(planned.act, Overwrite)]
        return len(set(written)) < len(written)

    assert any(comes_back(plan(seed, SECONDS)) for seed in SEEDS)


def test_some_rounds_end_with_a_folder_that_is_as_it_was_before_the_answers_were_lost() -> None:
    def ends_as_before(acts: tuple[Planned, ...]) -> bool:
        *_, before, changed, changed_back = [folder for folder, _ in groupby(folders(acts))]
        return changed_back == before != changed

    assert any(ends_as_before(plan(seed, SECONDS)) for seed in SEEDS)


def test_only_a_running_app_is_killed_only_a_killed_one_restarted_and_in_the_end_all_run() -> None:
    for seed in SEEDS:
        running = set(range(APPS))
        for planned in plan(seed, SECONDS):
            match planned.act:
                case Kill(app):
                    running.remove(app)
                case Restart(app):
                    assert app not in running
                    running.add(app)
        assert running == set(range(APPS))


def test_in_the_end_nothing_is_frozen_and_arm_is_well() -> None:
    for seed in SEEDS:
        acts = plan(seed, SECONDS)
        assert all(each.at + each.act.seconds <= SECONDS for each in acts if isinstance(each.act, Freeze))
        last = [each.act for each in acts if isinstance(each.act, Fault | EndFaults)][-1]
        assert last == EndFaults()


def test_storage_is_not_frozen_twice_during_one_import() -> None:
    for seed in SEEDS:
        freezes = [(each.at, each.act) for each in plan(seed, SECONDS) if isinstance(each.act, Freeze)]
        of_storage = [(at, act.seconds) for at, act in freezes if act.part == "storage"]
        for (before, lasted), (after, _) in pairwise(of_storage):
            assert after >= before + lasted + BETWEEN_FREEZES
