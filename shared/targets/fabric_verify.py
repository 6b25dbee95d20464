"""Whether a Fabric job holds what was sent: by its listings, which have sizes only, or byte by byte."""

from shared.errors import ServiceRefusal
from shared.fabric.listing import compare, folders_of
from shared.fabric.push import FOLDERS
from shared.targets import fabric_calls as calls
from shared.targets.fabric_look import LookOver, PushLook

_NOT_FOUND = 404


def check_listings(look: PushLook) -> None:
    """List the folders that were touched, or all; raise LookOver where something in them has to be sent again."""
    if look.work.verify and not look.state.looked:
        every = {*folders_of(look.certain_sizes()), *FOLDERS, *look.state.folders}
        look.remember(folders=tuple(sorted(every)), looked=True)
    again = False
    while look.state.folders:
        look.check_time()
        again = _check_folder(look, look.state.folders[0]) or again
    if again:
        raise LookOver(0.0)


def _check_folder(look: PushLook, folder: str) -> bool:
    """Compare one folder; return whether something in it has to be sent again."""
    listed = calls.list_job_folder(look.caller, look.job, folder, deadline_s=look.deadline.left_s)
    expected, in_job = look.certain_sizes(), look.in_job()
    unclear = [path for name, path in in_job.items() if not look.is_certain(name)]
    found = compare(folder, listed.sizes, expected, unclear)
    look.foreign[folder] = found.foreign
    more = {below for below in listed.folders if look.work.verify and below not in folders_of(expected)}
    look.remember(folders=tuple(sorted({*look.state.folders, *more} - {folder})))
    wrong = [name for name, path in in_job.items() if path in found.wrong]
    for name in wrong:
        look.doubt(name)
    return bool(wrong)


def read_back(look: PushLook) -> None:
    """Read the files that are to be read back; raise LookOver where one has to be sent again.

    Files that were sent in this very push are not among them.
    """
    again = False
    for name in sorted(look.work.read_back):
        if name <= look.state.read_back or not look.is_certain(name):
            continue
        look.check_time()
        if not _has_same_bytes(look, name):
            look.doubt(name)
            again = True
        look.remember(read_back=name)
    if again:
        raise LookOver(0.0)


def _has_same_bytes(look: PushLook, name: str) -> bool:
    """Whether the job has the bytes of the folder; a file that the folder has in another version is left alone."""
    path, content = look.paths([name]).get(name), look.read(look.work.read_back[name])
    if path is None or content is None:
        return True
    try:
        answer = calls.get_file(look.caller, look.job, path, deadline_s=look.deadline.left_s)
    except ServiceRefusal as refusal:
        if refusal.status != _NOT_FOUND:
            raise
        return False
    return answer.content == content
