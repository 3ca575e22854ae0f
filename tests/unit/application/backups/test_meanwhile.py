"""While somebody looks at a store or prunes it, others ship and prune: nothing of that is taken for something wrong."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from application.backups.names import OBJECTS
from application.backups.problems import Fault, Part
from domain.ids import TenantId
from ports.blobs import LIST_LIMIT, BlobInfo
from ports.errors import Unavailable
from tests.fakes.backups import ABROAD, EAST, Yard
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
