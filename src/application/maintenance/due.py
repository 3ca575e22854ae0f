"""The records that a timer must look at, one after the other."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from application.maintenance.jobs import Finding, Turn
from domain.ids import TenantId
from ports.sources import Clock
from ports.storage import SCAN_LIMIT, Record, Ref, Storage

_BATCH: Final = 100
_AHEAD: Final = timedelta(days=10 * 365)
"""How far a plan looks ahead."""


async def each_due(storage: Storage, kind: str, clock: Clock, turn: Turn) -> AsyncIterator[Record]:
    """Yield what is due, soonest first and each record once, until there is no more or the turn is over.

    Whoever is given a record is to make it due later, or to delete it. One that stays as it is holds up nobody, unless
    there are a thousand of them.
    """
    met: set[Ref] = set()
    stuck = 0
    while True:
        limit = min(_BATCH + stuck, SCAN_LIMIT)
        page = await storage.due(kind, clock(), limit)
        new = [record for record in page if record.ref not in met]
        stuck = len(page) - len(new)
        if not new and (len(page) < limit or limit == SCAN_LIMIT):
            return
        for record in new:
            if turn.is_over():
                return
            met.add(record.ref)
            yield record


def unsettled(what: str, tenant: TenantId, code: str) -> Finding:
    """Return how to tell that one of many things could not be looked at, by the code of the error."""
    told = (
        f"{what} could not be looked at ({code}), the others were; it is tried again. If that lasts, records of this "
        "tenant are damaged, or no key manager that is configured opens its data key"
    )
    return Finding(code="unsettled", what=told, tenant=tenant)


async def planned(storage: Storage, kind: str, clock: Clock) -> list[Record]:
    """Return what will be due, soonest first; of very much only the beginning."""
    return await storage.due(kind, clock() + _AHEAD, SCAN_LIMIT)
