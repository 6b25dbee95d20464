import pytest

from shared.adf.secrets import MASK, masked, masks_in


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


@pytest.mark.parametrize(
    "user", ["token", "u:token", ":token", "u:to@ken", "u:to/ken+=", "u:to?ken", "u:to/k@en", "u:80token"]
)
def test_the_login_in_a_url_is_masked_whatever_characters_it_has(user: str) -> None:
    assert masked([f"git+https://{user}@h:80/r, x"]) == [f"git+https://{MASK}@h:80/r, x"]


@pytest.mark.parametrize(
    "url", ["https://h/a@b", "https://h:8080/a@b", "https://h:8080 a@b", "https://h:80?a@b", "a@b"]
)
def test_a_url_without_a_login_stays_as_it_is(url: str) -> None:
    assert masked(url) == url


@pytest.mark.parametrize("text", ["@" + "://a:b" * 150_000, "@://" + "a" * 900_000, "://a:" + ":/" * 400_000])
def test_a_long_text_takes_no_longer_than_it_is(text: str) -> None:
    assert masked(text) == text


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
