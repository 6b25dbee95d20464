"""The deliberate faults of `make mutants` fit the code, so that a change of it takes them along."""

import pytest

from tests.mutants.__main__ import ROOT, Mutant, Tree, mutants

MUTANTS = mutants([])


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_fits_the_code_and_names_tests_that_there_are(mutant: Mutant) -> None:
    assert Tree(ROOT, schedules=1).can_take(mutant)
    assert mutant.tests
    assert [test for test in mutant.tests if not (ROOT / test).is_file()] == []


def test_a_fault_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="expected names of patches"):
        mutants(["nothing"])
