"""Writes whose outcome is known when the call returns, also where the answer was lost on its way.

After Unavailable nobody knows whether a write was stored. So the store is read again before anything is written
again: what stands there tells whether the write has landed, can still be made, or has been overtaken.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from ports.errors import Conflict, Unavailable
from ports.storage import Record, Ref, Storage

RETRIES: Final = 2
"""How often a write of unknown outcome is made again, at the most."""


Match: TypeAlias = Callable[[Record, Record], Awaitable[bool]]
"""Whether the second record, a later revision, says nothing but what the first does: then that was stored."""


async def _differs(_written: Record, _found: Record) -> bool:
    return False


async def commit(
    storage: Storage,
    records: Sequence[Record],
    matches: Match = _differs,
    may_store: Callable[[], bool] = lambda: True,
) -> None:
    """Store each record in order, and stop at the first that does not fit.

    Raises Conflict at that one: those before it are stored, those after it are not tried. Raises Unavailable where
    the store cannot be asked again or fails each time; then the outcome is unknown. A record that was stored and
    overtaken by somebody's next revision before it could be read again is told as a Conflict too, unless it `matches`.
    From when `may_store` says no, nothing is stored any more, which is told as Unavailable.
    """
    missing = records

    async def attempt() -> None:
        if not may_store():
            raise Unavailable("what was to be stored was sealed too long ago")
        if len(missing) == 1:
            await storage.put(missing[0])
        elif missing:
            await storage.put_many(missing)

    async def landed() -> bool:
        nonlocal missing
        missing = await _missing(storage, missing, matches)
        return not missing

    await _settle(attempt, landed)


async def remove(storage: Storage, ref: Ref, rev: int) -> None:
    """Delete revision `rev`; raises Conflict and Unavailable as `commit` does.

    A record that is found missing after a lost answer counts as deleted, whoever did it.
    """

    async def landed() -> bool:
        found = await storage.get(ref)
        if found is not None and found.rev != rev:
            raise Conflict(ref)
        return found is None

    await _settle(lambda: storage.delete(ref, rev), landed)


async def _settle(attempt: Callable[[], Awaitable[None]], landed: Callable[[], Awaitable[bool]]) -> None:
    """Once an answer was lost, a Conflict is looked into as well: the write may have landed after all, only later."""
    failure: Unavailable | Conflict
    try:
        return await attempt()
    except Unavailable as exc:
        failure = exc
    for _ in range(RETRIES):
        if await landed():
            return None
        try:
            return await attempt()
        except (Conflict, Unavailable) as exc:
            failure = exc
    if await landed():
        return None
    raise failure


async def _missing(storage: Storage, records: Sequence[Record], matches: Match) -> Sequence[Record]:
    """Return the records from the first one on that is not stored: they are stored in order."""
    for position, record in enumerate(records):
        if not await _stored(storage, record, matches):
            return records[position:]
    return ()


async def _stored(storage: Storage, record: Record, matches: Match) -> bool:
    """Whether this revision is stored, or was; raises Conflict where another body is, or a later one that differs."""
    found = await storage.get(record.ref)
    if found is None or found.rev < record.rev:
        return False
    if (found.rev, found.body) == (record.rev, record.body):
        return True
    if found.rev > record.rev and await matches(record, found):
        return True
    raise Conflict(record.ref)
