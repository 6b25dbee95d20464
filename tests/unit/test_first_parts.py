from benchmarks.first.parts import LIBRARIES, OWN, STANDARD, by_library

ACCOUNT = """import time: self [us] | cumulative | imported package
import time:      {own} |      90000 |     azure.core.pipeline
import time:      4000 |       4000 |   azure
import time:      3000 |      11000 | pydantic_core.core_schema
import time:      5000 |       5000 | pydantically
import time:      7000 |       7000 | shared.app
"""


def test_the_time_of_a_module_is_its_own_without_what_it_imports_in_turn() -> None:
    found = by_library([ACCOUNT.format(own=2000)])
    assert found == {"azure-core": 2, "pydantic": 3, OWN: 7, STANDARD: 9}
    assert found.keys() <= {*LIBRARIES}


def test_of_several_accounts_the_shortest_time_of_each_module_counts() -> None:
    assert by_library([ACCOUNT.format(own=own) for own in (2000, 1000, 3000)])["azure-core"] == 1
