"""Undo and redo walk back and forth over one's own changes."""

import pytest

from application.panoramas.authoring import Request
from application.panoramas.undo import redo, undo
from domain.errors import BuiltUpon, NothingToUndo
from domain.ids import PanoramaId, UserId
from domain.panoramas.commands import Rename
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, node_of, titles


async def back(house: House, panorama: PanoramaId, user: UserId = ANN) -> int | None:
    """Undo once; return the version that was taken back."""
    return (await undo(Request(TENANT, panorama, user), house.panoramas)).undoes


async def forth(house: House, panorama: PanoramaId, user: UserId = ANN) -> int | None:
    """Redo once; return the version that was done again."""
    return (await redo(Request(TENANT, panorama, user), house.panoramas)).redoes


async def test_undo_takes_back_the_last_change() -> None:
    """The tree is as it was before, and the history tells that something was taken back."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"))
    await edited(house, panorama, group("b"))
    assert await back(house, panorama) == 3
    assert await titles(house, panorama) == ["a"]


async def test_undo_goes_back_step_by_step_and_redo_forth() -> None:
    """Several undos take back older and older changes; several redos bring them again in the opposite order."""
    house = await furnished()
    panorama = await a_panorama(house)
    for title in ("a", "b", "c"):
        await edited(house, panorama, group(title))
    assert [await back(house, panorama) for _ in range(3)] == [4, 3, 2]
    assert await titles(house, panorama) == []
    assert [await forth(house, panorama) for _ in range(3)] == [2, 3, 4]
    assert await titles(house, panorama) == ["c", "b", "a"]
    assert await back(house, panorama) == 4


async def test_there_is_nothing_before_the_beginning() -> None:
    """The opening of a panorama cannot be undone, and there is nothing to redo where nothing was undone."""
    house = await furnished()
    panorama = await a_panorama(house)
    with pytest.raises(NothingToUndo):
        await back(house, panorama)
    await edited(house, panorama, group("a"))
    with pytest.raises(NothingToUndo):
        await forth(house, panorama)


async def test_a_new_change_ends_what_could_be_redone() -> None:
    """After something new, what was undone before it stays undone."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"))
    await back(house, panorama)
    await edited(house, panorama, group("b"))
    with pytest.raises(NothingToUndo):
        await forth(house, panorama)
    assert await titles(house, panorama) == ["b"]


async def test_everybody_undoes_their_own_changes() -> None:
    """Somebody else's newer change is left alone."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("ann"))
    await edited(house, panorama, group("ben"), user=BEN)
    assert await back(house, panorama) == 2
    assert await titles(house, panorama) == ["ben"]


async def test_what_somebody_has_built_upon_stays() -> None:
    """A group that holds somebody else's node is not taken back, and the error says why."""
    house = await furnished()
    panorama = await a_panorama(house)
    change = await edited(house, panorama, group("ann"))
    await edited(house, panorama, group("ben", under=node_of(change)), user=BEN)
    with pytest.raises(BuiltUpon):
        await back(house, panorama)
    assert await titles(house, panorama) == ["ann", "ben"]


async def test_a_repeated_undo_takes_back_one_change() -> None:
    """With an idempotency key the repeat of an undo whose answer was lost is the same undo."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"))
    await edited(house, panorama, group("b"))
    request = Request(TENANT, panorama, ANN, key="k", fingerprint="f")
    first = await undo(request, house.panoramas)
    assert await undo(request, house.panoramas) == first
    assert await titles(house, panorama) == ["a"]


async def test_a_change_far_back_is_out_of_reach() -> None:
    """Undo looks a thousand versions back and no further."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("ann"))
    for number in range(1_000):
        await edited(house, panorama, Rename(f"name {number}"), user=BEN)
    with pytest.raises(NothingToUndo):
        await back(house, panorama)
