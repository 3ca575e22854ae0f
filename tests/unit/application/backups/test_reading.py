"""Backups are read from the stores alone, and what is damaged is named."""

from collections.abc import AsyncIterator

import pytest

from application.backups import reading
from application.backups.names import MANIFESTS, VAULT_COPIES, numbered
from application.backups.reading import Damaged
from domain.backups.chains import Chained
from domain.backups.manifests import VaultCopy
from ports.blobs import LIST_LIMIT, BlobInfo
from ports.errors import Unavailable
from ports.storage import BODY_LIMIT
from tests.fakes.backups import EAST
from tests.unit.application.backups.scenes import a_yard, cycled, damage, manifest_name, put, remove
from tests.unit.domain.backups.chains import at


async def test_manifests_are_read_in_order() -> None:
    """As they stand in the book."""
    yard = await a_yard()
    await cycled(yard, 3)
    found = [each async for each in reading.manifests_in(yard.stores[0])]
    assert found == [entry.chained async for entry in yard.ground.book.after(None)]


async def test_a_damaged_manifest_is_named() -> None:
    """One that does not decode, one that stands in another's place, and one that is far too large."""
    yard = await a_yard()
    await cycled(yard, 4)
    two, three, four = (manifest_name(number) for number in (2, 3, 4))
    damage(yard, EAST, two, b"rot")
    damage(yard, EAST, three, yard.buckets[EAST].blobs[manifest_name(1).encode()][1])
    damage(yard, EAST, four, yard.buckets[EAST].blobs[four.encode()][1] + b" " * BODY_LIMIT)
    found = [each async for each in reading.manifests_in(yard.stores[0])]
    assert isinstance(found[0], Chained)
    assert found[1:3] == [Damaged(two, at(2)), Damaged(three, at(3))]


async def test_copies_of_the_vault_are_read_likewise() -> None:
    """Their lists, and what they consist of."""
    yard = await a_yard()
    await cycled(yard)
    yard.time.go_on(hours=25)
    await cycled(yard)
    first, second = [each async for each in reading.copies_in(yard.stores[0])]
    assert isinstance(first, VaultCopy)
    assert isinstance(second, VaultCopy)
    wraps = [record async for records in reading.wraps_of(second, yard.stores) for record in records]
    assert sorted(record.ref for record in wraps) == [
        record.ref for record in await yard.house.vault_storage.everything(10)
    ]
    name = numbered(VAULT_COPIES, at(1))
    damage(yard, EAST, name, yard.buckets[EAST].blobs[numbered(VAULT_COPIES, at(2)).encode()][1])
    damage(yard, EAST, numbered(VAULT_COPIES, at(2)), b"rot")
    assert [each async for each in reading.copies_in(yard.stores[0])] == [
        Damaged(name, at(1)),
        Damaged(numbered(VAULT_COPIES, at(2)), at(2)),
    ]


async def test_strange_objects_are_passed_over() -> None:
    """Whatever else lies there is nobody's manifest."""
    yard = await a_yard()
    for prefix in (MANIFESTS, VAULT_COPIES):
        await put(yard.blobs[EAST], f"{prefix}readme.txt", b"hello")
    assert [each async for each in reading.manifests_in(yard.stores[0])] == []
    assert [each async for each in reading.copies_in(yard.stores[0])] == []


async def test_a_listing_of_many_is_whole() -> None:
    """Page by page, also where the last one is full."""
    yard = await a_yard()
    names = [f"many/{number:05}" for number in range(2 * LIST_LIMIT)]
    for name in names:
        await put(yard.blobs[EAST], name, b"")
    assert [info.name async for info in reading.listed(yard.stores[0], "many/")] == names


async def test_a_manifest_that_is_pruned_meanwhile_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the list and the reading; a store that does not answer is no such thing."""
    yard = await a_yard()
    await cycled(yard, 3)
    whole = yard.blobs[EAST].list

    async def listed(*, prefix: str = "", after: str | None = None, limit: int = LIST_LIMIT) -> list[BlobInfo]:
        found = await whole(prefix=prefix, after=after, limit=limit)
        remove(yard, EAST, manifest_name(1))
        return found

    monkeypatch.setattr(yard.blobs[EAST], "list", listed)
    found = [each.position async for each in reading.manifests_in(yard.stores[0])]
    assert found == [at(2), at(3)]

    monkeypatch.setattr(yard.blobs[EAST], "list", whole)

    def silent(*_: object, **__: object) -> AsyncIterator[bytes]:
        raise Unavailable("out")

    monkeypatch.setattr(yard.blobs[EAST], "read", silent)
    with pytest.raises(Unavailable):
        [each async for each in reading.manifests_in(yard.stores[0])]
