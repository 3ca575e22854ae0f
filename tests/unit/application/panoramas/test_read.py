"""Looking at a panorama as it is, as it was, and at what happened to it."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from application.panoramas.cache import Address
from application.panoramas.fold import fold_history
from application.panoramas.outline import Outline
from application.panoramas.read import read_changes, read_outline, read_past
from domain.errors import PanoramaMissing, VersionMissing
from domain.ids import PanoramaId, TenantId
from domain.panoramas.access import Access
from domain.panoramas.commands import SetAccess
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, titles


def shown(outline: Outline | None) -> list[tuple[int, object]]:
    """Return depth and content of each line of an outline."""
    assert outline is not None
    return [(row[1], row[3]) for row in msgspec.json.decode(outline.body)["nodes"]]


async def history(house: House, versions: int) -> tuple[PanoramaId, list[int]]:
    """Begin a panorama and add one group an hour, up to so many versions."""
    panorama = await a_panorama(house)
    for version in range(2, versions + 1):
        house.time.go_on(hours=1)
        await edited(house, panorama, group(f"v{version}"))
    return panorama, list(range(1, versions + 1))


async def test_the_outline_tells_the_tree_depth_first() -> None:
    """Each line is a node with its depth; the head names the panorama, its version and its root."""
    house = await furnished()
    panorama = await a_panorama(house, name="Plan")
    await edited(house, panorama, group("a", node=-1), issue(7, under=-1))
    outline = await read_outline(TENANT, panorama, ANN, house.panoramas)
    assert outline is not None
    head = msgspec.json.decode(outline.body)
    assert (head["id"], head["version"], head["name"], head["archived"]) == (panorama, "1.2", "Plan", False)
    assert shown(outline) == [(1, "a"), (2, 7)]


async def test_an_outline_is_encoded_once_for_each_version() -> None:
    """Two readers of one version get the same bytes, and a newer version gets new ones."""
    house = await furnished()
    panorama = await a_panorama(house)
    first = await read_outline(TENANT, panorama, ANN, house.panoramas)
    assert await read_outline(TENANT, panorama, BEN, house.panoramas) is first
    await edited(house, panorama, group("a"))
    second = await read_outline(TENANT, panorama, ANN, house.panoramas)
    assert second is not None
    assert second.version == 2
    assert second.packed is second.packed


async def test_readers_at_once_share_one_encoding() -> None:
    """Whoever comes while a large outline is being encoded waits for it and gets the same bytes."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, *(issue(number) for number in range(1, 5_001)))
    reads = (read_outline(TENANT, panorama, ANN, house.panoramas) for _ in range(5))
    assert len({id(outline) for outline in await asyncio.gather(*reads)}) == 1


async def test_who_has_the_newest_version_gets_none() -> None:
    """`known` spares the answer to those who have it; an older one does not."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, group("a"))
    assert await read_outline(TENANT, panorama, ANN, house.panoramas, known=2) is None
    assert await read_outline(TENANT, panorama, ANN, house.panoramas, known=1) is not None


async def test_a_large_outline_is_encoded_beside_the_loop() -> None:
    """Thousands of nodes come out the same as a few."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, *(issue(number) for number in range(1, 5_001)))
    assert len(shown(await read_outline(TENANT, panorama, ANN, house.panoramas))) == 5_000


async def test_the_past_is_shown_by_version() -> None:
    """Each version can be looked at, the newest one too."""
    house = await furnished()
    panorama, versions = await history(house, 5)
    for version in versions:
        past = await read_past(TENANT, panorama, ANN, version, house.panoramas)
        assert past.version == version
        assert len(shown(past)) == version - 1


@pytest.mark.parametrize("version", [-1, 0, 6])
async def test_a_version_that_never_was_is_missing(version: int) -> None:
    """There is nothing before the first version and nothing after the newest."""
    house = await furnished()
    panorama, _ = await history(house, 5)
    with pytest.raises(VersionMissing):
        await read_past(TENANT, panorama, ANN, version, house.panoramas)


