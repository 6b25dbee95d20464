import ast

import pytest

from shared.folder.checks_outline import DagDefinition, Outline, outline


def of(code: str) -> Outline:
    return outline(ast.parse(code))


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
    ],
)
def test_a_dag_is_found_however_it_was_imported(code: str) -> None:
    assert of(code).dags == (DagDefinition("a", 2, always=True),)


@pytest.mark.parametrize(
    "code",
    [
        "from airflow.decorators import dag\n@dag('a')\ndef f(): ...",
        "from airflow.decorators import dag as d\n@d(dag_id='a')\ndef f(): ...",
        "from airflow import decorators\n@decorators.dag(dag_id='a')\nasync def f(): ...",
    ],
)
def test_a_decorated_function_has_the_id_it_is_given(code: str) -> None:
    assert of(code).dags == (DagDefinition("a", 2, always=True, function="f"),)


@pytest.mark.parametrize("decorator", ["@dag", "@dag()", "@dag(schedule=None)", "@dag('')"])
def test_without_an_id_the_functions_name_is_the_id(decorator: str) -> None:
    code = f"from airflow.decorators import dag\n{decorator}\ndef f(): ..."
    assert of(code).dags == (DagDefinition("f", 2, always=True, function="f"),)


@pytest.mark.parametrize(
    "call", ["DAG(name)", "DAG(f'{x}')", "DAG(*args)", "DAG(**args)", "DAG(dag_id=a + 'b')", "DAG()"]
)
def test_a_computed_id_is_not_guessed(call: str) -> None:
    assert of(f"from airflow import DAG\n{call}").dags == (DagDefinition(None, 2, always=True),)


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
    ],
)
def test_what_may_not_run_is_not_said_to_run_always(code: str) -> None:
    [dag] = of(f"from airflow import DAG\n{code}").dags
    assert not dag.always


def test_imports_are_known_by_each_part_of_their_names() -> None:
    code = "import a.b as c\nfrom d.e import f as g\nfrom . import h"
    assert of(code).imports == {"a", "b", "d", "e", "f", "h"}


def test_names_that_are_read_are_used_and_names_that_are_set_are_not() -> None:
    assert of("a = b\ndef c(): d()").used == {"b", "d"}
