"""JSON as a stranger writes it: source text, so that it can hold what Python's own values cannot."""

import json

from hypothesis import strategies as st

CANARY = "canary-4711"
_AIRFLOW_KEYS = (
    "airflowVersion",
    "airflowRequirements",
    "airflowEnvironmentVariables",
    "gitSyncProperties",
    "enableAADIntegration",
    "userName",
    "airflowEntityReferences",
    "version",
)
_KEYS = (
    *("name", "properties", "type", "Type", "TYPE", "typeProperties", "computeProperties", "airflowProperties"),
    *("location", "extraNodes", "ExtraNodes", "gitServiceType", "repo", "Credential", "credential", *_AIRFLOW_KEYS),
    *(
        "",
        " ",
        ".",
        "__proto__",
        "constructor",
        "__class__",
        "__dict__",
        "model_config",
        "self",
        "$ref",
        "a.b",
        "\u212ay",
    ),
)
_ODD = (
    *('"\\ud800"', '"\\udfff\\ud83d"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\u202e"', '"\u2028"', '"\ufeff"', '"\\/"'),
    *("-0", "-0.0", "1E400", "1e-400", "NaN", "-Infinity", "9" * 400, "9" * 5000, "0.1", "1.0", "007", "'a'", "", "//"),
    *(
        '"Airflow"',
        '"GitHub"',
        '"2"',
        '"' + "9" * 5000 + '"',
        '"a==1,b>=2,<3"',
        '"https://u@h"',
        '"********"',
        "{",
        "]",
    ),
)
_SECRETS = (
    f'"{CANARY}"',
    f'["{CANARY}"]',
    f'{{"name": "x", "value": "{CANARY}"}}',
    f'{{"A_SECRET": "{CANARY}", "B": "{CANARY}"}}',
)
_SECRET_KEYS = ("password", "Password", "credential", "secrets", "encryptedSecrets", "airflowConfigurationOverrides")
_REPOS = tuple(
    json.dumps(f"https://{user}@dev.azure.example/r")
    for user in (CANARY, f"u:{CANARY}", f"u:a@{CANARY}", f"u:{CANARY}/b", f":{CANARY}")
)

keys = st.sampled_from(_KEYS) | st.text(max_size=5)
texts = st.text(max_size=8).map(json.dumps)
leaves = (
    st.sampled_from(("null", "true", "false")) | st.integers().map(str) | texts | st.sampled_from(_ODD) | st.just("1e5")
)


def written(members: list[tuple[str, str]]) -> str:
    """Write an object; keys may come twice."""
    return "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in members) + "}"


def objects(of: st.SearchStrategy[str], names: st.SearchStrategy[str] = keys) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(names, of), max_size=5).map(written)


anything = st.recursive(
    leaves, lambda inner: objects(inner) | st.lists(inner, max_size=4).map(lambda items: f"[{','.join(items)}]")
)

_secret = st.tuples(st.sampled_from(_SECRET_KEYS), st.sampled_from(_SECRETS))
_repo = st.tuples(st.sampled_from(("repo", "url", "x")), st.sampled_from(_REPOS))
_good = st.tuples(st.sampled_from(("unknown", "x", "", "__proto__")), texts | st.integers().map(str))
_variables = objects(st.just(f'"{CANARY}"'), st.sampled_from(("A_SECRET", "AIRFLOW__CORE__FERNET_KEY", "b"))).map(
    lambda source: ("airflowEnvironmentVariables", source)
)
_requirements = st.lists(st.sampled_from(('"a"', '"b==1"', '"c>=1,<2"', '""')), max_size=3).map(
    lambda items: ("airflowRequirements", f"[{','.join(items)}]")
)
_git = st.sampled_from(('"GitHub"', '"github"', '"ADO"')).flatmap(
    lambda service: st.sampled_from(_REPOS).map(
        lambda repo: (
            "gitSyncProperties",
            f'{{"gitServiceType": {service}, "repo": {repo}, "Credential": "{CANARY}", "k": [1, {{"Type": 2}}]}}',
        )
    )
)
_wild = st.tuples(keys, anything)


@st.composite
def specs(draw: st.DrawFn) -> str:
    """Write a spec that is valid more often than not, with secrets in their places and nowhere else."""
    airflow = written(draw(st.lists(st.one_of(_secret, _repo, _good, _variables, _requirements, _git), max_size=6)))
    compute = draw(st.sampled_from(("{}", '{"extraNodes": "2", "location": "x"}', '{"extraNodes": 0}')))
    types = written(
        [("computeProperties", compute), ("airflowProperties", airflow), *draw(st.lists(_good, max_size=2))]
    )
    kind = draw(st.sampled_from(("type", "type", "Type")))
    properties = written([*draw(st.lists(_good, max_size=2)), (kind, '"Airflow"'), ("typeProperties", types)])
    return written([*draw(st.lists(_wild, max_size=1)), ("properties", properties), *draw(st.lists(_good, max_size=2))])
