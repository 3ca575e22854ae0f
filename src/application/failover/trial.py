"""Whether a site's own key managers open everything, and whether everything of another site has come over."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from application.keys.generations import Generations
from application.restore.walking import side_by_side
from domain.ids import TenantId
from domain.keys import DATA_KEY, Generation, State, wrap_context
from ports.edges import port_errors_only
from ports.errors import PortError
from ports.keys import KeyManager
from ports.storage import SCAN_LIMIT, Storage

AT_ONCE: Final = 16
"""How many data keys are opened at a time."""

NAMED: Final = 20
"""Of how many that are amiss the names are told."""


class Trial(msgspec.Struct, frozen=True):
    """How many were tried, and what is amiss."""

    tried: int
    failed: int = 0
    named: tuple[str, ...] = ()
    """The first of those that failed."""


async def open_keys(generations: Generations, managers: Sequence[KeyManager]) -> Trial:
    """Open every generation of every tenant that is still in use, with nobody's help but these key managers'.

    Raises what the vault raises; a key manager that refuses or does not answer is a failure of the trial.
    """
    by_name = {manager.name: manager for manager in managers}
    limit = asyncio.Semaphore(AT_ONCE)

    async def opens(tenant: TenantId, generation: Generation) -> bool:
        context = wrap_context(tenant, generation.number, DATA_KEY)
        async with limit:
            for name in generation.wraps.keys() & by_name.keys():
                with suppress(PortError), port_errors_only():
                    await by_name[name].unwrap(generation.wraps[name], context)
                    return True
        return False

    tried, failed = 0, []
    async for wanted in _in_use(generations):
        outcomes = await asyncio.gather(*(opens(tenant, generation) for tenant, generation in wanted))
        tried += len(outcomes)
        failed += [
            f"{tenant}/{generation.number}"
            for (tenant, generation), well in zip(wanted, outcomes, strict=True)
            if not well
        ]
    return Trial(tried, len(failed), tuple(failed[:NAMED]))


async def compare(before: Storage, after: Storage) -> Trial:
    """Look for every record of one storage in another, where it may have been changed since; what is missing failed."""
    tried, missing = 0, []
    async for ref, theirs, ours in side_by_side(before, after):
        if theirs is None:
            continue
        tried += 1
        if ours is None or ours.rev < theirs.rev:
            missing.append("/".join(ref))
    return Trial(tried, len(missing), tuple(missing[:NAMED]))


async def _in_use(generations: Generations) -> AsyncIterator[list[tuple[TenantId, Generation]]]:
    """Yield them some at a time."""
    some: list[tuple[TenantId, Generation]] = []
    async for tenant in generations.holders():
        some += [
            (tenant, each) for each in await generations.of(tenant) if each.state in {State.ACTIVE, State.DECRYPT_ONLY}
        ]
        if len(some) >= SCAN_LIMIT:
            yield some
            some = []
    yield some
