import pytest

from shared.folder.checks import Runtime, Surroundings, check_files
from tests.unit.dag_files import AIRFLOW_3, DATA_FACTORY, FABRIC, check, reasons

DAG = b"from airflow import DAG\nwith DAG('a', schedule=None):\n    pass\n"


def of(line: str, runtime: Runtime = FABRIC, requirements: str | None = "", **others: bytes) -> list[tuple[str, bool]]:
    files = {f"dags/{name.replace('__', '/')}.py": content for name, content in others.items()}
    return reasons({"dags/x.py": line.encode() + b"\n" + DAG, **files}, runtime, requirements)


@pytest.mark.parametrize(
    "line",
    [
        "import logging, os.path",
        "import pendulum, requests, yaml, jinja2",
        "from dateutil.parser import parse",
        "from airflow.providers.http.hooks.http import HttpHook",
        "from airflow.models.baseoperator import chain",
        "from airflow.utils import timezone",
        "import __future__",
    ],
)
def test_what_every_airflow_brings_is_there(line: str) -> None:
    assert of(line, DATA_FACTORY) == of(line, FABRIC) == []


@pytest.mark.parametrize("line", ["import pandas as pd", "from sklearn.svm import SVC", "import nope_nope"])
def test_a_module_that_nothing_brings_is_a_warning(line: str) -> None:
    assert of(line) == [("MissingModule", False)]


@pytest.mark.parametrize(
    "line",
    [
        "try:\n    import nope\nexcept ImportError:\n    nope = None",
        "if x:\n    import nope",
        "def f():\n    import nope",
        "with suppress(ImportError):\n    import nope",
        "import sys; sys.path.append('lib')\nimport nope",
    ],
)
def test_a_guarded_import_is_left_alone(line: str) -> None:
    assert of(line) == []


@pytest.mark.parametrize(
    ("line", "requirements"),
    [
        ("import pandas", "pandas==2.1.0  # for the reports"),
        ("import pandas", "Pandas [excel] >= 2 ; python_version > '3.8'"),
        ("import numpy", "pandas"),
        ("import sklearn", "scikit_learn"),
        ("import snowflake.connector", "snowflake-connector-python"),
        ("from google.cloud import storage", "google-cloud-storage"),
        ("import acme.tools", "/opt/airflow/dags/acme_tools-1.0-py3-none-any.whl"),
        ("import nope", "-r more.txt"),
        ("import nope", "git+https://example.org/nope.git"),
        ("import nope", "a-package-of-which-nothing-is-known"),
        (
            "from airflow.providers.microsoft.azure.hooks.wasb import WasbHook",
            "apache-airflow-providers-microsoft-azure",
        ),
        ("from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook", "apache-airflow[snowflake]"),
    ],
)
def test_requirements_bring_modules_and_what_those_need(line: str, requirements: str) -> None:
    assert of(line, requirements=requirements) == []
    assert of(line, Runtime("3.12", "2.10.5", (requirements,))) == []


@pytest.mark.parametrize(
    "requirements",
    [
        "snowflake-connector-python[pandas]",
        "requests[socks, security]",
        "apache-airflow[no-such-extra]",
        "apache-airflow-providers-google[pandas]==10.1",
    ],
)
def test_an_extra_of_which_nothing_is_known_may_bring_anything(requirements: str) -> None:
    assert of("import pandas", DATA_FACTORY, requirements) == []


def test_an_extra_of_a_provider_brings_the_provider_that_it_is_named_after() -> None:
    line = "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator"
    assert of(line, DATA_FACTORY, "apache-airflow-providers-google[cncf.kubernetes]") == []
    assert of(line, DATA_FACTORY, "apache-airflow-providers-google[amazon]") == [("MissingModule", False)]


@pytest.mark.parametrize("line", ["import pip", "import pkg_resources, setuptools", "import distutils", "import wheel"])
@pytest.mark.parametrize("runtime", [DATA_FACTORY, FABRIC, AIRFLOW_3])
def test_what_installers_bring_may_be_there(line: str, runtime: Runtime) -> None:
    assert of(line, runtime) == []


