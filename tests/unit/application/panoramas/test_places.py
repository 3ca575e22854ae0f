"""The index from issues to panoramas names too many rather than too few."""

import pytest
from msgspec.structs import replace

from application.keys.blind_index import IndexSecret
from application.panoramas.places import PLACE, Place
from application.sealing.records import Write
from domain.ids import IssueId, PanoramaId
from ports.errors import Conflict
from ports.storage import Record
from tests.fakes.house import TENANT, House, furnished
from tests.fakes.rotating import Rotating, rotate, sweep
from tests.fakes.storage import MemoryStorage

PANORAMA = PanoramaId("b" * 24)
OTHER = PanoramaId("c" * 24)
ISSUES = [IssueId(number) for number in range(1, 8)]


async def places(house: House) -> dict[str, Place]:
    """Return all entries by key."""
    return {held.ref.key: held.value for held in await house.records.scan(TENANT, PLACE, Place)}


async def test_an_announced_issue_is_found() -> None:
    """Each issue leads to each panorama that was announced for it."""
    house = await furnished()
    await house.panoramas.places.announce(TENANT, OTHER, ISSUES[:2])
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[1:])
    assert await house.panoramas.places.lookup(TENANT, ISSUES[0]) == [OTHER]
    assert await house.panoramas.places.lookup(TENANT, ISSUES[1]) == [PANORAMA, OTHER]
    assert await house.panoramas.places.lookup(TENANT, IssueId(99)) == []


async def test_no_key_tells_the_issue() -> None:
    """The keys hold a digest under a secret key, so that the same number in another tenant looks different."""
    house = await furnished()
    await house.panoramas.places.announce(TENANT, PANORAMA, [IssueId(123456789)])
    (key,) = await places(house)
    assert "123456789" not in key


async def test_a_young_entry_is_left_as_it_is() -> None:
    """Announcing again soon writes nothing."""
    house = await furnished()
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES)
    before = await places(house)
    house.time.go_on(seconds=29 * 60)
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES)
    assert await places(house) == before


async def test_an_old_entry_is_renewed() -> None:
    """Maintenance takes old entries away that no tree holds; what is announced now must not be among them."""
    house = await furnished()
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES)
    house.time.go_on(seconds=30 * 60)
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES)
    assert {place.added for place in (await places(house)).values()} == {house.time.now}


async def test_an_emptied_entry_is_filled_again() -> None:
    """An entry that maintenance has emptied leads nowhere until the issue is announced again."""
    house = await furnished()
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])
    (held,) = await house.records.scan(TENANT, PLACE, Place)
    await house.records.put(Write(ref=held.ref, rev=held.rev + 1, value=replace(held.value, held=False)))
    assert await house.panoramas.places.lookup(TENANT, ISSUES[0]) == []
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])
    assert await house.panoramas.places.lookup(TENANT, ISSUES[0]) == [PANORAMA]


class Contested(MemoryStorage):
    """Refuses the second revision of an index entry once, as if somebody had been faster."""

    contested = True

    async def put(self, record: Record) -> None:
        """Raise Conflict once."""
        if record.ref.kind == PLACE and record.rev > 1 and self.contested:
            self.contested = False
            raise Conflict(record.ref)
        await super().put(record)


async def test_a_lost_race_for_an_entry_is_run_again() -> None:
    """Whoever loses looks again whether the entry is fresh by now, and renews it if not."""
    house = await furnished(Contested())
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])
    house.time.go_on(hours=1)
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])
    assert {place.added for place in (await places(house)).values()} == {house.time.now}


async def test_an_entry_that_was_deleted_against_the_rules_is_an_error() -> None:
    """A tombstone under an entry cannot be written over: the edit is told, rather than committed and not found.

    Only an entry from the time when backups held them leaves one.
    """
    house = await furnished()
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])
    (held,) = await house.records.scan(TENANT, PLACE, Place)
    await house.records.put(Write(held.ref, held.rev + 1, held.value))
    await house.records.delete(held.ref, held.rev + 1)
    with pytest.raises(Conflict):
        await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])


