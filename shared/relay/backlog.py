"""How far a route is behind its folder: since when there is a change that is not synced."""

from datetime import datetime

from shared.folder.manifest import Manifest
from shared.relay.state import RouteState, Synced


def behind_since(state: RouteState, manifest: Manifest) -> datetime | None:
    """Return when the oldest change was made that ADF does not have, None where it has all that was just listed.

    What was known before stays: a file that is written again and again is as old as its first change.
    """
    if state.synced is None and not manifest.files:
        return None
    if state.synced and state.synced.revision == manifest.revision:
        return None
    return state.behind_since or _oldest_change(state.synced, manifest)


def _oldest_change(synced: Synced | None, manifest: Manifest) -> datetime:
    """Return the time of the first write since the last sync; a deletion, and a folder never synced, begin now."""
    since = synced.listed_at if synced else manifest.listed_at
    return min((file.modified for file in manifest.files if file.modified > since), default=manifest.listed_at)


def pending_seconds(state: RouteState, now: datetime) -> float:
    """Return the age of the oldest change that is not synced, or of a request or an overdue wake-up if that is older.

    A wake-up that is overdue counts, and a folder that cannot be listed, because nobody knows what is in it.
    """
    overdue = state.pending is not None and state.pending.due < now
    begun = (
        state.behind_since,
        state.requested and state.requested.at,
        state.pending.since if state.pending and overdue else None,
        state.unreadable and state.unreadable.since,
    )
    return max((max(0.0, (now - since).total_seconds()) for since in begun if since), default=0.0)
