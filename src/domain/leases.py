"""Who holds a lease, until when, and under which fencing token.

No two instances compare their times of day, which may differ and may step. Whoever holds a lease renews it, and each
renewal is a new revision of its record. Whoever would like to have it watches that record and measures, on a monotonic
clock of its own, for how long the revision has stayed the same before its eyes. The holder trusts its lease for a
shorter time than that, counted on its own monotonic clock from before it asked for the renewal, which is before anybody
can have seen it. So the holder has stopped before anybody else begins, as long as both clocks run at about the same
speed. Where one does not, or a machine sleeps in the middle of a step, two work at once: what they do must bear that,
and what they store is kept in order by the token.
"""

from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.moments import milliseconds

TERM: Final = 30.0
"""For how many seconds an observer must have seen a lease unchanged before it takes it from its holder."""

TRUST: Final = 25.0
"""For how many seconds since it began to renew it a holder goes on; the rest is for the step under way to end."""

BEAT: Final = 8.0
"""How many seconds lie between two renewals: two may fail, and the third is still in time."""


class Lease(msgspec.Struct, frozen=True):
    """Who holds it, and under which token."""

    token: int = 0
    """Greater than that of every earlier holder. What bears a token gives way to what bears a greater one only."""

    holder: str | None = None
    """The name that an instance has made up for itself; None once the lease has been given up."""


class Sight(msgspec.Struct, frozen=True):
    """What an observer has last seen of a lease."""

    rev: int
    since: float
    """When it first saw that revision, in seconds of its own monotonic clock."""


def looked(before: Sight | None, rev: int, now: float) -> Sight:
    """A revision that was seen before is as old as when it was first seen; another one has just been seen."""
    return before if before is not None and before.rev == rev else Sight(rev, now)


def has_lapsed(sight: Sight, now: float) -> bool:
    """Whether nobody has renewed the lease for a term before the observer's eyes, the last of them at `now`."""
    return now - sight.since >= TERM


def may_take(lease: Lease, by: str, sight: Sight, now: float) -> bool:
    """Whether the lease is free, has lapsed, or is one's own, taken by a write whose answer was lost."""
    return lease.holder in {None, by} or has_lapsed(sight, now)


def taken(lease: Lease, by: str, now: datetime) -> Lease:
    """Each holder's token is greater than the last one's.

    It also follows the time of day, in milliseconds, so that it goes on above all that has been stored with older
    tokens where the lease itself was lost, as with a restore. A clock that steps back only makes it grow by one.
    """
    return Lease(max(lease.token + 1, milliseconds(now)), by)


def given_up(lease: Lease) -> Lease:
    """A lease that is given up keeps its token, so that the next holder's is greater."""
    return replace(lease, holder=None)


def trusted_until(asked: float) -> float:
    """When a holder that began to ask for its renewal at `asked` stops trusting it; both on its own monotonic clock."""
    return asked + TRUST
