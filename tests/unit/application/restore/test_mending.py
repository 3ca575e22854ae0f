"""What is made from streams is brought in line with panoramas that have gone back."""

from application.keys.index_keys import IndexKeys
from application.panoramas.cache import Address
from application.panoramas.discarding import clear_discarded
from application.panoramas.entries import ENTRY, ListEntry
from application.panoramas.lists import list_panoramas, panoramas_of_issue
from application.panoramas.places import PLACE
from application.restore.mending import Mending
from application.sealing.records import Write
from domain.ids import IssueId, PanoramaId
from ports.storage import Ref
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.unit.application.backups.scenes import begun, discarded
from tests.unit.application.restore.test_site import ISSUE, hold


def mending(house: House) -> Mending:
    """Return what mends a house."""
    return Mending(house.records, house.panoramas, IndexKeys(house.records, house.time.clock, house.random))


async def shown(house: House) -> list[str]:
    """Return what the entries say, without asking a tree."""
    return [held.value.name for held in await house.records.scan(TENANT, ENTRY, ListEntry)]


async def test_entries_say_what_the_trees_are() -> None:
    """One that is missing is made, one that is ahead is set back, and one that belongs to nothing goes."""
    house = await furnished()
    missing, ahead, gone = await begun(house, "missing"), await begun(house, "ahead"), await begun(house, "gone")
    right = await begun(house, "right")
    record = await house.storage.get(Ref(TENANT, ENTRY, missing))
    assert record is not None
    await house.storage.delete(record.ref, record.rev)
    await house.storage.mark_shipped([(record.ref, record.rev + 1)])
    held = await house.records.get(Ref(TENANT, ENTRY, ahead), ListEntry)
    assert held is not None
    await house.records.put(Write(held.ref, held.rev + 1, ListEntry(version=9, name="of later")))
    await discarded(house, gone)
    cleared = await begun(house, "cleared")
    await discarded(house, cleared)
    assert await clear_discarded(Address(TENANT, cleared), None, house.panoramas, lambda: True)
    nothing = PanoramaId("f" * 24)
    await house.records.put(Write(Ref(TENANT, ENTRY, nothing), 1, ListEntry(version=1, name="of nothing")))
    before = await house.storage.get(Ref(TENANT, ENTRY, right))
    for _ in range(2):
        await mending(house).mend(TENANT)
        assert sorted(await shown(house)) == ["ahead", "missing", "right"]
        assert await house.storage.get(Ref(TENANT, ENTRY, right)) == before
    assert len(await list_panoramas(TENANT, ANN, house.panoramas)) == 3


async def test_issues_lead_to_what_holds_them() -> None:
    """Under a key that is in use; entries under keys that are gone go too."""
    house = await furnished()
    panorama = await begun(house, "held")
    await hold(house, panorama)
    for record in await house.storage.scan(TENANT, PLACE):
        await house.records.discard(record.ref, record.rev)
        await house.storage.mark_shipped([(record.ref, record.rev + 1)])
    keys = IndexKeys(house.records, house.time.clock, house.random)
    listed = await keys.of(TENANT)
    number = await keys.announce(TENANT, [held.value for held in listed], 1)
    await keys.put_in_use(TENANT, number)
    old = Ref(TENANT, PLACE, f"{listed[0].value.digest(IssueId(1))}/{panorama}")
    await house.records.put(Write(old, 1, {"added": house.time.clock()}))
    await keys.destroy(listed[0])
    again = house.neighbour()
    await mending(again).mend(TENANT)
    assert [record.ref.key.split(".")[0] for record in await house.storage.scan(TENANT, PLACE)] == [str(number)]
    assert [hit.panorama for hit in await panoramas_of_issue(TENANT, ANN, ISSUE, again.panoramas)] == [panorama]
