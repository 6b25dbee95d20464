import ast

import pytest

from shared.folder.checks.outline import DagDefinition, Outline, outline


def of(code: str) -> Outline:
    return outline(ast.parse(code))


def summary(dag: DagDefinition) -> tuple[str | None, int, bool]:
    return dag.dag_id, dag.call.line, dag.call.always


@pytest.mark.parametrize(
    "code",
    [
        "from airflow import DAG\nDAG('a')",
        "from airflow import DAG\nDAG(dag_id='a', schedule=None)",
        "from airflow import DAG\nDAG('a', **more)",
        "from airflow import DAG\nDAG(dag_id='a', **more)",
        "from airflow import DAG\nwith DAG('a') as dag: ...",
        "from airflow import DAG as D\nx = D('a')",
        "from airflow.models import DAG\nDAG('a')",
        "from airflow.models.dag import DAG\nDAG('a')",
        "from airflow import models\nmodels.DAG('a')",
        "import airflow\nairflow.DAG('a')",
        "import airflow.models\nairflow.models.DAG('a')",
        "import airflow.models as m\nm.DAG('a')",
        "from airflow.sdk import DAG\nDAG('a')",
        "from airflow import DAG; NAME = 'a'\nDAG(NAME)",
    ],
)
def test_a_dag_is_found_however_it_was_imported(code: str) -> None:
    assert list(map(summary, of(code).dags)) == [("a", 2, True)]


@pytest.mark.parametrize(
    "code",
    [
        "from airflow.decorators import dag\n@dag('a')\ndef f(): ...",
        "from airflow.decorators import dag as d\n@d(dag_id='a')\ndef f(): ...",
        "from airflow import decorators\n@decorators.dag(dag_id='a')\nasync def f(): ...",
    ],
)
def test_a_decorated_function_has_the_id_it_is_given(code: str) -> None:
    [dag] = of(code).dags
    assert (summary(dag), dag.function, dag.form) == (("a", 2, True), "f", "decorator")


@pytest.mark.parametrize("decorator", ["@dag", "@dag()", "@dag(schedule=None)", "@dag('')"])
def test_without_an_id_the_functions_name_is_the_id(decorator: str) -> None:
    code = f"from airflow.decorators import dag\n{decorator}\ndef f(): ..."
    assert list(map(summary, of(code).dags)) == [("f", 2, True)]


def test_a_functions_name_is_not_the_id_where_an_unpacked_argument_may_be() -> None:
    code = "from airflow.decorators import dag\n@dag(**SHARED)\ndef f(): ..."
    assert list(map(summary, of(code).dags)) == [(None, 2, True)]


@pytest.mark.parametrize(
    "call", ["DAG(name)", "DAG(f'{x}')", "DAG(*args)", "DAG(**args)", "DAG(dag_id=a + 'b')", "DAG()"]
)
def test_a_computed_id_is_not_guessed(call: str) -> None:
    assert list(map(summary, of(f"from airflow import DAG\n{call}").dags)) == [(None, 2, True)]


@pytest.mark.parametrize(
    "more", ["NAME = 'b'", "for NAME in x: ...", "def f(NAME): ...", "NAME += 'b'", "with x as NAME: ..."]
)
def test_a_name_that_is_bound_twice_stands_for_no_value(more: str) -> None:
    assert [dag.dag_id for dag in of(f"from airflow import DAG\nNAME = 'a'\n{more}\nDAG(NAME)").dags] == [None]


@pytest.mark.parametrize(
    "code",
    [
        "DAG('a')",
        "from house import DAG\nDAG('a')",
        "from .airflow import DAG\nDAG('a')",
        "import airflow\nairflow.dag('a')",
        "from airflow.decorators import task\n@task\ndef f(): ...",
        "dag.DAG('a')",
        "f().DAG('a')",
    ],
)
def test_what_is_not_airflows_is_no_dag(code: str) -> None:
    assert of(code).dags == ()


@pytest.mark.parametrize(
    "code",
    [
        "if x: DAG('a')",
        "for x in y: DAG('a')",
        "def f(): DAG('a')",
        "try: DAG('a')\nfinally: ...",
        "[DAG('a') for x in y]",
        "x and DAG('a')",
        "DAG('a') if x else y",
        "match x:\n    case 1: DAG('a')",
        "lambda: DAG('a')",
        "while x: DAG('a')",
        "with suppress(Exception): DAG('a')",
        "class C: DAG('a')",
    ],
)
def test_what_may_not_run_or_not_fail_is_not_said_to_run_always(code: str) -> None:
    [dag] = of(f"from airflow import DAG\n{code}").dags
    assert not dag.call.always


def test_a_star_import_may_bind_any_name_anew_unless_it_is_airflows() -> None:
    code = "from airflow import DAG\nfrom {} import *\nNAME = 'a'\nDAG(NAME, mine=1)"
    assert list(map(summary, of(code.format("house")).dags)) == [(None, 4, False)]
    assert list(map(summary, of(code.format("airflow.models")).dags)) == [("a", 4, True)]


def test_a_dag_of_a_rebound_name_may_be_of_another_kind() -> None:
    [dag] = of("from airflow import DAG\nDAG = wrap(DAG)\nDAG('a')").dags
    assert not dag.call.always


@pytest.mark.parametrize(
    ("code", "form"),
    [("with DAG('a'): ...", "with"), ("DAG('a')", "expression"), ("x = DAG('a')", "value"), ("f(DAG('a'))", "value")],
)
def test_what_a_dag_is_used_for_is_told(code: str, form: str) -> None:
    assert [dag.form for dag in of(f"from airflow import DAG\n{code}").dags] == [form]


def test_imports_are_told_with_their_dots_and_whether_they_always_run() -> None:
    found = of("import a.b as c\nfrom d.e import f as g\nif x:\n    from .. import h").imports
    assert {(one.module, one.names, one.dots, one.always) for one in found} == {
        ("a.b", (), 0, True),
        ("d.e", ("f",), 0, True),
        ("", ("h",), 2, False),
    }


def test_only_functions_with_a_dag_are_told_to_be_used_and_not_for_another_name() -> None:
    code = (
        "from airflow.decorators import dag\n@dag\ndef one(): ...\n@dag\ndef two(): ...\nother = two\none()\nprint(x)"
    )
    assert of(code).used == {"one"}


def test_tasks_are_those_of_airflows_operators_and_know_the_dag_they_stand_in() -> None:
    code = (
        "from airflow import DAG\nfrom airflow.operators.empty import EmptyOperator\n"
        "with DAG('a'):\n    EmptyOperator(task_id='t')\n    Mine(task_id='u')\nEmptyOperator(task_id='v')\n"
    )
    assert [(task.call.values["task_id"], task.block) for task in of(code).tasks] == [("t", 3), ("v", None)]


def test_of_a_file_with_endless_imports_only_the_first_are_kept() -> None:
    assert len(of("import a\n" * 5000).imports) == 1000


def test_a_deep_tree_is_summed_up() -> None:
    of("from airflow import DAG\nx = " + "DAG" + ".a" * 900 + "('a')")
