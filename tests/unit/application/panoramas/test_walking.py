"""All panoramas of a tenant are found by their streams, and what each knows by its tree."""

from application.panoramas.cache import Address
from application.panoramas.discarding import discard
from application.panoramas.fold import fold_history
from application.panoramas.walking import issues_of, panoramas_of
from domain.ids import PanoramaId
from domain.index_keys import END
from domain.panoramas.commands import Archive, Remove
from tests.fakes.house import TENANT, House, furnished
from tests.unit.application.panoramas.scenes import a_panorama, edited, issue, node_of


async def walked(house: House, after: str = "") -> list[PanoramaId]:
    """Return the panoramas beyond one."""
    return [each async for each in panoramas_of(house.storage, TENANT, after)]


async def test_every_panorama_is_found_once_by_id() -> None:
    """However long its history, folded away or not; from anywhere on."""
    house = await furnished()
    panoramas = sorted([await a_panorama(house) for _ in range(4)])
    for number in range(5):
        await edited(house, panoramas[1], issue(number + 1))
    await fold_history(TENANT, panoramas[1], 6, house.panoramas)
    assert await walked(house) == panoramas
    assert await walked(house, panoramas[1]) == panoramas[2:]
    assert await walked(house, END) == []


async def test_a_tree_tells_the_issues_that_it_knows() -> None:
    """Removed ones too, since they may come back; a panorama that is not there, or discarded, knows none."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, issue(1), issue(2))
    await edited(house, panorama, Remove(node_of(await edited(house, panorama, issue(3)))))
    assert await issues_of(TENANT, panorama, house.neighbour().panoramas) == {1, 2, 3}
    assert await issues_of(TENANT, PanoramaId("f" * 24), house.panoramas) == set()
    await edited(house, panorama, Archive())
    loaded = await house.panoramas.newest(TENANT, panorama)
    assert await discard(Address(TENANT, panorama), loaded, house.panoramas)
    assert await issues_of(TENANT, panorama, house.neighbour().panoramas) == set()
