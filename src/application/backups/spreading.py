"""Putting new objects into all stores at once, without waiting for one that has been failing."""

import asyncio
from collections.abc import Sequence
from typing import Final

from application.backups.names import named
from application.backups.packs import Packed
from application.backups.stores import Store, keep
from ports.edges import port_errors_only
from ports.errors import PortError, Unavailable

PATIENCE: Final = 20.0
"""How many seconds one store gets to take the objects of one segment, so that the others go on in time."""


class Spreading:
    """The stores of a site, and which of them keep up."""

    def __init__(self, stores: Sequence[Store], patience: float) -> None:
        self.stores = tuple(stores)
        self._patience = patience
        self._slow: set[str] = set()

    @property
    def fast(self) -> tuple[Store, ...]:
        """Return the stores that keep up; where none does, all of them are worth a try."""
        return tuple(store for store in self.stores if store.name not in self._slow) or self.stores

    async def spread(self, prefix: str, objects: Sequence[Packed]) -> frozenset[str]:
        """Put the objects into the stores that keep up; return the names of those that have them all now.

        A store that fails is left out until `keeps_up` is told otherwise. Raises Unavailable where no store takes them.
        """
        if not objects:
            return frozenset()
        fast = self.fast
        outcomes = await asyncio.gather(*(self._put(store, prefix, objects) for store in fast))
        failures = {store.name: failure for store, failure in zip(fast, outcomes, strict=True) if failure is not None}
        self._slow.update(failures)
        if len(failures) == len(fast):
            raise Unavailable("no blob store takes the objects of a backup") from next(iter(failures.values()))
        return frozenset(store.name for store in fast) - failures.keys()

    def keeps_up(self, store: str, *, well: bool) -> None:
        """Note whether a store has all that there is, or has failed."""
        if well:
            self._slow.discard(store)
        else:
            self._slow.add(store)

    async def _put(self, store: Store, prefix: str, objects: Sequence[Packed]) -> Exception | None:
        try:
            async with asyncio.timeout(self._patience):
                with port_errors_only():
                    for each in objects:
                        await keep(store, named(prefix, each.piece), each)
        except (PortError, TimeoutError) as exc:
            return exc
        return None
