"""Copies of the past."""

import pytest

from application.panoramas.copies import CopyRequest, copy_past
from application.panoramas.lists import panoramas_of_issue
from domain.errors import PanoramaMissing, VersionMissing
from domain.ids import IssueId, PanoramaId, UserId
from domain.panoramas.access import Access
from domain.panoramas.commands import Reconcile, Remove, SetAccess
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, node_of, titles


async def copied(house: House, panorama: PanoramaId, at: int, user: UserId = BEN, key: str = "") -> PanoramaId:
    """Copy a version."""
    request = CopyRequest(TENANT, user, key, key, panorama=panorama, at=at, name="copy")
    return (await copy_past(request, house.panoramas)).panorama


async def test_a_copy_has_the_nodes_of_its_moment() -> None:
    """What was removed since is there again; what was added since is not."""
    house = await furnished()
    panorama = await a_panorama(house)
    node = node_of(await edited(house, panorama, group("a", node=-1), issue(1, under=-1), group("b", under=-1)))
    await edited(house, panorama, Remove(node), group("c"))
    copy = await copied(house, panorama, 2)
    assert await titles(house, copy) == ["a", "b", 1]
    assert await titles(house, panorama) == ["c"]


async def test_a_copy_keeps_who_made_each_node_and_when() -> None:
    """The copier owns the panorama; the nodes remember their makers and times."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"))
    made = (await house.panoramas.newest(TENANT, panorama)).tree
    before = [(node.creator, node.created, node.updated) for node in made.walk()]
    house.time.go_on(hours=5)
    tree = (await house.panoramas.newest(TENANT, await copied(house, panorama, 2))).tree
    assert tree.owner == BEN
    assert [(node.creator, node.created, node.updated) for node in tree.walk()] == before


async def test_a_copy_keeps_what_follows_jira() -> None:
    """A synchronised issue is synchronised in the copy too, and its issues are found."""
    house = await furnished()
    panorama = await a_panorama(house)
    node = node_of(await edited(house, panorama, issue(1)))
    await edited(house, panorama, Reconcile(node, (IssueId(2), IssueId(3))))
    copy = await copied(house, panorama, 3)
    tree = (await house.panoramas.newest(TENANT, copy)).tree
    assert [node.synchronised for node in tree.walk()] == [True, False, False]
    assert len(await panoramas_of_issue(TENANT, ANN, IssueId(3), house.panoramas)) == 2


async def test_a_copy_shows_nobody_more_than_the_original_does_today() -> None:
    """Access that was narrowed after the moment holds for the copy, and the first owner stays among those named."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"))
    await edited(house, panorama, SetAccess(Access(frozenset({BEN}), frozenset())))
    copy = await copied(house, panorama, 2)
    access = (await house.panoramas.newest(TENANT, copy)).tree.access
    assert access == Access(frozenset({ANN, BEN}), frozenset({ANN}))


async def test_a_repeated_copy_is_one_copy() -> None:
    """With an idempotency key the repeat finds the first copy."""
    house = await furnished()
    panorama = await a_panorama(house)
    assert await copied(house, panorama, 1, key="k") == await copied(house, panorama, 1, key="k")


async def test_only_what_one_may_see_can_be_copied() -> None:
    """A hidden panorama and a version that never was are missing."""
    house = await furnished()
    panorama = await a_panorama(house)
    with pytest.raises(VersionMissing):
        await copied(house, panorama, 2)
    await edited(house, panorama, SetAccess(Access(frozenset(), frozenset())))
    with pytest.raises(PanoramaMissing):
        await copied(house, panorama, 1)
