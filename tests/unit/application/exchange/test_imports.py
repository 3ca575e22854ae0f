"""Bringing panoramas in: whole or not at all, once however often it is asked."""

import pytest
from msgspec.structs import replace

from application.exchange.imports import Imported, ImportRequest, import_panoramas
from application.panoramas.lists import list_panoramas
from domain.errors import ImportRefused, KeyReused
from domain.ids import IssueId, UserId
from ports.errors import PortError
from tests.fakes.flaky import Died, Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, BEN, TENANT, House, furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.exchange.documents import (
    ALIAS,
    CREATOR,
    OTHER_PANORAMA,
    OTHER_ROOT,
    ROOT,
    content,
    identity,
    node,
    tenant,
)

OTHER = {"panoramaId": f'"{OTHER_PANORAMA}"'}
TWO = content(tenant(), node(2, ROOT, 3, 9), node(3, 2), node(4, OTHER_ROOT, **OTHER), node(5, OTHER_ROOT, **OTHER))
REQUEST = ImportRequest(tenant=TENANT, user=ANN, alias=ALIAS, content=TWO, key="k", fingerprint="f")


async def shapes(house: House, imported: Imported) -> list[list[tuple[IssueId | None, str]]]:
    """Return the issues and parents of each panorama that was made."""
    trees = [(await house.panoramas.newest(TENANT, one.panorama)).tree for one in imported.panoramas]
    return [[(one.issue, one.parent) for one in tree.walk()] for tree in trees]


async def test_each_panorama_of_a_file_is_made() -> None:
    """Nodes keep ids, creators and times; who imports owns the panoramas; what was left out is noted."""
    house = await furnished()
    imported = await import_panoramas(REQUEST, house.panoramas)
    assert await shapes(house, imported) == [
        [(1002, ROOT), (1003, identity(2))],
        [(1004, OTHER_ROOT), (1005, OTHER_ROOT)],
    ]
    tree = (await house.panoramas.newest(TENANT, imported.panoramas[0].panorama)).tree
    assert (tree.owner, tree.root, tree.version) == (ANN, ROOT, 1)
    made = tree.node(identity(2))
    assert (made.creator, made.created.isoformat()) == (UserId(CREATOR), "2018-07-25T07:54:13.338000+00:00")
    assert [note.partition(":")[0] for note in imported.notes] == [f"node {identity(2)} (number 2)"]


async def test_a_broken_file_leaves_nothing() -> None:
    """One defect anywhere, and nothing of the file is kept."""
    storage = MemoryStorage()
    house = await furnished(storage)
    before = dict(storage.records)
    with pytest.raises(ImportRefused):
        await import_panoramas(replace(REQUEST, content=TWO + node(5).encode()), house.panoramas)
    assert storage.records == before


async def test_a_large_file_is_read_as_well() -> None:
    """A file that is large enough to be read in a thread makes the same panorama."""
    house = await furnished()
    many = content(*(node(number) for number in range(1, 301)))
    imported = await import_panoramas(replace(REQUEST, content=many), house.panoramas)
    assert [len(shape) for shape in await shapes(house, imported)] == [300]


async def test_a_repeat_with_the_same_key_makes_nothing_new() -> None:
    """The first answer comes again."""
    house = await furnished()
    first = await import_panoramas(REQUEST, house.panoramas)
    assert await import_panoramas(REQUEST, house.panoramas) == first
    assert len(await list_panoramas(TENANT, ANN, house.panoramas)) == 2


async def test_without_a_key_each_import_makes_new_panoramas() -> None:
    """Nothing says that a second request is a repeat. The ids of nodes may be the same in several panoramas."""
    house = await furnished()
    request = replace(REQUEST, key="", fingerprint="")
    first = await import_panoramas(request, house.panoramas)
    second = await import_panoramas(request, house.panoramas)
    assert len({one.panorama for one in first.panoramas + second.panoramas}) == 4


async def test_keys_of_two_users_are_two_keys() -> None:
    """Nobody gets the answer to somebody else's request."""
    house = await furnished()
    first = await import_panoramas(REQUEST, house.panoramas)
    second = await import_panoramas(replace(REQUEST, user=BEN), house.panoramas)
    assert len({one.panorama for one in first.panoramas + second.panoramas}) == 4


async def test_a_key_with_another_request_is_refused() -> None:
    """A key stands for one request, whatever the panoramas in the file."""
    house = await furnished()
    await import_panoramas(REQUEST, house.panoramas)
    with pytest.raises(KeyReused):
        await import_panoramas(replace(REQUEST, content=content(node(7)), fingerprint="g"), house.panoramas)


async def steps_of_an_import() -> int:
    """Count the calls to the storage that an import makes."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    before = len(storage.steps)
    await import_panoramas(REQUEST, house.panoramas)
    return len(storage.steps) - before


@pytest.mark.parametrize("harm", [Harm.LOST_REQUEST, Harm.LOST_ANSWER, Harm.DEATH_BEFORE, Harm.DEATH_AFTER])
async def test_a_repeat_goes_on_where_a_failure_cut_it_short(harm: Harm) -> None:
    """Whichever call to the storage fails, and however: the repeat makes what is missing, and doubles nothing."""
    cut_short = 0
    for step in range(1, await steps_of_an_import() + 1):
        flaky = FlakyStorage(MemoryStorage())
        house = await furnished(flaky)
        flaky.plan = (Fault(len(flaky.steps) + step, harm, times=100),)
        try:
            await import_panoramas(REQUEST, house.panoramas)
        except (PortError, Died):
            cut_short += 1
        flaky.plan = ()
        imported = await import_panoramas(REQUEST, house.neighbour().panoramas)
        assert [len(shape) for shape in await shapes(house, imported)] == [2, 2]
        assert len(await list_panoramas(TENANT, ANN, house.neighbour().panoramas)) == 2
    assert cut_short > 1