@pytest.mark.parametrize("line", ["import importlib_metadata", "import importlib_resources"])
@pytest.mark.parametrize("python", ["3.8", "3.11", "3.12"])
def test_what_airflow_needs_with_some_pythons_may_be_there(line: str, python: str) -> None:
    assert of(line, Runtime(python=python, airflow="2.10.5", requirements=())) == []


def test_a_requirement_may_bring_what_the_standard_library_does_not_have_yet() -> None:
    assert of("import graphlib", DATA_FACTORY, "graphlib-backport") == []


@pytest.mark.parametrize("line", ["a" * 1_000_000, "a-" * 500_000, "a" + " " * 1_000_000 + "+"])
def test_no_line_of_the_requirements_takes_long(line: str) -> None:
    assert of("import pandas", DATA_FACTORY, line) == []


def test_other_requirements_do_not_bring_it() -> None:
    assert of("import pandas", requirements="--index-url https://example.org\n\nnumpy\n") == [("MissingModule", False)]


def test_the_message_names_the_distribution() -> None:
    messages = [
        finding.message
        for line in ("from sklearn import svm", "from airflow.providers.microsoft.azure.hooks.wasb import WasbHook")
        for finding in check({"dags/x.py": line.encode() + b"\n" + DAG}, FABRIC)
    ]
    assert "add scikit-learn to the requirements" in messages[0]
    assert "add apache-airflow-providers-microsoft-azure" in messages[1]


def test_where_requirements_are_not_known_nothing_is_said_of_packages() -> None:
    assert of("import nope", Runtime("3.12", "2.10.5", None)) == []
    assert of("import nope", requirements=None) == []


def test_a_provider_is_missed_even_beside_packages_of_which_nothing_is_known() -> None:
    line = "from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook"
    assert of(line, requirements="a-package-of-which-nothing-is-known") == [("MissingModule", False)]


def test_modules_of_the_folder_are_there_changed_or_not() -> None:
    assert of("import helper\nfrom team.steps import A", helper=b"", team__steps=b"A = 1\n") == []


def test_a_module_beside_the_file_is_not_on_the_path() -> None:
    files = {"dags/team/x.py": b"import helper\n" + DAG, "dags/team/helper.py": b""}
    [finding] = check(files, FABRIC)
    assert (finding.file, finding.reason, finding.blocking) == ("dags/team/x.py", "MissingModule", False)
    assert "name the folders" in finding.message


def test_the_folder_of_dags_has_no_name_of_its_own() -> None:
    assert of("from dags.helper import A", helper=b"A = 1\n") == [("MissingModule", False)]


@pytest.mark.parametrize(("python", "found"), [("3.8", ["MissingModule"]), ("3.9", []), (None, [])])
def test_the_standard_library_is_that_of_the_environments_python(python: str | None, found: list[str]) -> None:
    assert [reason for reason, _ in of("import zoneinfo", Runtime(python, "2.10.5", ()))] == found


@pytest.mark.parametrize(
    ("line", "two", "three"),
    [
        ("from airflow.operators.bash_operator import BashOperator", [], ["NotInAirflow"]),
        ("from airflow.utils.dates import days_ago", [], ["NotInAirflow"]),
        ("from airflow.sdk import DAG as D", ["NotInAirflow"], []),
        ("from airflow.operators.empty import EmptyOpertor", ["NotInAirflow"], ["NotInAirflow"]),
        ("from airflow.operators.emty import EmptyOperator", ["NotInAirflow"], ["NotInAirflow"]),
        ("from airflow.operators.empty import EmptyOperator, _private", [], []),
        ("from airflow.models import *", [], []),
        ("from airflow.www.app import create_app", [], []),
    ],
)
def test_paths_and_names_are_those_of_the_environments_airflow(line: str, two: list[str], three: list[str]) -> None:
    assert [reason for reason, blocking in of(line, FABRIC) if not blocking] == two
    assert [reason for reason, blocking in of(line, AIRFLOW_3) if not blocking] == three


def test_the_message_says_which_airflow_has_it() -> None:
    [finding] = check({"dags/x.py": b"from airflow.utils.dates import days_ago\n" + DAG}, AIRFLOW_3)
    assert finding.message.endswith("no airflow.utils.dates.days_ago; Airflow 2.10.5 has it.")


