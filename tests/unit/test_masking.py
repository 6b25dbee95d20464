from shared.adf.masking import MASK, masked


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
