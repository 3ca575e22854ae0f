"""What is made from streams is brought in line with panoramas that have gone back."""

from application.panoramas.cache import Address
from application.panoramas.discarding import clear_discarded
from application.panoramas.entries import ENTRY, ListEntry
from application.panoramas.lists import list_panoramas
from application.restore.mending import Mending
from application.sealing.records import Write
from domain.ids import PanoramaId
from ports.storage import Ref
from tests.fakes.house import ANN, TENANT, House, furnished
from tests.unit.application.backups.scenes import begun, discarded


def mending(house: House) -> Mending:
    """Return what mends a house."""
    return Mending(house.records, house.panoramas)


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
