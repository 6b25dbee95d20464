from benchmarks.memory.__main__ import LIMIT, growth


def test_memory_that_rises_with_the_first_bursts_only_has_not_grown() -> None:
    assert growth([98, 100, 104, 105, 106, 106, 106, 106, 106]) == (106, 106, 1.0)


def test_memory_that_rises_with_every_burst_is_beyond_the_limit() -> None:
    before, last, ratio = growth([100.0 + 3 * burst for burst in range(20)])
    assert last > before
    assert ratio > LIMIT
