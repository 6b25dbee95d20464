import pytest

from shared.triggers.schedule import FIELDS, ScheduleError, parse_ncrontab

SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY = range(6)


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("0 */20 * * * *", MINUTE, {0, 20, 40}),
        ("*/20 * * * *", SECOND, {0}),
        ("0 5/20 * * * *", MINUTE, {5, 25, 45}),
        ("0 1-9/4 * * * *", MINUTE, {1, 5, 9}),
        ("0 1,3-5,*/30 * * * *", MINUTE, {0, 1, 3, 4, 5, 30}),
        ("0 0 22-20 * * *", HOUR, {20, 21, 22}),
        ("0 0 0 * * Mon,WEDNESDAY,t", WEEKDAY, {1, 3, 2}),
        ("0 0 0 * dec-oct *", MONTH, {10, 11, 12}),
        ("0 */0 * * * *", MINUTE, set(range(60))),
        ("0 */-5 * * * *", MINUTE, set(range(60))),
        ("\t0  0 0 * * * ", HOUR, {0}),
    ],
)
def test_a_field_stands_for_its_values(text: str, field: int, values: set[int]) -> None:
    assert parse_ncrontab(text)[field] == values


@pytest.mark.parametrize("text", ["", "often", "* * * *", "* * * * * * *", "00:05:00"])
def test_another_number_of_fields_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ScheduleError, match=r"six fields .* '0 \*/5 \* \* \* \*'"):
        parse_ncrontab(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((WEEKDAY, value) for value in ("7", "MON#1", "?", "L", "x", "sunny", "-1")),
        *((DAY, value) for value in ("?", "L", "15W", "0", "32", "LW", "H")),
        *((MINUTE, value) for value in ("R", "60", ",5", "5,", "5,,6", "-5", "5-", "1-2-3", "*-5", "70/5", "*/", "/5")),
        *((MINUTE, value) for value in ("*/x", "1.5", "five", "¹", "*/5/2", "**")),
        *((MONTH, value) for value in ("0", "13", "Juni")),
    ],
)
def test_what_the_host_would_refuse_is_refused_by_field_and_value(field: int, value: str) -> None:
    fields = ["0", "0", "0", "*", "*", "*"]
    fields[field] = value
    with pytest.raises(ScheduleError) as refused:
        parse_ncrontab(" ".join(fields))
    assert str(refused.value).startswith(f"{FIELDS[field].name} {value!r}: expected")