async def test_the_loader_does_not_take_another_version_for_the_one_that_is_asked_for() -> None:
    """A stream that ends before the version has no tree of it."""
    house = await furnished()
    panorama, _ = await history(house, 3)
    with pytest.raises(VersionMissing):
        await house.panoramas.loader.at(Address(TENANT, panorama), 4)


async def test_the_past_is_shown_by_time() -> None:
    """A moment shows the last version that was not made after it."""
    house = await furnished()
    start = house.time.now
    panorama, _ = await history(house, 9)
    for hours in range(12):
        past = await read_past(TENANT, panorama, ANN, start + timedelta(hours=hours + 0.5), house.panoramas)
        assert past.version == min(hours + 1, 9)


async def test_there_is_no_time_before_the_first_version() -> None:
    """A moment before the panorama began is missing."""
    house = await furnished()
    start = house.time.now
    panorama, _ = await history(house, 3)
    with pytest.raises(VersionMissing):
        await read_past(TENANT, panorama, ANN, start - timedelta(hours=1), house.panoramas)


async def test_history_is_told_from_both_ends_in_pages() -> None:
    """Oldest first beyond a version, or newest first before one."""
    house = await furnished()
    panorama, _ = await history(house, 6)

    async def versions(after: int, limit: int, *, newest_first: bool) -> list[int]:
        changes = await read_changes(
            TENANT, panorama, ANN, house.panoramas, after=after, limit=limit, newest_first=newest_first
        )
        return [change.version for change in changes]

    assert await versions(0, 4, newest_first=False) == [1, 2, 3, 4]
    assert await versions(4, 4, newest_first=False) == [5, 6]
    assert await versions(0, 4, newest_first=True) == [6, 5, 4, 3]
    assert await versions(3, 4, newest_first=True) == [2, 1]


async def test_who_may_not_view_reads_nothing() -> None:
    """Present, past and history are hidden alike from those without access today."""
    house = await furnished()
    panorama, _ = await history(house, 2)
    await edited(house, panorama, SetAccess(Access(frozenset(), frozenset())))
    with pytest.raises(PanoramaMissing):
        await read_outline(TENANT, panorama, BEN, house.panoramas)
    with pytest.raises(PanoramaMissing):
        await read_past(TENANT, panorama, BEN, 2, house.panoramas)
    with pytest.raises(PanoramaMissing):
        await read_changes(TENANT, panorama, BEN, house.panoramas)


async def test_another_tenant_has_no_such_panorama() -> None:
    """A panorama's id alone opens nothing."""
    house = await furnished()
    panorama, _ = await history(house, 2)
    assert await titles(house, panorama) == ["v2"]
    stranger = TenantId("b" * 24)
    await house.vault.create(stranger)
    with pytest.raises(PanoramaMissing):
        await read_outline(stranger, panorama, ANN, house.panoramas)


async def test_whoever_goes_on_from_a_version_is_told_that_what_follows_is_folded_away() -> None:
    """So that nobody takes a gap for silence; from the beginning, and backwards, the history is what there is."""
    house = await furnished()
    panorama = await a_panorama(house)
    for number in range(4):
        await edited(house, panorama, group(f"g{number}"))

    async def after(version: int, *, newest_first: bool = False) -> list[int]:
        changes = await read_changes(TENANT, panorama, ANN, house.panoramas, after=version, newest_first=newest_first)
        return [change.version for change in changes]

    for through, kept in ((3, [4, 5]), (5, [])):
        await fold_history(TENANT, panorama, through, house.panoramas)
        assert await after(0) == kept
        assert await after(0, newest_first=True) == kept[::-1]
        assert await after(3, newest_first=True) == []
        assert await after(through) == kept
        for behind in (1, through - 1):
            with pytest.raises(VersionMissing):
                await after(behind)
    assert await after(9) == []
