"""Microsoft's generated client reads back what the relay pushed."""

from typing import Any

import pytest

from tests.integration.fabric.conftest import JOB, WORKSPACE, World

FILES = {"dags/a.py": "print('ü')\n".encode(), "dags/t/n w.py": b"", "plugins/libs/own.whl": bytes(range(256)) * 40}


@pytest.mark.parametrize("page_size", [1, 100])
def test_the_generated_client_reads_what_the_relay_pushed(emulator: str, client: Any, page_size: int) -> None:  # noqa: ANN401
    world = World(emulator)
    world.set(fabric_page_size=page_size)
    for name, content in FILES.items():
        world.write(name, content)
    world.sync()
    files = client.files
    for name, content in FILES.items():
        assert b"".join(files.get_apache_airflow_job_file_beta(WORKSPACE, JOB, name)) == content
    listed = [
        (file.file_path, file.size_in_bytes)
        for root in ("dags", "dags/t", "plugins/libs")
        for file in files.list_apache_airflow_job_files_beta(WORKSPACE, JOB, root_path=root)
    ]
    assert listed == [(name, len(content)) for name, content in FILES.items()]
    world.delete("dags/a.py")
    world.sync()
    assert [file.file_path for file in files.list_apache_airflow_job_files_beta(WORKSPACE, JOB, root_path="dags")] == []
