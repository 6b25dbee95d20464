"""The deployment package, where nothing is installed but what it asks for."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import requests

from local.app_settings import ROOT, sample
from tests.e2e.conftest import Parts

# Every module, also those that the app imports only when it needs them.
_IMPORT_ALL = """
import importlib, pathlib
for path in sorted(pathlib.Path().rglob("*.py")):
    importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked archive."""
    folder = tmp_path_factory.mktemp("deployed")
    archive = folder / "dag-relay.zip"
    subprocess.run([sys.executable, "-m", "local", "package", "--output", archive], cwd=ROOT, check=True)
    with zipfile.ZipFile(archive) as package:
        package.extractall(folder / "app")
    return folder / "app"


@pytest.fixture(scope="module")
def python(app: Path) -> str:
    """An interpreter that has the package's requirements and nothing else."""
    home = app.parent / "python"
    venv.create(home, with_pip=True)
    subprocess.run(
        [home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", app / "requirements.txt"],
        check=True,
    )
    return str(home / "bin/python")


def test_its_requirements_are_all_that_its_modules_import(app: Path, python: str) -> None:
    subprocess.run([python, "-c", _IMPORT_ALL], cwd=app, env=os.environ | sample(), check=True)


def test_an_upload_becomes_a_sync(app: Path, python: str, parts: Parts) -> None:
    parts.start_storage()
    parts.start_arm()
    parts.start_app(host="standin", app_dir=app, python=python, home=host_for(python, app.parent / "host"))
    running = parts.running()
    running.container.create_container()
    running.upload("dags/first.py")
    seen = running.wait_for(lambda seen: seen.settled and seen.imports > 0, "the import")
    assert (len(seen.sync_calls), running.imported()) == (1, {"dags/first.py": 6})
    for path in ("/api/", "/api/docs", "/api/metrics", "/api/ready"):
        assert requests.get(f"{parts.addresses.app}{path}", timeout=60).ok


def host_for(python: str, folder: Path) -> Path:
    """Let the stand-in host run in that interpreter: return a folder with it, without our `shared`.

    What the host itself needs comes last on the path, after all that the package brings.
    """
    shutil.copytree(ROOT / "local", folder / "local")
    shutil.copy(ROOT / "local.settings.sample.json", folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site_packages = Path(python).parent.parent / "lib" / version / "site-packages"
    (site_packages / "stand-in-host.pth").write_text(sysconfig.get_path("purelib"))
    return folder
