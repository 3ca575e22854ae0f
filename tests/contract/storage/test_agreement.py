"""Adapters are compared with the fake over long random lives, which find what no single law thought of."""

from random import Random

import pytest

from ports.errors import PortError
from ports.rows import rows_of
from ports.storage import SCAN_LIMIT, Record, Ref, Shipping, Storage
from tests.contract.storage.harness import Harness
from tests.contract.storage.samples import later, sample
from tests.fakes.storage import MemoryStorage
from tests.rounds import rounds

TURNS = 250
TENANTS, KINDS, KEYS = ("t", "t0", "u"), ("k", "k0"), ("a", "a/", "a/1", "a/2", "b", "~")


class Life:
    """Random calls of the port; two lives of the same seed make the same calls."""

    def __init__(self, seed: int, store: Storage) -> None:
        self._chance = Random(seed)
        self._store = store

    async def turn(self) -> object:
        """Make one call and return what came of it: an answer or the kind of a refusal."""
        call = self._chance.choice(
            [self._put, self._put, self._put_many, self._delete, self._mark, self._apply, self._ask, self._erase]
        )
        try:
            return await call()
        except PortError as error:
            return type(error), getattr(error, "about", None)

    async def everything(self) -> list[list[Record]]:
        """Return all that can be seen of the store."""
        seen = [await self._store.scan(tenant, kind) for tenant in TENANTS for kind in KINDS]
        return [*seen, by_place(await self._store.unshipped(SCAN_LIMIT))]

    def _place(self) -> Ref:
        return Ref(self._chance.choice(TENANTS), self._chance.choice(KINDS), self._chance.choice(KEYS))

    def _record(self, *bodies: bytes | None) -> Record:
        return sample(
            self._place(),
            self._chance.randint(1, 3),
            self._chance.choice(bodies),
            updated=later(self._chance.randrange(100)),
            generation=self._chance.randrange(3),
            due=self._chance.choice([None, later(self._chance.randrange(100))]),
            shipping=self._chance.choice(list(Shipping)),
        )

    async def _put(self) -> None:
        await self._store.put(self._record(b"", b"x"))

    async def _put_many(self) -> None:
        await self._store.put_many([self._record(b"", b"x") for _ in range(3)])

    async def _delete(self) -> None:
        await self._store.delete(self._place(), self._chance.randint(1, 3))

    async def _mark(self) -> None:
        await self._store.mark_shipped([(self._place(), self._chance.randint(1, 4)) for _ in range(3)])

    async def _apply(self) -> None:
        await self._store.apply(rows_of([self._record(b"x", None) for _ in range(3)]))

    async def _ask(self) -> list[object]:
        place, limit = self._place(), self._chance.choice([1, 3, SCAN_LIMIT])
        return [
            await self._store.scan(
                place.tenant,
                place.kind,
                prefix=self._chance.choice(["", "a", "a/"]),
                after=self._chance.choice([None, place.key]),
                limit=limit,
                reverse=self._chance.random() < 0.5,
            ),
            await self._store.everything(limit, after=self._chance.choice([None, place])),
            by_place(await self._store.due(place.kind, later(self._chance.randrange(100)), SCAN_LIMIT)),
            by_place(await self._store.sealed_below(place.tenant, self._chance.randrange(4), SCAN_LIMIT)),
            await self._store.holdings(place.tenant),
        ]

    async def _erase(self) -> int:
        return await self._store.erase(self._place().tenant) if self._chance.random() < 0.1 else 0


def by_place(records: list[Record]) -> list[Record]:
    """Return the records in an order that does not depend on how an engine breaks ties."""
    return sorted(records, key=lambda record: record.ref)


@pytest.mark.parametrize("seed", range(rounds(5)))
async def test_every_life_is_the_same_everywhere(seed: int, harness: Harness) -> None:
    """Whatever is called in whatever order, an adapter answers, refuses and holds what the fake does."""
    life, reference = Life(seed, harness.store), Life(seed, MemoryStorage())
    for _ in range(TURNS):
        assert await life.turn() == await reference.turn()
    assert await life.everything() == await reference.everything()
