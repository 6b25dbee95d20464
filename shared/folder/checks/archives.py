"""The members of a zip file that Airflow loads DAGs from: the Python files at its top.

Read in DagBag._load_modules_from_zip of 2.6.3, 2.10.5 and 3.3.2. A member is unpacked up to a bound, one at a time.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from shared.folder.checks.findings import LARGEST_FILE, Fault, Unread

# In bytes, all members of an archive together, unpacked.
_LARGEST_TOTAL = 8 * LARGEST_FILE
# Others ask for memory that their header names.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
# A place beyond all memory, which a ZIP64 header may name, is an OverflowError.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, OverflowError, ValueError)


def members(content: bytes) -> Iterator[tuple[str, bytes | Unread]]:
    """Yield the Python files at the top of an archive; raises zipfile.BadZipFile for what is none."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if "/" in member.filename or not member.filename.endswith(".py"):
                continue
            if member.compress_type not in _METHODS or member.flag_bits & _ENCRYPTED:
                yield member.filename, Unread("is packed in a way that the relay does not unpack.", "ZipNotRead")
                continue
            most = min(LARGEST_FILE, _LARGEST_TOTAL - total)
            read = _read(archive, member, most)
            total += len(read) if isinstance(read, bytes) else most
            yield member.filename, read


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes | Unread:
    try:
        with archive.open(member) as file:
            content = file.read(most + 1)
    except _UNREADABLE as error:
        return Unread(f"cannot be unpacked ({type(error).__name__}).", "ZipNotRead")
    return content if len(content) <= most else Unread(f"unpacks to more than {most} bytes.", "FileTooLarge")


def tops(content: bytes) -> frozenset[str]:
    """Return the names of the modules and packages at the top of an archive, and of what else lies there."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return frozenset(name.partition("/")[0].partition(".")[0] for name in archive.namelist())


def fault(content: bytes) -> Fault | None:
    """Return why Airflow finds no DAG in a zip file, whatever its members hold."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except _UNREADABLE as error:
        message = f"This is no zip file ({type(error).__name__}), and Airflow passes over it; upload it once more."
        return Fault(None, "ZipNotRead", message, fatal=False)
    python = [name for name in names if name.endswith((".py", ".pyc"))]
    if python and all("/" in name for name in python):
        message = "Airflow loads only the Python files at the top of a zip file, and all of this one's are in folders."
        return Fault(None, "NoDagFound", message, fatal=False)
    return None
