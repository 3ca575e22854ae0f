"""What a data key is, and what may happen to its generations."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.ids import TenantId

DATA_KEY: Final = "data-key"
"""The purpose of the keys that records are sealed under."""

REST: Final = timedelta(hours=24)
"""How long a generation that nothing is written under any more is kept readable, at the least."""

STORED_WITHIN: Final = timedelta(minutes=5)
"""How long after it began to be sealed a body may still be stored; a process that was stopped for longer seals anew."""

SETTLING: Final = timedelta(minutes=10)
"""How long after its retirement something may still be stored under a generation.

A view of the active generation is believed for a minute, what is sealed then is on its way for `STORED_WITHIN`, and
the last call to the storage has a deadline of at most another minute.
"""


class State(Enum):
    """What may be done with a generation; only ever moves downwards in this list."""

    ACTIVE = "active"
    """New bodies are sealed under it."""

    DECRYPT_ONLY = "decrypt-only"
    """Bodies are opened with it, none is sealed."""

    WITHDRAWN = "withdrawn"
    """The service opens nothing with it; its wraps are kept for the backups."""

    DESTROYED = "destroyed"
    """No wrap of it is left."""


class Generation(msgspec.Struct, frozen=True):
    """One generation of a tenant's data key, without the key itself."""

    number: int
    state: State
    created: datetime
    wraps: dict[str, bytes]
    """The same key, encrypted by each key manager under whose name it stands. Any one of them opens it."""

    retired: datetime | None = None
    """When it stopped being active."""

    destroyed: datetime | None = None
    withdrawn: datetime | None = None
    versions: dict[str, str] = {}
    """The version of the key manager's key that each wrap was made with, or an older one; where somebody noted it."""

    asked: datetime | None = None
    """When somebody asked to have it replaced before its time."""

    suspected: bool = False
    """Whether it may have leaked: then the service stops opening with it as soon as nothing is sealed under it."""


class MissingWrap(msgspec.Struct, frozen=True, order=True):
    """A finding: a generation that a configured key manager could not open."""

    tenant: TenantId
    generation: int
    manager: str


def active(generations: Iterable[Generation]) -> Generation | None:
    """Return the generation that new bodies are sealed under: the highest active one."""
    candidates = (generation for generation in generations if generation.state is State.ACTIVE)
    return max(candidates, key=lambda generation: generation.number, default=None)


def retire(generation: Generation, at: datetime) -> Generation:
    """Nothing is sealed under a retired generation; retiring it again changes nothing."""
    if generation.state is not State.ACTIVE:
        return generation
    return replace(generation, state=State.DECRYPT_ONLY, retired=at)


def withdraw(generation: Generation, at: datetime) -> Generation:
    """Only what has been retired is withdrawn; withdrawing again changes nothing."""
    if generation.state is not State.DECRYPT_ONLY:
        return generation
    return replace(generation, state=State.WITHDRAWN, withdrawn=at)


def destroy(generation: Generation, at: datetime) -> Generation:
    """A destroyed generation has no wraps, so that nobody opens anything with it; destroying again changes nothing."""
    if generation.state is State.DESTROYED:
        return generation
    retired = generation.retired or at
    return replace(generation, state=State.DESTROYED, wraps={}, versions={}, retired=retired, destroyed=at)


def ask_to_replace(generation: Generation, at: datetime, *, suspected: bool) -> Generation:
    """The first wish counts, and a suspicion stays; nothing can be asked of what is destroyed."""
    if generation.state is State.DESTROYED:
        return generation
    return replace(generation, asked=generation.asked or at, suspected=generation.suspected or suspected)


def rewrapped(generation: Generation, wraps: Mapping[str, bytes], versions: Mapping[str, str]) -> Generation:
    """Newer wraps take the place of older ones; a destroyed generation never has wraps again."""
    if generation.state is State.DESTROYED:
        return generation
    kept = {name: version for name, version in generation.versions.items() if name not in wraps}
    return replace(generation, wraps={**generation.wraps, **wraps}, versions={**kept, **versions})


def is_retired(generation: Generation) -> bool:
    """Whether nothing is sealed under it any more, and something may still be opened with it."""
    return generation.state in {State.DECRYPT_ONLY, State.WITHDRAWN}


def rested(generation: Generation, now: datetime, rest: timedelta = REST) -> bool:
    """Whether a generation has been retired for as long as it is to be kept at the least."""
    return is_retired(generation) and generation.retired is not None and now - generation.retired >= rest


def missing_wraps(tenant: TenantId, generations: Iterable[Generation], managers: Iterable[str]) -> list[MissingWrap]:
    """Every configured key manager holds a wrap of every generation that is not destroyed; return the exceptions."""
    names = frozenset(managers)
    return sorted(
        MissingWrap(tenant, generation.number, name)
        for generation in generations
        if generation.state is not State.DESTROYED
        for name in names - generation.wraps.keys()
    )


def wrap_context(tenant: TenantId, generation: int, purpose: str) -> bytes:
    """Return what each wrap is bound to, the same bytes for every key manager.

    Printable ASCII, and unambiguous because neither tenant ids nor purposes hold a space.
    """
    return f"panorama-v1 tenant={tenant} generation={generation} purpose={purpose}".encode("ascii")
