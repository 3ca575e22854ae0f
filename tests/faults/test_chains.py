"""A site that was fenced comes back with records that it has not shipped: the chain never forks, and says so."""

from contextlib import suppress

import pytest

from application.backups.problems import Fault as Wrong
from application.backups.problems import Part
from application.backups.reading import contents_of, manifests_in
from application.backups.stores import Store
from application.restore.checking import check
from domain.backups.chains import Chain, Chained, altered, arranged, holes
from domain.backups.manifests import Position
from domain.backups.streams import gaps, together
from domain.epochs import FIRST, NOBODYS
from domain.ids import PanoramaId
from ports.errors import PortError
from tests.fakes.backups import CLOUDS, Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore, every_blob_method
from tests.fakes.house import TENANT, House
from tests.fakes.restore import NEXT, Ruin
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited

STEPS = READS | WRITES | every_blob_method()


async def taken_over() -> tuple[Yard, Yard, PanoramaId]:
    """Return a site that was taken over from before it had shipped everything, and the one that writes since."""
    former = await a_yard()
    panorama = await begun(former.house, "kept")
    await cycled(former, 2)
    await edited(former.house, panorama)
    await begun(former.house, "never shipped")
    ruin = Ruin(former)
    await ruin.restored()
    return former, Yard(ruin.house(), former.buckets, epoch=NEXT), panorama


def waking(former: Yard, fault: Fault, steps: list[str]) -> Yard:
    """Return a process of the former site that has not heard of the new epoch, and one step of which fails."""
    house = former.house.neighbour(FlakyStorage(former.house.storage, fault, steps=steps), seed="waking")
    stores = [
        Store(name, CLOUDS[name], FlakyBlobStore(MemoryBlobStore(former.time.clock, bucket), fault, steps=steps))
        for name, bucket in former.buckets.items()
    ]
    return Yard(house, former.buckets, stores=stores, epoch=FIRST)


async def chain_of(store: Store) -> Chain:
    """Return what there is of a chain in a store: one line in which nothing is missing, altered or out of order."""
    found = [each async for each in manifests_in(store)]
    chain = arranged([each for each in found if isinstance(each, Chained)])
    assert len(chain.line) + len(chain.aside) == len(found)
    assert not holes(chain.line)
    assert not altered(chain.line)
    held = together()
    for each in chain.line:
        contents = await contents_of(each.manifest, [store])
        held = together(held, contents.new, contents.again)
    assert gaps(held) == [], "a stream has a gap"
    return chain


async def assert_told(yard: Yard, chain: Chain) -> None:
    """Each manifest that was set aside is named by `verify`, in each store."""
    for store in yard.stores:
        looked = await yard.backups.verifier.verify(store, Part())
        told = {each.what for each in looked.problems if each.fault is Wrong.ASIDE}
        assert len(told) == len(chain.aside)
        assert {each.fault for each in looked.problems} <= {Wrong.ASIDE, Wrong.UNKNOWN}


async def digest_of(house: House) -> str:
    """Return the digest over all that is sealed in a site."""
    return (await check(house.records, house.panoramas.loader)).digest


async def came_back(fault: Fault, *, early: bool) -> bool:
    """Have the former site ship before or after the first manifest of the new epoch; return whether the fault struck.

    Whatever became of it: what is restored is what the site that writes has, and nothing else.
    """
    former, writing, panorama = await taken_over()
    steps: list[str] = []
    late = waking(former, fault, steps)
    if not early:
        await edited(writing.house, panorama)
        await cycled(writing, 2)
    steps.clear()
    with suppress(Died, PortError):
        await late.shipper.ship()
    struck = len([step for step in steps if step in fault.methods]) >= fault.call
    with suppress(PortError):
        await Yard(former.house.neighbour(seed="again"), former.buckets, epoch=FIRST).shipper.ship()
    await edited(writing.house, panorama)
    await cycled(writing, 2)
    chains = [await chain_of(store) for store in writing.stores]
    assert all(chain == chains[0] for chain in chains), "two stores differ"
    (chain, *_) = chains
    last = max(each.position for each in chain.line if each.position.epoch == FIRST)
    assert chain.line[-1].position.epoch == NEXT
    assert chain.aside, "the former site has shipped nothing"
    assert all(Position(FIRST, last.number) < each.position < Position(NEXT, 1) for each in chain.aside)
    await assert_told(writing, chain)
    again = Ruin(writing)
    await again.restored(epoch=NEXT)
    assert (await check(again.house().records, again.house().panoramas.loader)).digest == await digest_of(writing.house)
    return struck


@pytest.mark.parametrize("early", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(
    "harm", [Harm.DEATH_BEFORE, Harm.DEATH_AFTER, Harm.LOST_ANSWER], ids=lambda it: it.name.lower()
)
async def test_chains_set_aside_what_a_fenced_site_ships_late(harm: Harm, *, early: bool) -> None:
    """At whatever step its shipper is killed: nothing of the old epoch is in the new one, and all of it is named."""
    step = 1
    while await came_back(Fault(step, harm, methods=STEPS), early=early):
        step += 1
    assert step > 20, "a cycle has steps that can fail"


async def test_chains_get_nothing_from_a_site_that_knows_that_it_is_fenced() -> None:
    """What it has not shipped waits where it is, for whoever empties it to be told."""
    former, writing, panorama = await taken_over()
    waits = await former.house.storage.unshipped(100)
    assert {record.ref.kind for record in waits if record.ref.tenant == TENANT} >= {"change"}
    fenced = Yard(former.house.neighbour(seed="fenced"), former.buckets, epoch=NOBODYS)
    before = {name: set(bucket.blobs) for name, bucket in former.buckets.items()}
    await fenced.shipper.ship()
    assert {name: set(bucket.blobs) for name, bucket in former.buckets.items()} == before
    assert await former.house.storage.unshipped(100) == waits
    await edited(writing.house, panorama)
    await cycled(writing, 2)
    for store in writing.stores:
        assert not (await chain_of(store)).aside


async def test_chains_name_an_epoch_that_a_site_was_brought_back_over() -> None:
    """Fenced back without having followed, a site goes on from what it had; what was made meanwhile is all named."""
    former, writing, panorama = await taken_over()
    await edited(writing.house, panorama)
    await cycled(writing, 2)
    between = [each.position for each in (await chain_of(writing.stores[0])).line if each.position.epoch == NEXT]
    back = Yard(former.house.neighbour(seed="back"), former.buckets, epoch=NEXT + 1)
    await cycled(back, 2)
    chains = [await chain_of(store) for store in back.stores]
    assert [[each.position for each in chain.aside] for chain in chains] == [between] * len(chains)
    await assert_told(back, chains[0])
    ruin = Ruin(back)
    await ruin.restored(epoch=NEXT + 1)
    assert await digest_of(ruin.house()) == await digest_of(back.house)
