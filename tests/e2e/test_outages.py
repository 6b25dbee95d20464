"""Parts that are not there yet, go away, and come back: the upload is synced all the same."""

from azure.core.exceptions import AzureError

from tests.e2e.conftest import Parts, Running


def test_an_app_that_started_before_its_storage_syncs_what_is_uploaded_once_there_is_one(parts: Parts) -> None:
    parts.start_arm()
    parts.start_app()
    parts.start_storage()
    running = Running(parts.addresses)
    running.container.create_container()
    running.upload("dags/a.py")
    running.wait_for(lambda seen: seen.imports == 1, "the import")
    assert running.imported() == {"dags/a.py": 6}


def test_an_upload_while_arm_is_down_is_synced_when_it_is_back(parts: Parts) -> None:
    parts.start_storage()
    app = parts.start_app()
    running = Running(parts.addresses)
    running.container.create_container()
    running.upload("dags/a.py")
    running.wait_for_wake_up()
    parts.start_arm()
    running.wait_for(lambda seen: seen.imports == 1, "the import")
    assert running.imported() == {"dags/a.py": 6}
    assert app.exit_code is None


def test_an_upload_after_storage_went_away_and_came_back_is_synced(parts: Parts) -> None:
    storage = parts.start_storage()
    parts.start_arm()
    app = parts.start_app()
    running = Running(parts.addresses)
    running.container.create_container()
    running.upload("dags/a.py")
    running.wait_for(lambda seen: seen.imports == 1, "the first import")
    storage.stop()
    assert fails(running)
    parts.start_storage()
    running.upload("dags/b.py")
    running.wait_for(lambda _: "dags/b.py" in running.imported(), "the import of the second file")
    assert app.exit_code is None


def fails(running: Running) -> bool:
    try:
        running.container.get_container_properties(retry_total=0)
    except AzureError:
        return True
    return False
