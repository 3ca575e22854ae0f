"""While somebody looks at a store or prunes it, others ship and prune: nothing of that is taken for something wrong."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from application.backups.names import OBJECTS
from application.backups.problems import Fault, Part
from application.maintenance.jobs import Turn
from domain.ids import TenantId
from ports.blobs import LIST_LIMIT, BlobInfo, Capability
from ports.errors import Unavailable
from ports.storage import Record, Ref, Shipping
from tests.fakes.backups import ABROAD, EAST, SMALL, Yard
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.slow import slow
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited, manifests, names, remove
from tests.unit.application.backups.test_pruning import book, lived


def interrupt(yard: Yard, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[object]], call: int) -> None:
    """Have something happen before the `call`-th time that the first store is asked for something."""
    blobs, calls = yard.blobs[EAST], iter(range(1, 1_000_000))
    list_, read = blobs.list, blobs.read

    async def happen() -> None:
        if next(calls) == call:
            await act()

    async def listed(*, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        await happen()
        return await list_(prefix=prefix, after=after, limit=limit)

    async def reading(name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        await happen()
        async for chunk in read(name, start=start, length=length):
            yield chunk

    monkeypatch.setattr(blobs, "list", listed)
    monkeypatch.setattr(blobs, "read", reading)


@pytest.mark.parametrize("call", range(1, 11))
async def test_what_is_shipped_while_one_looks_is_no_problem(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment, a new key, and a copy of the vault with it, whichever step of the look they come before."""
    yard = await a_yard()
    await cycled(yard, 2)

    async def ship() -> None:
        await yard.house.vault.create(TenantId("b" * 24))
        await begun(yard.house, "two")
        await cycled(yard)

    interrupt(yard, monkeypatch, ship, call)
    found = await yard.backups.verifier.verify(yard.stores[0], Part())
    assert found.problems == ()
    assert len(await book(yard)) == 3, "nothing was shipped meanwhile"


@pytest.mark.parametrize("call", [1, 2, 5, 20, 40, 60, 80])
async def test_what_is_pruned_while_one_looks_is_no_problem(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it given to the store once more."""
    yard = await lived(await a_yard(), 12)
    interrupt(yard, monkeypatch, lambda: yard.backups.pruning.prune(yard.turn()), call)
    before = len(manifests(yard, EAST))
    found = await yard.backups.verifier.verify(yard.stores[0], Part())
    assert found.problems == ()
    assert not await yard.backups.verifier.repair(found)
    assert len(manifests(yard, EAST)) < before, "nothing was pruned meanwhile"


async def test_what_goes_missing_while_one_looks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it was in the list."""
    yard = await a_yard()
    await cycled(yard)
    (name,) = names(yard, EAST, OBJECTS)

    async def lose() -> None:
        remove(yard, EAST, name)

    interrupt(yard, monkeypatch, lose, 8)
    found = await yard.backups.verifier.verify(yard.stores[0], Part())
    assert [(problem.fault, problem.what) for problem in found.problems] == [(Fault.MISSING, name)]
    assert found.objects == found.read + 1


@pytest.mark.parametrize("call", range(1, 6))
async def test_what_is_shipped_while_one_prunes_is_not_strange(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left alone, with what it names."""
    yard = await lived(await a_yard(), 12)
    panorama = await begun(yard.house, "two")

    async def ship() -> None:
        await edited(yard.house, panorama)
        await cycled(yard)

    interrupt(yard, monkeypatch, ship, call)
    assert (await yard.backups.pruning.prune(yard.turn())).findings == ()
    assert (await yard.backups.verifier.verify(yard.stores[0], Part())).problems == ()


async def test_what_a_store_may_yet_be_given_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was out for long gets manifests that are kept no longer while the others are pruned."""
    yard = await lived(await a_yard(), 1)
    yard.blobs[ABROAD].failure = Unavailable("out")
    await lived(yard, 12)
    yard.blobs[ABROAD].failure = None
    interrupt(yard, monkeypatch, lambda: cycled(yard), 1)
    yard.ground.spreading.keeps_up(ABROAD, well=True)
    await yard.backups.pruning.prune(yard.turn())
    assert set(manifests(yard, ABROAD)) <= set(await book(yard))
    assert (await yard.backups.pruning.prune(yard.turn())).findings == ()
    assert manifests(yard, ABROAD) == manifests(yard, EAST) == await book(yard)
    assert names(yard, ABROAD, OBJECTS) == names(yard, EAST, OBJECTS)


async def half_a_snapshot(generation: int = 1) -> Yard:
    """Return a site in which a snapshot is under way that holds what nothing else holds."""
    yard = Yard(await furnished(), sizes=SMALL)
    for blobs in yard.blobs.values():
        blobs.can = frozenset(Capability) - {Capability.RETENTION}
    record = Record(Ref(TENANT, "a", "a"), 1, b"x", yard.time.now, generation, shipping=Shipping.DONE)
    await yard.house.storage.put(record)
    await begun(yard.house)
    steps = iter([True])
    await yard.snapshotting.take(Turn(yard.time.monotonic, 300, may_go_on=lambda: next(steps, False)))
    yard.time.go_on(hours=30)
    return yard


def finishing(yard: Yard, call: int) -> tuple[Yard, list[str]]:
    """Return another process at the stores, during whose `call`-th call of the storage the snapshot is finished."""
    made = list[str]()

    async def finish(name: str) -> None:
        made.append(name)
        if len(made) == call:
            await yard.snapshotting.take(yard.turn())
            await yard.shipper.ship()

    storage = slow(yard.house.storage, yard.time, 0, meanwhile=finish)
    house = House(storage, yard.house.vault_storage, time=yard.time, managers=yard.house.managers)
    other = Yard(house, yard.buckets, sizes=SMALL)
    for blobs in other.blobs.values():
        blobs.can = frozenset(Capability) - {Capability.RETENTION}
    return other, made


async def test_a_snapshot_that_is_finished_while_one_asks_needs_its_keys() -> None:
    """What is noted of it goes when a manifest names it: whoever reads the manifests first may see neither."""
    calls = 0
    while True:
        calls += 1
        yard = await half_a_snapshot(5)
        other, made = finishing(yard, calls)
        assert 5 in await other.backups.uses.needed(TENANT), made
        if len(made) < calls:
            break
    assert calls > 3


async def test_a_snapshot_that_is_finished_while_one_prunes_stays_whole() -> None:
    """Its packs are older than a day, and the notes name them, or a manifest does."""
    calls = 0
    while True:
        calls += 1
        yard = await half_a_snapshot()
        other, made = finishing(yard, calls)
        await other.backups.pruning.prune(other.turn())
        if len(made) < calls:
            break
        assert (await yard.backups.verifier.verify(yard.stores[0], Part())).problems == (), made
    assert calls > 10
