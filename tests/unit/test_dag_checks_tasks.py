import pytest

from tests.unit.dag_files import DATA_FACTORY, check, reasons

HEAD = (
    "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator\n"
    "from airflow.decorators import task\nwith DAG('a', schedule=None):\n"
)


def of(*lines: str) -> list[tuple[str, bool]]:
    return reasons({"dags/a.py": (HEAD + "".join(f"    {line}\n" for line in lines)).encode()})


@pytest.mark.parametrize("task_id", ["'a b'", "''", "'x' * 251", "None", "1"])
def test_a_literal_task_id_that_airflow_refuses_blocks(task_id: str) -> None:
    task_id = repr("x" * 251) if "*" in task_id else task_id
    assert of(f"EmptyOperator(task_id={task_id})") == [("InvalidTaskId", True)]


def test_an_operator_without_a_task_id_blocks_unless_it_may_be_unpacked() -> None:
    assert of("EmptyOperator()") == [("MissingArgument", True)]
    assert of("EmptyOperator(**args)") == []


def test_operators_of_others_may_have_their_own_rules() -> None:
    code = (
        HEAD + "    pass\nfrom airflow.providers.x.operators import XOperator\nXOperator(task_id='a b')\nXOperator()\n"
    )
    assert reasons({"dags/a.py": code.encode()}) == [("InvalidTaskId", False)]


def test_a_task_id_twice_in_one_dag_blocks_and_names_the_first_line() -> None:
    code = HEAD + "    EmptyOperator(task_id='t')\n    EmptyOperator(task_id='t')\n"
    [finding] = check({"dags/a.py": code.encode()})
    assert (finding.line, finding.reason, finding.blocking) == (6, "DuplicateTaskId", True)
    assert finding.message.endswith("line 5.")


@pytest.mark.parametrize(
    "lines",
    [
        ["if x:", "    EmptyOperator(task_id='t')", "else:", "    EmptyOperator(task_id='t')"],
        ["with TaskGroup('g'):", "    EmptyOperator(task_id='t')", "EmptyOperator(task_id='t')"],
        ["EmptyOperator(task_id='t')", "EmptyOperator(task_id='t', dag=other)"],
        ["EmptyOperator(task_id='t')", "EmptyOperator(task_id='t', task_group=other)"],
        ["for n in x:", "    EmptyOperator(task_id=f'{n}')"],
    ],
)
def test_the_same_task_id_in_another_place_is_none_twice(lines: list[str]) -> None:
    assert of(*lines) == []


A_AND_B = ("a = EmptyOperator(task_id='a')", "b = EmptyOperator(task_id='b')")


@pytest.mark.parametrize(
    "chains",
    [
        ["a >> b >> a"],
        ["a >> a"],
        ["a >> b", "a << b"],
        ["a << b << a"],
        ["a >> [b]", "b >> a"],
        ["[a, c()] >> b", "b >> a"],
    ],
)
def test_tasks_that_wait_for_each_other_block(chains: list[str]) -> None:
    assert of(*A_AND_B, *chains) == [("Cycle", True)]


@pytest.mark.parametrize(
    "chains",
    [
        ["a >> b", "a >> b"],
        ["a >> f() >> b", "b >> f()"],
        ["a >> b", "x = a << b"],
        ["a >> b", "b = EmptyOperator(task_id='c')", "b >> a"],
        ["a >> b", "if x:", "    b >> a"],
        ["one >> two >> one"],
    ],
)
def test_what_may_be_no_cycle_is_none(chains: list[str]) -> None:
    assert of(*A_AND_B, *chains) == []


@pytest.mark.parametrize("chain", ["[a] >> [b]", "a >> [b] >> [a]", "[a] << [b]"])
def test_a_list_before_a_list_blocks(chain: str) -> None:
    assert ("ListBeforeList", True) in of(*A_AND_B, chain)


def test_a_task_function_that_is_not_called_blocks_where_a_task_is_expected() -> None:
    functions = ("@task", "def f(): ...", "@task", "def g(): ...")
    assert of(*functions, "f >> g()") == [("TaskNotCalled", True)]
    assert of(*functions, "f() >> g()") == []


def test_behind_a_star_import_operators_and_functions_may_be_others() -> None:
    lines = ["a = EmptyOperator(task_id='a')", "b = EmptyOperator()", "@task", "def f(): ...", "a >> b >> a", "f >> a"]
    found = {reason for reason, blocking in of(*lines) if blocking}
    assert found == {"Cycle", "MissingArgument", "TaskNotCalled"}
    assert not any(blocking for _, blocking in of("from house import *", *lines))


def test_a_file_that_airflow_passes_over_is_not_held_up_by_its_tasks() -> None:
    files = {"dags/a.py": (HEAD + "    EmptyOperator()\n").encode(), "dags/.airflowignore": b"a.py\n"}
    assert reasons(files, DATA_FACTORY) == []
