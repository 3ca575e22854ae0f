"""What all stores hold together: what is damaged in one is taken from another, and nothing older in its place."""

from datetime import timedelta

import pytest

from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES
from application.restore.refusals import RestoreRefused
from application.restore.sources import Stores
from domain.backups.manifests import Position
from domain.ids import TenantId
from ports.errors import NotFound, Unavailable
from tests.fakes.backups import Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.restore import Ruin
from tests.unit.application.backups.scenes import a_yard, begun, cycled, damage, lets_out, manifests, names, remove

LATER = TenantId("bbbbbbbbbbbbbbbbbbbbbbbb")


async def two_copies() -> tuple[Yard, list[str]]:
    """Return a site and the names of two copies of its key vault; of a tenant only the newer one has a key."""
    yard = await a_yard()
    await cycled(yard)
    await yard.house.vault.create(LATER)
    await cycled(yard)
    found = names(yard, yard.stores[0].name, VAULT_COPIES)
    assert len(found) == 2
    return yard, found


def names_of(yard: Yard) -> list[str]:
    """Return the names of a site's stores."""
    return [store.name for store in yard.stores]


async def test_a_copy_of_the_vault_that_is_damaged_everywhere_is_no_reason_to_take_an_older_one() -> None:
    """The older one lacks the keys of whoever came since: everything of theirs would be restored and stay shut."""
    yard, (_, newest) = await two_copies()
    for store in names_of(yard):
        damage(yard, store, newest, b"{}")
    with pytest.raises(RestoreRefused, match="newest copy of the key vault can be read from no store"):
        await Stores(yard.stores).copies()
    with pytest.raises(RestoreRefused, match="newest copy of the key vault"):
        await Ruin(yard).restored()


async def test_a_copy_of_the_vault_is_taken_from_the_store_that_has_it_whole() -> None:
    """However many others have it damaged, or not at all."""
    yard, (_, newest) = await two_copies()
    east, west, abroad = names_of(yard)
    damage(yard, east, newest, b"{}")
    remove(yard, west, newest)
    stores = Stores(yard.stores)
    assert [each.position for each in await stores.copies()] == [Position(1, 1), Position(1, 2)]
    assert [(flaw.store, flaw.what, flaw.code) for flaw in stores.flaws] == [(east, newest, "corrupt")]
    damage(yard, abroad, newest, b"{}")
    with pytest.raises(RestoreRefused):
        await Stores(yard.stores).copies()


async def test_an_older_copy_that_is_damaged_everywhere_is_not_needed() -> None:
    """The newest one holds every key that there is; the defects are reported."""
    yard, (oldest, _) = await two_copies()
    for store in names_of(yard):
        damage(yard, store, oldest, b"{}")
    stores = Stores(yard.stores)
    assert [each.position for each in await stores.copies()] == [Position(1, 2)]
    assert len(stores.flaws) == 3


async def test_there_must_be_a_copy_of_the_vault_but_not_one_beyond_the_newest() -> None:
    """A standby that has the newest one asks for nothing but what is newer."""
    yard, copies = await two_copies()
    assert await Stores(yard.stores).copies(Position(1, 2)) == []
    assert [each.position for each in await Stores(yard.stores).copies(Position(1, 1))] == [Position(1, 2)]
    for store in names_of(yard):
        damage(yard, store, copies[1], b"{}")
    with pytest.raises(RestoreRefused, match="newest copy"):
        await Stores(yard.stores).copies(Position(1, 1))
    for store in names_of(yard):
        for copy in copies:
            remove(yard, store, copy)
    with pytest.raises(RestoreRefused, match="newest copy"):
        await Stores(yard.stores).copies()


async def test_a_newest_manifest_that_is_damaged_everywhere_is_not_passed_over() -> None:
    """Where a restore says what it cannot reach, a failover would lose what is in it."""
    yard = await a_yard()
    await cycled(yard)
    await begun(yard.house, "two")
    await cycled(yard)
    for store in names_of(yard):
        damage(yard, store, manifests(yard, store)[-1], b"{}")
    with pytest.raises(RestoreRefused, match=r"the newest manifest, .* is damaged in every store"):
        await Stores(yard.stores).newest()
    assert [each.position for each in await Stores(yard.stores).line()] == [Position(1, 1)]


