from typing import Any

import pytest

from shared.adf.patch import lost_secrets, merged

ENTRA = {"enableAADIntegration": True}
BASIC = {"enableAADIntegration": False}
GIT: dict[str, Any] = {**ENTRA, "gitSyncProperties": {"gitCredentialType": "PAT", "repo": "r"}}
PUBLIC_GIT: dict[str, Any] = {**ENTRA, "gitSyncProperties": {"gitCredentialType": "None", "repo": "r"}}


def with_airflow(airflow: object) -> dict[str, Any]:
    return {"properties": {"typeProperties": {"airflowProperties": airflow}}}


def lost(shown: object, patch: dict[str, Any] | None) -> list[str]:
    existing, wanted = with_airflow(shown), with_airflow(patch)
    paths = lost_secrets(existing, wanted, merged(existing, wanted))
    return [".".join(path[3:]) for path in paths]


@pytest.mark.parametrize(
    ("shown", "patch", "names"),
    [
        (ENTRA, {"a": 1}, []),
        (BASIC, {"a": 1}, ["userName", "password"]),
        ({}, {"a": 1}, ["userName", "password"]),
        ({"EnableAADIntegration": True}, {"a": 1}, []),
        (BASIC, {"userName": "u", "password": "p"}, []),
        (BASIC, {"username": "u", "Password": "p"}, []),
        (BASIC, {"userName": None, "password": None}, []),
        (BASIC, {"password": "p"}, ["userName"]),
        (BASIC, ENTRA, []),
        (ENTRA, BASIC, ["userName", "password"]),
        (BASIC, None, []),
        (GIT, {"a": 1}, ["gitSyncProperties.credential"]),
        (GIT, {"gitSyncProperties": {"branch": "b"}}, ["gitSyncProperties.credential"]),
        (GIT, {"gitSyncProperties": {"Credential": "c"}}, []),
        (GIT, {"gitSyncProperties": {"credential": None}}, []),
        (GIT, {"gitSyncProperties": None}, []),
        (GIT, {"gitSyncProperties": {"gitCredentialType": "None"}}, []),
        (PUBLIC_GIT, {"a": 1}, []),
        (PUBLIC_GIT, {"gitSyncProperties": {"gitCredentialType": "PAT"}}, []),
        (ENTRA, GIT, []),
        ({**ENTRA, "secrets": [{"name": "s"}], "encryptedSecrets": []}, {"a": 1}, ["secrets"]),
        ({**ENTRA, "secrets": [{"name": "s"}]}, None, []),
        ({**ENTRA, "encryptedSecrets": ["s"]}, {"encryptedSecrets": ["t"]}, []),
    ],
)
def test_a_secret_is_lost_unless_the_patch_gives_or_nulls_it(
    shown: dict[str, Any], patch: dict[str, Any] | None, names: list[str]
) -> None:
    assert lost(shown, patch) == names
