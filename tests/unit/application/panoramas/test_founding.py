"""Beginning a panorama: it is there at once, once, and listed."""

from itertools import pairwise

import pytest

from application.panoramas.founding import CreateRequest, Founder, create_panorama, found
from application.panoramas.lists import list_panoramas
from domain.errors import KeyReused, LimitExceeded, TextRefused
from domain.ids import IssueId, NodeId, PanoramaId
from domain.panoramas.broken import BrokenStream
from domain.panoramas.facts import Added, AnyFact, Kind, Opened
from domain.panoramas.limits import DEPTH, NODES
from ports.errors import Unavailable
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import ANN, TENANT, furnished
from tests.fakes.storage import MemoryStorage

PANORAMA = PanoramaId("b" * 24)
ROOT = NodeId("c" * 24)


def opened(nodes: int = 0) -> tuple[AnyFact, ...]:
    """Facts of a panorama with issues below its root."""
    added = (Added(NodeId(f"{n:024x}"), Kind.ISSUE, ROOT, issue=IssueId(n + 1)) for n in range(nodes))
    return (Opened(PANORAMA, ROOT, "Ready", ANN), *added)


async def test_a_new_panorama_is_empty_and_its_creator_owns_it() -> None:
    """The first change opens the panorama under the name that was asked for."""
    house = await furnished()
    created = await create_panorama(CreateRequest(TENANT, ANN, name="Plan"), house.panoramas)
    tree = (await house.panoramas.newest(TENANT, created.panorama)).tree
    assert (tree.name, tree.owner, len(tree), tree.version) == ("Plan", ANN, 0, 1)
    assert created.change.version == 1


async def test_each_new_panorama_has_an_id_of_its_own() -> None:
    """Without an idempotency key two requests make two panoramas."""
    house = await furnished()
    first = await create_panorama(CreateRequest(TENANT, ANN, name="Plan"), house.panoramas)
    second = await create_panorama(CreateRequest(TENANT, ANN, name="Plan"), house.panoramas)
    assert first.panorama != second.panorama


async def test_a_repeat_gets_the_first_panorama() -> None:
    """With an idempotency key two requests make one panorama, in another process too."""
    house = await furnished()
    request = CreateRequest(TENANT, ANN, "k", "f", name="Plan")
    first = await create_panorama(request, house.panoramas)
    assert await create_panorama(request, house.panoramas) == first
    assert await create_panorama(request, house.neighbour().panoramas) == first
    assert len(await list_panoramas(TENANT, ANN, house.panoramas)) == 1


async def test_the_same_key_for_another_request_is_refused() -> None:
    """The key of a creation cannot be used for a creation of something else."""
    house = await furnished()
    await create_panorama(CreateRequest(TENANT, ANN, "k", "f", name="Plan"), house.panoramas)
    with pytest.raises(KeyReused):
        await create_panorama(CreateRequest(TENANT, ANN, "k", "g", name="Other"), house.panoramas)


async def test_a_panorama_id_that_is_taken_is_refused() -> None:
    """Somebody else's panorama under the same id stays as it is."""
    house = await furnished()
    await found(Founder(TENANT, ANN), PANORAMA, opened(), house.panoramas)
    with pytest.raises(KeyReused):
        await found(Founder(TENANT, ANN, "other", "f"), PANORAMA, opened(), house.panoramas)


async def test_a_name_that_cannot_be_text_is_refused() -> None:
    """Control characters are no part of a name."""
    house = await furnished()
    with pytest.raises(TextRefused):
        await create_panorama(CreateRequest(TENANT, ANN, name="a\0b"), house.panoramas)


async def test_facts_that_do_not_fit_together_are_refused_before_anything_is_written() -> None:
    """A node below a parent that is not there never reaches the stream."""
    house = await furnished()
    broken = (*opened(), Added(NodeId("d" * 24), Kind.ISSUE, NodeId("e" * 24), issue=IssueId(1)))
    with pytest.raises(BrokenStream):
        await found(Founder(TENANT, ANN), PANORAMA, broken, house.panoramas)
    assert await house.storage.scan(TENANT, "change") == []
    assert await house.storage.scan(TENANT, "panorama") == []


async def test_a_tree_beyond_the_limits_is_refused_before_anything_is_written() -> None:
    """Ready facts keep the same limits as edits: so many nodes, so many levels."""
    house = await furnished()
    chain = [ROOT, *(NodeId(f"{n:024x}") for n in range(DEPTH + 1))]
    deep = (Added(node, Kind.GROUP, parent, title="t") for parent, node in pairwise(chain))
    with pytest.raises(LimitExceeded, match="depth"):
        await found(Founder(TENANT, ANN), PANORAMA, (*opened(), *deep), house.panoramas)
    with pytest.raises(LimitExceeded, match="nodes"):
        await found(Founder(TENANT, ANN), PANORAMA, opened(NODES + 1), house.panoramas)
    assert await house.storage.scan(TENANT, "change") == []


async def test_a_large_panorama_begins_with_a_snapshot() -> None:
    """Thousands of facts are replayed once; the next process loads the snapshot that was taken right away."""
    house = await furnished()
    await found(Founder(TENANT, ANN), PANORAMA, opened(6_000), house.panoramas)
    await house.panoramas.close()
    assert len(await house.storage.scan(TENANT, "snapshot")) == 1
    assert len((await house.neighbour().panoramas.newest(TENANT, PANORAMA)).tree) == 6_000


async def test_a_large_panorama_without_a_snapshot_is_replayed() -> None:
    """A snapshot that could not be written costs time, not nodes."""
    storage = FlakyStorage(MemoryStorage())
    house = await furnished(storage)
    storage.plan = (Fault(1, Harm.LOST_REQUEST, frozenset({"put", "put_many"}), times=10_000),)
    with pytest.raises(Unavailable):
        await found(Founder(TENANT, ANN), PANORAMA, opened(1), house.panoramas)
    storage.plan = ()
    await found(Founder(TENANT, ANN), PANORAMA, opened(6_000), house.panoramas)
    storage.plan = (Fault(1, Harm.LOST_REQUEST, frozenset({"put", "put_many"}), times=10_000),)
    storage.steps.clear()
    await house.panoramas.close()
    assert await house.storage.scan(TENANT, "snapshot") == []
    assert len((await house.neighbour().panoramas.newest(TENANT, PANORAMA)).tree) == 6_000