async def test_a_newest_manifest_that_one_store_alone_has_and_has_damaged_is_not_passed_over() -> None:
    """Its name says that there is more than the others know."""
    yard = await a_yard()
    await cycled(yard)
    await begun(yard.house, "two")
    await cycled(yard)
    first, *others = names_of(yard)
    last = manifests(yard, first)[-1]
    damage(yard, first, last, b"{}")
    for store in others:
        remove(yard, store, last)
    with pytest.raises(RestoreRefused, match=r"the newest manifest, .* is damaged in every store"):
        await Stores(yard.stores).newest()


async def test_the_highest_epoch_is_that_of_any_store() -> None:
    """A restored site must begin a later one, though a single store has a manifest of it."""
    yard = await a_yard()
    await cycled(yard)
    await cycled(Yard(yard.house, yard.buckets, epoch=7))
    for store in names_of(yard)[1:]:
        remove(yard, store, manifests(yard, store)[-1])
    assert await Stores(yard.stores).highest_epoch() == 7
    restore = Ruin(yard).restore(yard.stores[1:])
    assert await restore.beyond(await restore.prepare(None)) == 1
    damage(yard, names_of(yard)[0], manifests(yard, names_of(yard)[0])[-1], b"{}")
    restore = Ruin(yard).restore()
    prepared = await restore.prepare(yard.time.start + timedelta(seconds=16))
    assert prepared.newest.epoch == 1
    assert await restore.beyond(prepared) == 7


async def test_a_newest_manifest_is_taken_from_the_one_store_that_has_it() -> None:
    """The others are behind, or have it damaged."""
    yard = await a_yard()
    await cycled(yard)
    await begun(yard.house, "two")
    await cycled(yard)
    east, west, _ = names_of(yard)
    last = manifests(yard, east)[-1]
    damage(yard, east, last, b"{}")
    remove(yard, west, last)
    newest = await Stores(yard.stores).newest()
    assert newest is not None
    assert newest.position == Position(1, 2)
    assert await Stores(yard.stores).newest(Position(1, 2)) is None
    assert await Stores(yard.stores).highest_epoch() == 1


@pytest.mark.parametrize("out", [1, 2, 3])
async def test_stores_that_are_out_keep_nobody_from_the_rest(out: int) -> None:
    """That there is nothing is said only where one of them has answered."""
    yard = await a_yard()
    await cycled(yard, 2)
    for store in yard.stores[:out]:
        assert isinstance(store.blobs, MemoryBlobStore)
        store.blobs.failure = Unavailable("out")
    stores = Stores(yard.stores)
    if out == 3:
        for asked in (stores.newest(), stores.line(), stores.line(Position(1, 1))):
            with pytest.raises(Unavailable):
                await asked
        return
    newest = await stores.newest()
    assert newest is not None
    assert (await stores.line())[-1] == newest
    assert await stores.line(newest.position) == []
    assert await stores.newest(newest.position) is None


async def test_an_object_that_is_missing_is_not_called_so_while_a_store_is_out() -> None:
    """That store may have it."""
    yard = await a_yard()
    await cycled(yard)
    stores = Stores(yard.stores)
    [manifest] = await stores.line()
    [piece] = manifest.manifest.pieces
    name = names(yard, yard.stores[0].name, "objects/")[0]
    for store in names_of(yard)[1:]:
        remove(yard, store, name)
    assert await stores.content("objects/", piece)
    first = yard.stores[0].blobs
    assert isinstance(first, MemoryBlobStore)
    first.failure = Unavailable("out")
    with pytest.raises(Unavailable):
        await stores.content("objects/", piece)
    first.failure = NotFound("gone")
    with pytest.raises(RestoreRefused, match="whole in no store"):
        await stores.content("objects/", piece)
    assert {flaw.store for flaw in stores.flaws} == set(names_of(yard))
    assert MANIFESTS not in {flaw.what for flaw in stores.flaws}


async def test_what_no_driver_should_raise_keeps_no_other_store_from_being_read() -> None:
    """Manifests, copies of the vault and objects come from the stores that answer; the other is named."""
    yard, copies = await two_copies()
    east, west, abroad = yard.stores
    newest = (await Stores([west, abroad]).line())[-1]
    for blobs in (yard.blobs[east.name], yard.blobs[abroad.name]):
        lets_out(blobs)
    stores = Stores(yard.stores)
    assert [each.position for each in await stores.line()] == [Position(1, 1), Position(1, 2)]
    assert await stores.newest() == newest
    assert len(await stores.copies()) == len(copies)
    assert await stores.highest_epoch() == 1
    piece = newest.manifest.pieces[0]
    content = await stores.content(OBJECTS, piece)
    assert content == await Stores([west]).content(OBJECTS, piece)
    assert {flaw.store for flaw in stores.flaws} == {east.name, abroad.name}
