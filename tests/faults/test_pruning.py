"""Every step of pruning, and every way in which that step may fail: what is kept stays whole, and the rest goes."""

from copy import deepcopy
from datetime import timedelta

import pytest
from msgspec import Struct

from application.backups.names import MANIFESTS, OBJECTS, named
from application.backups.problems import Part
from application.backups.stores import Store
from domain.backups.manifests import Position
from domain.backups.recovery import recovery_point
from domain.backups.retention import Retention
from ports.blobs import Capability
from ports.errors import PortError
from tests.fakes.backups import CLOUDS, EAST, WEST, Yard, buckets
from tests.fakes.blobs import Bucket, MemoryBlobStore
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore, every_blob_method
from tests.fakes.house import furnished
from tests.fakes.storage import MemoryStorage
from tests.faults.backups import chain_in
from tests.unit.application.backups.scenes import begun, edited

STEPS = READS | WRITES | every_blob_method()
DAYS = 3
RETENTION = Retention(
    segments=timedelta(days=1),
    dailies=timedelta(days=1),
    monthlies=timedelta(days=1),
    vault_copies=timedelta(days=1),
)
"""Short, so that there is something to prune after some days."""


class Site(Struct):
    """A site that has been backed up for some days, and what is left of it when nothing disturbs the pruning."""

    yard: Yard
    left: dict[str, set[bytes]]
    known: list[Position]


def unlocked(yard: Yard, held: dict[str, Bucket], *plan: Fault, steps: list[str] | None = None) -> list[Store]:
    """Return stores that lock nothing."""
    stores = []
    for name, bucket in held.items():
        blobs = MemoryBlobStore(yard.time.clock, bucket)
        blobs.can = frozenset(Capability) - {Capability.RETENTION}
        stores.append(Store(name, CLOUDS[name], FlakyBlobStore(blobs, *plan, steps=steps)))
    return stores


def process(site: Yard, storage: FlakyStorage | MemoryStorage, held: dict[str, Bucket], *plan: Fault) -> Yard:
    """Return the backups of another process, over these."""
    steps = storage.steps if isinstance(storage, FlakyStorage) else None
    house = site.house.neighbour(storage)
    return Yard(house, held, stores=unlocked(site, held, *plan, steps=steps), retention=RETENTION)


async def pruned(yard: Yard) -> None:
    """Prune twice: what an interrupted pruning has left of a manifest goes once the book has forgotten it."""
    for _ in range(2):
        report = await yard.backups.pruning.prune(yard.turn())
        assert report.findings == ()


async def lived_in() -> Site:
    """Return the site; its stores are two."""
    held = buckets([EAST, WEST])
    yard = Yard(await furnished(MemoryStorage()), held, retention=RETENTION)
    yard = Yard(yard.house, held, stores=unlocked(yard, held), retention=RETENTION)
    panorama = await begun(yard.house)
    for _ in range(DAYS):
        yard.time.go_on(hours=23)
        await edited(yard.house, panorama)
        await yard.shipper.ship()
        yard.time.go_on(hours=2)
        await yard.snapshotting.run(yard.turn())
    assert isinstance(yard.house.storage, MemoryStorage)
    other = process(yard, deepcopy(yard.house.storage), deepcopy(held))
    await pruned(other)
    return Site(yard, contents_of(other), await book_of(other))


def contents_of(yard: Yard) -> dict[str, set[bytes]]:
    """Return the names of what is in each store."""
    return {name: set(bucket.blobs) for name, bucket in yard.buckets.items()}


async def book_of(yard: Yard) -> list[Position]:
    """Return what the site's book knows."""
    entries = yard.ground.book.after(None)
    return [each.position async for each in entries] + [each.position async for each in yard.ground.book.copies()]


async def tried(site: Site, fault: Fault) -> bool:
    """Prune with one fault, look, have another process prune, and check what must hold."""
    assert isinstance(site.yard.house.storage, MemoryStorage)
    storage, held = deepcopy(site.yard.house.storage), deepcopy(site.yard.buckets)
    flaky = FlakyStorage(storage, fault, steps=[])
    faulty = process(site.yard, flaky, held, fault)
    try:
        await faulty.backups.pruning.prune(faulty.turn())
    except (Died, PortError):
        assert len(flaky.steps) >= fault.call

    survivor = process(site.yard, storage, held)
    for store in survivor.stores:
        assert (await survivor.backups.verifier.verify(store, Part())).problems == ()
        chain = (await chain_in(store)).manifests
        assert recovery_point(chain) is not None
        named_ones = {named(OBJECTS, piece).encode() for manifest in chain for piece in manifest.objects}
        assert named_ones <= held[store.name].blobs.keys(), "a manifest names what is gone"
    await pruned(survivor)
    assert contents_of(survivor) == site.left
    assert await book_of(survivor) == site.known
    return len([step for step in flaky.steps if step in STEPS]) >= fault.call


@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
async def test_whatever_fails_what_is_kept_is_whole_and_the_rest_goes(harm: Harm) -> None:
    """Whoever prunes next leaves what an undisturbed pruning leaves, in every store and in the book."""
    site = await lived_in()
    before = [name for name in site.yard.buckets[EAST].blobs if name.startswith(MANIFESTS.encode())]
    after = [name for name in site.left[EAST] if name.startswith(MANIFESTS.encode())]
    assert 0 < len(after) < len(before)
    step = 1
    while await tried(site, Fault(step, harm, methods=STEPS)):
        step += 1
    assert step > 40, "pruning has steps that can fail"