async def test_an_entry_that_no_tree_holds_is_emptied_once_it_is_an_hour_old() -> None:
    """A younger one may belong to a change on its way; an empty one, and one that never was, stay so."""
    house = await furnished()
    index = house.panoramas.places
    await index.announce(TENANT, PANORAMA, ISSUES[:1])
    await index.announce(TENANT, OTHER, ISSUES[:1])
    house.time.go_on(seconds=3_599)
    await index.withdraw(TENANT, PANORAMA, ISSUES)
    assert await index.lookup(TENANT, ISSUES[0]) == [PANORAMA, OTHER]
    house.time.go_on(seconds=1)
    await index.withdraw(TENANT, PANORAMA, ISSUES)
    await index.withdraw(TENANT, PANORAMA, ISSUES)
    assert await index.lookup(TENANT, ISSUES[0]) == [OTHER]
    assert sorted(place.held for place in (await places(house)).values()) == [False, True]
    await index.announce(TENANT, PANORAMA, ISSUES[:1])
    assert await index.lookup(TENANT, ISSUES[0]) == [PANORAMA, OTHER]


async def test_the_entries_of_a_discarded_panorama_are_taken_away() -> None:
    """Those of others stay; what is gone already is no error."""
    house = await furnished()
    index = house.panoramas.places
    for panorama in (PANORAMA, OTHER):
        await index.announce(TENANT, panorama, ISSUES)
    for _ in range(2):
        await index.forget(TENANT, PANORAMA, ISSUES)
    assert [key.rpartition("/")[2] for key in await places(house)] == [OTHER] * len(ISSUES)


class Overtaken(MemoryStorage):
    """Somebody else is always faster to change an entry that is there."""

    async def put(self, record: Record) -> None:
        """Refuse."""
        raise Conflict(record.ref)


async def test_an_entry_that_is_renewed_meanwhile_stays() -> None:
    """Of two who write one entry the other was right."""
    house = await furnished()
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])
    house.time.go_on(hours=2)
    storage = Overtaken()
    assert isinstance(house.storage, MemoryStorage)
    storage.records = house.storage.records
    late = house.neighbour(storage)
    await late.panoramas.places.withdraw(TENANT, PANORAMA, ISSUES[:1])


async def first_key(house: House) -> IndexSecret:
    """Return the tenant's first index key."""
    await house.index.digest(TENANT, ISSUES[0])
    (held,) = await house.index_care.keys.of(TENANT)
    return held.value


async def test_entries_are_made_anew_under_a_key_whether_they_are_there_or_not() -> None:
    """What is there stays as old as it is; what was emptied is filled; many are made, in several batches."""
    house = await furnished()
    key, many = await first_key(house), [IssueId(number) for number in range(1, 1_202)]
    await house.panoramas.places.announce(TENANT, PANORAMA, many[:2])
    (first, second) = await house.records.scan(TENANT, PLACE, Place)
    await house.panoramas.places.empty(first)
    house.time.go_on(hours=1)
    await house.panoramas.places.make_anew(TENANT, PANORAMA, many, key)
    assert len(await house.storage.scan(TENANT, PLACE)) == 1_000
    entries = [held async for held in house.panoramas.places.under(TENANT, key.number)]
    assert len(entries) == 1_201
    assert all(held.value.held for held in entries)
    added = {held.ref: held.value.added for held in entries}
    assert (added[second.ref], added[first.ref]) == (second.value.added, house.time.now)
    for number in (1, 600, 1_201):
        assert await house.panoramas.places.lookup(TENANT, IssueId(number)) == [PANORAMA]


async def test_entries_under_a_key_are_taken_away() -> None:
    """All of them, also those that a sweep seals anew meanwhile; those under another key stay."""
    storage = Rotating(MemoryStorage())
    house = await furnished(storage)
    await first_key(house)
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES)
    other = house.neighbour(storage.inner)
    await rotate(other)

    async def swept() -> None:
        await sweep(other)

    storage.begins, storage.rotation = storage.made() + 2, swept
    assert await house.panoramas.places.take_away(TENANT, 2) == 0
    assert await house.panoramas.places.take_away(TENANT, 1) == len(ISSUES)
    assert await house.panoramas.places.take_away(TENANT, 1) == 0
    assert await storage.inner.scan(TENANT, PLACE) == []


async def test_an_entry_is_emptied_unless_somebody_was_faster() -> None:
    """Whoever has renewed it needs it."""
    house = await furnished()
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])
    (held,) = await house.records.scan(TENANT, PLACE, Place)
    assert not house.panoramas.places.is_settled(held.value)
    house.time.go_on(hours=1)
    assert house.panoramas.places.is_settled(held.value)
    await house.panoramas.places.announce(TENANT, PANORAMA, ISSUES[:1])
    assert await house.panoramas.places.empty(held) == 0
    assert await house.panoramas.places.lookup(TENANT, ISSUES[0]) == [PANORAMA]
