import io
import struct
import zipfile

import pytest

from shared.folder.checks import LARGEST_FILE
from shared.folder.checks.archives import members
from tests.unit.dag_files import DATA_FACTORY, check, reasons

DAG = b"from airflow import DAG\ndag = DAG('a')\n"
BROKEN = b"# airflow dag\nx = (\n"


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip file of Python files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.py", content)
    return written.getvalue()


def test_a_broken_file_at_the_top_of_a_zip_file_blocks_and_is_named() -> None:
    [finding] = check({"dags/pack.zip": packed({"good": DAG, "bad": BROKEN})})
    assert (finding.file, finding.line, finding.reason, finding.blocking) == (
        "dags/pack.zip",
        None,
        "SyntaxError",
        True,
    )
    assert finding.message.startswith("In 'bad.py, line 2': ")


def test_what_lies_in_a_folder_of_a_zip_file_is_not_loaded() -> None:
    assert reasons({"dags/pack.zip": packed({"good": DAG, "sub/bad": BROKEN})}) == []


def test_a_zip_file_with_python_only_in_folders_has_no_dags() -> None:
    assert reasons({"dags/pack.zip": packed({"sub/good": DAG})}) == [("NoDagFound", False)]


def test_files_of_a_zip_file_import_each_other_first() -> None:
    broken = packed({"helper": b"x = (\n", "good": DAG + b"import helper\n"})
    assert reasons({"dags/pack.zip": broken, "dags/helper.py": b""}) == [("BrokenImport", True), ("SyntaxError", False)]


@pytest.mark.parametrize("line", [b"import lib.steps", b"from lib import steps", b"from lib.deep.er import A"])
def test_a_zip_file_brings_packages_of_its_own_before_those_of_the_folder(line: bytes) -> None:
    pack = packed({"good": DAG + line, "lib/__init__": b"", "lib/steps": b"", "lib/deep/er": b"A = 1"})
    assert reasons({"dags/pack.zip": pack}, DATA_FACTORY) == []
    findings = check({"dags/pack.zip": pack, "dags/lib/steps.py": b"x = (\n", "dags/lib/deep/er.py": b"x = (\n"})
    assert not [finding for finding in findings if finding.file == "dags/pack.zip"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04garbage", packed({"good": DAG})[:-30]])
def test_what_is_no_zip_file_is_a_warning(content: bytes) -> None:
    assert reasons({"dags/pack.zip": content}) == [("ZipNotRead", False)]


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_method_that_may_take_any_memory_is_not_unpacked(method: int) -> None:
    assert reasons({"dags/pack.zip": packed({"good": DAG}, method)}) == [("ZipNotRead", False)]


def test_a_file_that_unpacks_to_too_much_is_not_read() -> None:
    bomb = packed({"good": DAG, "bomb": b" " * 50 * LARGEST_FILE})
    assert len(bomb) < LARGEST_FILE
    assert reasons({"dags/pack.zip": bomb}) == [("FileTooLarge", False)]


def test_all_files_of_a_zip_file_together_have_a_bound() -> None:
    many = packed({f"a{number}": b" " * LARGEST_FILE for number in range(40)})
    read = [content for _, content in members(many) if isinstance(content, bytes)]
    assert sum(map(len, read)) <= 8 * LARGEST_FILE


def test_files_that_unpack_to_too_much_count_for_the_bound_of_all() -> None:
    large = packed({f"big_{number}": bytes(LARGEST_FILE + 1) for number in range(20)})
    assert sum(f"more than {LARGEST_FILE} bytes" in finding.message for finding in check({"dags/pack.zip": large})) == 8


def test_a_member_said_to_lie_beyond_all_memory_is_a_warning() -> None:
    pack = packed({"good": DAG})
    directory, end = pack.index(b"PK\1\2"), pack.index(b"PK\5\6")
    place = struct.pack("<HHQ", 1, 8, 2**63)
    entry = bytearray(pack[directory:end])
    struct.pack_into("<H", entry, 30, len(place))
    struct.pack_into("<L", entry, 42, 0xFFFFFFFF)
    last = bytearray(pack[end:])
    struct.pack_into("<L", last, 12, len(entry) + len(place))
    content = pack[:directory] + entry + place + last
    assert reasons({"dags/pack.zip": content}) == [("ZipNotRead", False)]


def test_a_damaged_file_in_a_sound_archive_is_a_warning() -> None:
    content = bytearray(packed({"good": DAG}, zipfile.ZIP_STORED))
    content[content.index(b"airflow")] ^= 1
    assert reasons({"dags/pack.zip": bytes(content)}) == [("ZipNotRead", False)]
