import pytest

from shared.adf.masking import MASK, masked, masks_in


def test_every_secret_place_is_masked_in_any_case() -> None:
    body = {
        "properties": {
            "typeProperties": {
                "airflowProperties": {
                    "userName": "admin",
                    "Password": "s",
                    "airflowEnvironmentVariables": {"AZURE_CLIENT_SECRET": "s", "EMPTY": ""},
                    "gitSyncProperties": {"credential": "s", "repo": "https://user:s@git.example/r"},
                    "secrets": ["s"],
                    "encryptedSecrets": [{"value": "s"}],
                    "airflowConfigurationOverrides": {"AIRFLOW__X": "s"},
                }
            }
        }
    }
    airflow = masked(body)["properties"]["typeProperties"]["airflowProperties"]
    assert airflow == {
        "userName": "admin",
        "Password": MASK,
        "airflowEnvironmentVariables": {"AZURE_CLIENT_SECRET": MASK, "EMPTY": MASK},
        "gitSyncProperties": {"credential": MASK, "repo": f"https://{MASK}@git.example/r"},
        "secrets": MASK,
        "encryptedSecrets": MASK,
        "airflowConfigurationOverrides": {"AIRFLOW__X": MASK},
    }


def test_what_is_not_set_does_not_look_like_a_secret() -> None:
    body: dict[str, object] = {"password": None, "secrets": [], "airflowEnvironmentVariables": {}}
    assert masked(body) == body


def test_everything_else_stays_as_it_is() -> None:
    body = {"id": "/subscriptions/x", "n": 1, "list": [{"a": None}, True], "url": "https://host/path@x"}
    assert masked(body) == body


@pytest.mark.parametrize(
    "body",
    [
        {"a": {"password": "s", "Credential": "s", "repo": "https://user:s@git.example/r"}},
        {"airflowEnvironmentVariables": {"A": "s"}, "secrets": [{"value": "s"}], "encryptedSecrets": "s"},
    ],
)
def test_whatever_is_masked_is_recognised_as_a_mask(body: dict[str, object]) -> None:
    assert not list(masks_in(body))
    found = [path[0] for path in masks_in(masked(body))]
    assert set(found) == body.keys()
    assert len(found) == str(masked(body)).count(MASK)


def test_the_masks_of_others_are_recognised_by_their_paths() -> None:
    body = {"secrets": [{"value": "**********"}], "repo": "https://user:***@git.example/r", "PASSWORD": "***"}
    assert list(masks_in(body)) == [("secrets", "0", "value"), ("repo",), ("PASSWORD",)]


def test_asterisks_that_stand_for_no_secret_are_none() -> None:
    body = {"schedule": "***", "airflowEnvironmentVariables": {"CRON": "* * * * *", "A": "**"}, "branch": "a***b@c"}
    assert not list(masks_in(body))