def test_a_version_without_a_table_has_what_any_known_one_has() -> None:
    assert of("from airflow.utils.dates import days_ago", Runtime("3.12", "2.12.0", ())) == []
    assert of("from airflow.sdk import DAG as D", Runtime("3.12", "4.0.0", ())) == []


@pytest.mark.parametrize("line", ["from . import helper", "from .helper import A", "from ..other import A"])
def test_a_relative_import_in_a_dag_file_blocks(line: str) -> None:
    assert ("RelativeImport", True) in of(line, helper=b"A = 1\n")


@pytest.mark.parametrize("folder", ["dags/team", "dags"])
def test_a_packages_own_file_is_loaded_as_a_package_and_may_import_from_it(folder: str) -> None:
    code = b"# airflow dag\nfrom .steps import A\nfrom . import steps\n"
    files = {f"{folder}/__init__.py": code, f"{folder}/steps.py": b"A = 1\n"}
    assert reasons(files, FABRIC) == []
    above = {**files, f"{folder}/__init__.py": code + b"from ..other import A\n"}
    assert reasons(above, FABRIC) == [("RelativeImport", True)]
    broken = {**files, f"{folder}/steps.py": b"A = (\n"}
    assert ("BrokenImport", True) in reasons(broken, FABRIC)


def test_a_relative_import_in_a_helper_is_fine() -> None:
    assert of("from team import steps", team__steps=b"from .more import A\n", team__more=b"A = 1\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "import helper",
        "from helper import A",
        "import helper as h",
        "import logging, helper",
        "import between",
        "from pack import A",
    ],
)
def test_a_broken_helper_blocks_the_dag_file_that_imports_it(line: str) -> None:
    others = {"helper": b"A = (\n", "between": b"import helper\n", "pack__steps": b"from helper import A\n"}
    files = {f"dags/{name.replace('__', '/')}.py": content for name, content in others.items()}
    files["dags/pack/__init__.py"] = b"from .steps import A\n"
    findings = check({**files, "dags/x.py": line.encode() + b"\n" + DAG}, FABRIC)
    assert [(one.reason, one.line) for one in findings if one.file == "dags/x.py" and one.blocking] == [
        ("BrokenImport", 1)
    ]
    assert not any(one.blocking for one in findings if one.file == "dags/helper.py")


def test_a_helper_behind_a_module_of_the_same_name_is_not_the_one_that_is_loaded() -> None:
    assert not any(blocking for _, blocking in of("import json, jinja2", json=b"A = (\n", jinja2=b"A = (\n"))


def test_a_guarded_import_of_a_broken_helper_does_not_block() -> None:
    assert of("try:\n    import helper\nexcept SyntaxError: ...", helper=b"A = (\n") == [("SyntaxError", False)]


def test_modules_that_import_each_other_come_to_an_end() -> None:
    assert of("import one", one=b"import two\n", two=b"import one\nimport x\n") == []


@pytest.mark.parametrize(
    ("broken", "other"),
    [
        ("plugins/helper.py", "dags/helper.py"),
        ("dags/helper.py", "plugins/helper.py"),
        ("dags/helper.py", "dags/helper/__init__.py"),
    ],
)
@pytest.mark.parametrize("changed", [True, False])
def test_a_broken_helper_in_whose_place_python_may_find_another_does_not_block(
    broken: str, other: str, *, changed: bool
) -> None:
    files = {"dags/x.py": b"import helper\n" + DAG, broken: b"A = (\n", "plugins/.airflowignore": b"helper"}
    around = Surroundings(frozenset({*files, other}), {"plugins/.airflowignore": b"helper"}, runtime=DATA_FACTORY)
    contents = {**files, other: b""} if changed else files
    findings = check_files([pair for pair in contents.items() if pair[0].endswith(".py")], around)
    assert not [one for one in findings if one.file == "dags/x.py"]


def test_a_broken_package_blocks_though_a_module_has_its_name() -> None:
    files = {"dags/x.py": b"import helper\n" + DAG, "dags/helper.py": b"", "dags/helper/__init__.py": b"A = (\n"}
    assert ("BrokenImport", True) in reasons(files, DATA_FACTORY)
