"""How far the backups are behind."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from domain.backups.manifests import Position

T = TypeVar("T")

NOTHING: Final = timedelta(0)


def outside(clouds: Mapping[T, str | None], cloud: str | None) -> list[T]:
    """Return the stores that the loss of the site's cloud leaves.

    `clouds` says of each store which cloud it is in, None where nobody knows; `cloud` is the site's own. Where one of
    the two is not known, nothing is taken to be outside.
    """
    return [store for store, where in clouds.items() if None not in (where, cloud) and where != cloud]


def shipped(heads: Mapping[T, Position | None], clouds: Mapping[T, str | None], cloud: str | None) -> Position | None:
    """Return up to which manifest the site is shipped: as far as some store outside its cloud has everything.

    Where no store is outside, as far as all have. `heads` says of each store how far it has everything.
    """
    counting = outside(clouds, cloud)
    if counting:
        return max((head for store in counting if (head := heads[store]) is not None), default=None)
    return _least(list(heads.values()))


def everywhere(heads: Mapping[T, Position | None]) -> Position | None:
    """Return up to which manifest every store has everything; None where one has nothing, or there is none."""
    return _least(list(heads.values()))


def lag(now: datetime, waiting: Iterable[datetime | None], covered: datetime | None) -> timedelta:
    """Return the age of the oldest acknowledged record that is not shipped, nothing where there is none.

    `waiting` are the times at which what is not shipped was written. `covered` is a moment up to which everything is:
    what a slow clock dates back further was acknowledged after it all the same.
    """
    times = [moment for moment in waiting if moment is not None]
    if not times:
        return NOTHING
    oldest = min(times) if covered is None else max(min(times), covered)
    return max(NOTHING, now - oldest)


def _least(heads: Sequence[Position | None]) -> Position | None:
    known = [head for head in heads if head is not None]
    return min(known, default=None) if len(known) == len(heads) else None
