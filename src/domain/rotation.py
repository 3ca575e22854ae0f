"""When a tenant's data key is replaced, and what must be true before an older generation goes.

A clock may be wrong for a while. Where that could lose something, a clock's word is not enough: see `SETTLING` in
`domain.keys`, which is measured on a monotonic clock. Where it could only delay something, a moment that lies ahead of
now is taken for the mistake that it is.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from domain.keys import REST, Generation, State, active, is_retired, retire

LONGEST: Final = timedelta(days=90)
"""No data is sealed under one key for longer, whatever is configured."""

TOLERANCE: Final = timedelta(hours=1)
"""By how much clocks may differ without anybody calling one of them wrong."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How old a generation may become, counted from when it was made."""

    renewed_after: timedelta = timedelta(days=60)
    """The age at which it is replaced."""

    swept_by: timedelta = timedelta(days=75)
    """The age at which nothing is sealed under it any more; from then on it is a failure."""

    limit: timedelta = LONGEST
    """The age that no generation has under which something is sealed."""

    rest: timedelta = REST
    """For how long it is kept after its retirement, at the least."""


class Misfit(Enum):
    """Why a policy cannot be kept."""

    TOO_LONG = "a key would be in use for more than 90 days"
    TOO_LITTLE_REST = "a key would go before everybody has stopped using it"
    NO_TIME_TO_SWEEP = "a new key is made a maintenance turn late, the old one rests, a last look takes a turn more"
    NO_TIME_TO_BE_LATE = "a sweep that is late ends a maintenance turn later"


def misfits(policy: Policy, turn: timedelta) -> Iterator[Misfit]:
    """Yield why a policy cannot be kept where maintenance begins and ends whatever is due within `turn`.

    A new generation is made within one turn of its day. What was still stored under the old one is found when the rest
    is over, and sealed anew within another turn. Even what was late ends within the limit.
    """
    if policy.limit > LONGEST:
        yield Misfit.TOO_LONG
    if policy.rest < REST:
        yield Misfit.TOO_LITTLE_REST
    if policy.renewed_after + turn + policy.rest + turn > policy.swept_by:
        yield Misfit.NO_TIME_TO_SWEEP
    if policy.swept_by + turn > policy.limit:
        yield Misfit.NO_TIME_TO_BE_LATE


def is_misdated(moment: datetime, now: datetime) -> bool:
    """A moment that lies ahead of now was noted by a clock that was wrong, unless by so little as clocks may differ."""
    return moment - now > TOLERANCE


def renewal_at(generation: Generation, policy: Policy) -> datetime:
    """An active generation is replaced at its age, or when somebody asked for it."""
    due = generation.created + policy.renewed_after
    return due if generation.asked is None else min(due, generation.asked)


def needs_renewal(generation: Generation, policy: Policy, now: datetime) -> bool:
    """It is replaced at once where somebody asked for it, and where a wrong date leaves its age unknown."""
    asked = generation.asked is not None
    return asked or is_misdated(generation.created, now) or now >= generation.created + policy.renewed_after


def superseded(generations: Iterable[Generation]) -> list[Generation]:
    """Of several active generations all but the newest are to be retired."""
    candidates = [generation for generation in generations if generation.state is State.ACTIVE]
    newest = active(candidates)
    return [generation for generation in candidates if generation is not newest]


def retired(generations: Iterable[Generation]) -> list[Generation]:
    """Something may be sealed under every retired generation until a scan finds that nothing is; oldest first."""
    return sorted(filter(is_retired, generations), key=lambda generation: generation.number)


def retire_by(generation: Generation, at: datetime) -> Generation:
    """An active generation is retired now, and one whose retirement a wrong clock put into the future was so by now."""
    if generation.retired is not None and is_misdated(generation.retired, at):
        return replace(generation, retired=at)
    return retire(generation, at)


def overdue_retirements(generations: Iterable[Generation], now: datetime) -> list[Generation]:
    """Return the generations that are to be retired, or were with a wrong date."""
    listed = list(generations)
    misdated = [each for each in retired(listed) if each.retired is not None and is_misdated(each.retired, now)]
    return superseded(listed) + misdated


def rest_ends(generation: Generation, policy: Policy) -> datetime:
    """A retired generation may go when its rest is over."""
    return (generation.retired or generation.created) + policy.rest


def may_be_withdrawn(generation: Generation) -> bool:
    """The service stops opening with a generation that may have leaked, and with no other."""
    return generation.suspected and generation.state is State.DECRYPT_ONLY


class Colour(IntEnum):
    """How things stand."""

    GREEN = 0
    AMBER = 1
    """Something is not as it should be, and nothing that was promised is broken."""

    RED = 2
    """A promise is broken, or will be unless somebody acts."""


class Concern(NamedTuple):
    """Something about one generation that is not as it should be."""

    colour: Colour
    code: str
    """Stable, fit for metrics."""

    generation: int


def concerns(
    generations: Iterable[Generation], policy: Policy, now: datetime, *, sealed_below: bool
) -> Iterator[Concern]:
    """Yield what is not as it should be with a tenant's generations.

    `sealed_below`: whether anything is, or may be, sealed under an older one than the active.
    """
    listed = list(generations)
    newest = active(listed)
    for generation in listed:
        if generation.state is State.DESTROYED:
            continue
        if is_misdated(generation.created, now):
            yield Concern(Colour.AMBER, "wrong-date", generation.number)
        in_use = generation is newest or sealed_below
        if in_use and now - generation.created >= policy.limit:
            yield Concern(Colour.RED, "key-beyond-limit", generation.number)
        elif in_use and now - generation.created >= policy.swept_by:
            yield Concern(Colour.RED, "late-sweep" if generation is not newest else "late-key", generation.number)
        elif generation is newest and needs_renewal(generation, policy, now):
            yield Concern(Colour.AMBER, "due-key", generation.number)
        if may_be_withdrawn(generation):
            yield Concern(Colour.AMBER, "suspected-key", generation.number)


def worst(colours: Iterable[Colour]) -> Colour:
    """Of several things the worst says how all of it stands."""
    return max(colours, default=Colour.GREEN)
