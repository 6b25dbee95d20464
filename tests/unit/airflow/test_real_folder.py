import io
from pathlib import Path

from local.airflow.real_folder import RealAirflow


def test_files_whose_names_no_disk_takes_are_left_out_and_the_others_arrive(tmp_path: Path) -> None:
    names = ["dags/a", "dags/a/below.py", "dags/b/below.py", "dags/b", f"dags/{256 * 'x'}.py", "dags/last.py"]
    RealAirflow("http://airflow", tmp_path).take({name: io.BytesIO(name.encode()) for name in names})
    there = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {name: name for name in ("dags/a", "dags/b/below.py", "dags/last.py")}


def test_a_file_with_the_same_bytes_stays_as_it_is(tmp_path: Path) -> None:
    airflow = RealAirflow("http://airflow", tmp_path)
    airflow.take({"dags/a.py": io.BytesIO(b"x")})
    before = (tmp_path / "dags/a.py").stat()
    airflow.take({"dags/a.py": io.BytesIO(b"x")})
    assert (tmp_path / "dags/a.py").stat() == before
    assert [path.name for path in tmp_path.iterdir()] == ["dags"]
