"""What maintenance tells of data keys that are not as they should be: the cause, and the way out."""

from collections.abc import Iterator
from typing import Final

from application.faults import described
from application.keys.succession import Carried
from application.maintenance.jobs import Finding
from domain.ids import TenantId

_WORDS: Final = {
    "wrong-date": "a data key bears a date that has not come yet: look at the clocks of the machines that run this",
    "due-key": "a data key is to be replaced and has not been: see that every key manager wraps",
    "late-key": "a data key should have been replaced long ago: see that every key manager wraps",
    "late-sweep": "records are still under a data key that should be out of use: see that maintenance has its turns",
    "key-beyond-limit": "records are under one data key for longer than is allowed: see that maintenance has its turns",
    "suspected-key": "a data key that may have leaked is still in use: that ends once nothing is sealed under it",
    "missing-wrap": "a key manager could not open every data key: see that it wraps; `panorama keys rewrap` makes them",
    "unopened-record": "records do not open, and so keep an old data key from going: restore them from a backup",
    "uses-unknown": "nobody can tell whether backups need an old data key, so it stays: see what the backups tell",
    "rotation-failed": "the data keys of a tenant could not be looked after: a repeat goes on, see the cause",
    "key-manager-out": "a key manager does not wrap, so no new data keys are made: edits go on under those there are",
}
"""By code."""


def findings_of(tenant: TenantId, carried: Carried) -> Iterator[Finding]:
    """Yield what is not as it should be with one tenant's keys."""
    for concern in carried.concerns:
        yield finding(concern.code, tenant)
    if carried.lacking:
        yield finding("missing-wrap", tenant)
    if carried.refused:
        yield finding("unopened-record", tenant)
    if carried.kept_unasked:
        yield finding("uses-unknown", tenant)


def failed(tenant: TenantId, error: Exception) -> Finding:
    """Return that nothing could be done for a tenant, and why."""
    code = "rotation-failed"
    return Finding(code=code, what=f"{_WORDS[code]} ({described(error)})", tenant=tenant)


def finding(code: str, tenant: TenantId | None = None) -> Finding:
    """Return the finding of that code."""
    return Finding(code=code, what=_WORDS[code], tenant=tenant)
