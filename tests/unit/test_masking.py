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
    "user",
    [
        *("token", "u:token", ":token", "u:to@ken", "u:to/ken+=", "u:to?ken", "u:to/k@en", "u:80token"),
        *("u:123/token", "u:123/to/ken", "u:123?token", "u:123#token", "u:8080/token", "u:to ken", "u:to ken in words"),
        *("u:to:ken", "u:to:k/en", "u:to/k:en", "u:to/k:en/:", "u:to?k:en"),
    ],
)
def test_the_login_in_a_url_is_masked_whatever_characters_it_has(user: str) -> None:
    assert masked([f"git+https://{user}@h:80/r, x"]) == [f"git+https://{MASK}@h:80/r, x"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("//u:token@h", f"//{MASK}@h"),
        ("see //u:token@h", f"see //{MASK}@h"),
        ("repo=//token@h/r", f"repo=//{MASK}@h/r"),
        ("//u:123/token@h", f"//{MASK}@h"),
        ("https://first.last:123/token@git.example/r", f"https://{MASK}@git.example/r"),
    ],
)
def test_a_login_is_masked_without_a_scheme_too_and_behind_what_looks_like_a_port(url: str, shown: str) -> None:
    assert masked(url) == shown
    assert list(masks_in({"repo": shown})) == [("repo",)]


@pytest.mark.parametrize(
    "url",
    [
        *("https://h/a@b", "https://h:8080 a@b", "a@b", "https://git.example:8443/r.git@main", "h//a@b"),
        *("https://git.example:80?a@b", "https://git.example:8080/r@v1.0", "http://localhost:8080/r@main"),
        *("https://[::1]:80/r@main", "https://10.0.0.1:80/r@1.2.3"),
    ],
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
