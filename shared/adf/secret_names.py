"""Which environment variables most likely hold a secret, by their names alone."""

import re

_SECRET = re.compile(r"(?:SECRET|PASSWORD|TOKEN|KEY)\d*(?!_VAULT)(?:_|$)")
# These say where a secret is, what it is called or how long it lives: KEY_VAULT_URL, TOKEN_TTL, SECRET_NAME.
_ABOUT_A_SECRET = re.compile(r"_(?:ID|NAME|URL|URI|PATH|FILE|HOST|ENDPOINT|TTL|SECONDS|EXPIRY)$")
# An Airflow connection holds the login; `AIRFLOW__…_SECRET` is the name of a secret in Airflow's secrets backend.
_CONNECTION = "AIRFLOW_CONN_"
_NAME_IN_BACKEND = re.compile(r"AIRFLOW__\w+_SECRET$")


def looks_secret(name: str) -> bool:
    """Whether the name of an environment variable says that its value is a secret."""
    upper = name.upper()
    if upper.startswith(_CONNECTION):
        return True
    if _NAME_IN_BACKEND.match(upper) or _ABOUT_A_SECRET.search(upper):
        return False
    return _SECRET.search(upper) is not None
