"""What holds for the backups of a site whatever has failed: the chain is one, and says all that the storage does."""

from collections import Counter

from application.backups import reading
from application.backups.book import encoded
from application.backups.stores import Store
from application.backups.vault_copies import usable
from domain.backups.chains import Chain, Chained, altered, arranged, holes
from domain.backups.manifests import VaultCopy
from domain.backups.retention import began_before, owns
from domain.backups.streams import gaps, together
from ports.storage import Ref, Row, Shipping, Storage
from tests.fakes.backups import Yard
from tests.fakes.storage import MemoryStorage


async def chain_in(store: Store) -> Chain:
    """Return the chain in a store, every manifest of which is readable."""
    found = [each async for each in reading.manifests_in(store)]
    chained = [each for each in found if isinstance(each, Chained)]
    assert chained == found, "a manifest is damaged"
    return arranged(chained)


async def assert_chain(store: Store) -> Chain:
    """One chain without a hole, each object whole, each stream without a gap at every manifest, each key wrapped."""
    chain = await chain_in(store)
    assert not chain.aside, "the chain forks"
    assert not holes(chain.line)
    assert not altered(chain.line)
    copies = [each async for each in reading.copies_in(store) if isinstance(each, VaultCopy)]
    wrapped = {copy.position: await _wrapped(copy, store) for copy in copies}
    held = together()
    for each in chain.line:
        contents = await reading.contents_of(each.manifest, [store])
        if not each.manifest.is_snapshot:
            held = together(held, contents.new, contents.again)
            assert gaps(held) == [], "a stream has a gap"
        wanted = {(tenant, number) for tenant, numbers in contents.keys.items() for number in numbers}
        assert wanted <= wrapped[each.manifest.vault], "a record cannot be opened"
    return chain


async def assert_replays(chain: Chain, store: Store, live: Storage) -> None:
    """What the chain holds, applied in order, is what the storage holds, and no segment repeats another."""
    replayed = MemoryStorage()
    shipped: Counter[tuple[Ref, int]] = Counter()
    for manifest in chain.manifests:
        if manifest.is_snapshot:
            continue
        async for rows in reading.records_of(manifest, [store]):
            await replayed.apply(rows)
            shipped.update((row.ref, row.rev) for row in rows)
    assert set(shipped.values()) == {1}, "something is shipped twice"
    assert await _all(replayed) == await _all(live), "something is missed or invented"


async def assert_snapshots(chain: Chain, store: Store, live: Storage) -> int:
    """Each snapshot, with what was shipped since its scan began, is what the storage holds; return how many there are.

    As soon as it is whole it has no gap.
    """
    snapshots = [manifest for manifest in chain.manifests if manifest.scan]
    for snapshot in snapshots:
        assert snapshot.scan is not None
        since = [each for each in chain.manifests if not each.is_snapshot and began_before(snapshot, each.position)]
        held = await reading.contents_of(snapshot, [store])
        owned = [await reading.contents_of(each, [store]) for each in since if owns(snapshot, each.position)]
        assert owned, "nobody knows when the snapshot is whole"
        assert gaps(together(*(contents.new for contents in (held, *owned)), held.again)) == []
        replayed = MemoryStorage()
        for manifest in (snapshot, *since):
            async for rows in reading.records_of(manifest, [store]):
                await replayed.apply(rows)
        assert await _all(replayed) == await _all(live), "the snapshot is not whole"
    return len(snapshots)


async def assert_backed_up(yard: Yard) -> None:
    """Every store holds the whole site, and no other."""
    assert await yard.house.storage.unshipped(10) == []
    chains = []
    for store in yard.stores:
        chain = await assert_chain(store)
        await assert_replays(chain, store, yard.house.storage)
        await assert_snapshots(chain, store, yard.house.storage)
        chains.append(chain)
    assert all(chain == chains[0] for chain in chains), "two stores differ"
    book = [entry async for entry in yard.ground.book.after(None)]
    assert [entry.chained for entry in book] == list(chains[0].line)
    assert all(entry.settled and entry.content == encoded(entry.manifest) for entry in book)


async def _wrapped(copy: VaultCopy, store: Store) -> set[tuple[str, int]]:
    return {
        (row.tenant, number)
        async for rows in reading.wraps_of(copy, [store])
        for row in rows
        if (number := usable(row)) is not None
    }


async def _all(storage: Storage) -> dict[Ref, tuple[int, bytes | None, int]]:
    """Return all that backups are about, without the notes that a site keeps of its backups."""
    found: list[Row] = []
    while page := await storage.everything(1_000, after=found[-1].ref if found else None):
        found += page
    return {row.ref: (row.rev, row.body, row.generation) for row in found if row.shipping != Shipping.NEVER}
