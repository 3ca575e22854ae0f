"""What an index key is, and how one takes the place of another without a lookup missing anything.

A key is announced: everybody looks up with it. When everybody does, it is put in use: new entries are made under it.
When everybody makes them so, the entries under the older key are made anew under it, and then the older key goes. How
long each takes is measured on a monotonic clock, by whoever waits for it: see `ANNOUNCEMENT` and `HANDOVER`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec

from domain.keys import Generation
from domain.rotation import Policy, is_misdated

ANNOUNCEMENT: Final = timedelta(minutes=10)
"""How long a new key is only looked up with: two lifetimes of the caches that may not know it yet."""

HANDOVER: Final = timedelta(hours=1, minutes=10)
"""How long after that an edit may still be under way that has made its entries under the older key.

Two lifetimes of the caches again, and no request takes an hour.
"""


END: Final = "~"
"""Follows the id of every panorama."""

COMPARISON: Final = timedelta(days=7)
"""How much time lies between two comparisons of the entries with the trees."""


class IndexKey(msgspec.Struct, frozen=True):
    """One generation of a tenant's index key, without the key itself."""

    number: int
    created: datetime
    used: datetime | None = None
    """When it was put in use; None while it is only looked up with. The first key is in use from the beginning."""

    under: int = 0
    """The newest generation of the tenant's data key when it was made; 0 where nobody noted."""

    compared: datetime | None = None
    """When the entries under it were last compared with the trees."""

    walked: str = ""
    """Up to which panorama, by id, the entries have been made anew under it; END where that is done."""

    whole: bool = False
    """Whether every issue of every tree has been made sure to have an entry under it. Edits see to it from then on."""


SomeIndexKey = TypeVar("SomeIndexKey", bound=IndexKey)


def in_use(keys: Sequence[SomeIndexKey]) -> SomeIndexKey:
    """New entries are made under the newest key that was put in use, at first under the first.

    `keys` are a tenant's index keys, at least one.
    """
    used = [key for key in keys if key.used is not None]
    return max(used, key=_number) if used else min(keys, key=_number)


def announced(keys: Sequence[SomeIndexKey]) -> list[SomeIndexKey]:
    """A key that is newer than the one in use is waiting to be put in use."""
    return [key for key in keys if key.number > in_use(keys).number]


def superseded(keys: Sequence[SomeIndexKey]) -> list[SomeIndexKey]:
    """A key that is older than the one in use goes when no entry is under it."""
    return [key for key in keys if key.number < in_use(keys).number]


def are_whole(keys: Iterable[IndexKey]) -> bool:
    """Whether a lookup with all of a tenant's keys misses nothing.

    A site makes its index itself: one that has been restored, or taken over, has none at first.
    """
    return any(key.whole for key in keys)


def is_due(key: IndexKey, policy: Policy, now: datetime) -> bool:
    """A key is replaced at the age at which a data key is; at once if it bears a date of the future."""
    return is_misdated(key.created, now) or now >= renewal_at(key, policy)


def may_have_leaked(key: IndexKey, generations: Iterable[Generation]) -> bool:
    """What was sealed under a data key that may have leaked may have leaked as well."""
    return any(each.suspected and each.number >= key.under for each in generations)


def renewal_at(key: IndexKey, policy: Policy) -> datetime:
    """When a key is as old as it may become before it is replaced."""
    return key.created + policy.renewed_after


def is_late(key: IndexKey, policy: Policy, now: datetime) -> bool:
    """A key that is in use, or under which there are entries, beyond the age at which nothing should be under it."""
    return now >= key.created + policy.swept_by


def comparison_at(key: IndexKey) -> datetime:
    """The entries under a key are compared with the trees once a week; at once where some may never have been made."""
    if not key.whole:
        return key.created
    return (key.compared or key.used or key.created) + COMPARISON


def is_comparison_due(key: IndexKey, now: datetime) -> bool:
    """They are compared at once where the last time bears a date of the future."""
    at = comparison_at(key)
    return not key.whole or now >= at or is_misdated(at - COMPARISON, now)


def _number(key: IndexKey) -> int:
    return key.number
