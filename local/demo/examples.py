"""Real input: the example DAGs that Apache Airflow ships, and what usually lies beside DAGs."""

import subprocess
import sys
import zipfile

from local.app_settings import ROOT
from local.errors import LocalError

AIRFLOW = "apache-airflow==2.10.5"

_CACHE = ROOT / ".cache" / "demo"
_BELOW = "airflow/example_dags/"
_REQUIREMENTS = b"apache-airflow-providers-microsoft-azure\n"
_PLUGIN = b'''"""A plugin as small as they come."""

from airflow.plugins_manager import AirflowPlugin


class DemoPlugin(AirflowPlugin):
    """Has a name, and that is all."""

    name = "dag_relay_demo"
'''


def example_files() -> dict[str, bytes]:
    """Return what a DAG folder could hold: path below the folder -> content.

    Raises LocalError if Airflow's wheel is neither in the cache nor to be had.
    """
    with zipfile.ZipFile(_wheel()) as wheel:
        names = [name for name in wheel.namelist() if name.startswith(_BELOW) and name.endswith(".py")]
        dags = {f"dags/{name.removeprefix(_BELOW)}": wheel.read(name) for name in names}
    return dags | {"plugins/dag_relay_demo.py": _PLUGIN, "requirements.txt": _REQUIREMENTS}


def _wheel() -> str:
    cached = _cached_wheels()
    if not cached:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*download, "--dest", str(_CACHE), AIRFLOW], check=False)
        cached = _cached_wheels()
    if not cached:
        raise LocalError(f"could not download {AIRFLOW}, whose example DAGs the demo uploads")
    return cached[0]


def _cached_wheels() -> list[str]:
    return [str(path) for path in _CACHE.glob("apache_airflow-*.whl")]
