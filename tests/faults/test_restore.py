"""A restore that fails or is killed at any step ends, begun again, where it would have ended; and what is rotten."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

import pytest
from msgspec.structs import replace

from application.backups.book import decoded, encoded
from application.backups.stores import Store
from application.restore.checking import Checked, check
from application.restore.refusals import RestoreRefused
from application.restore.target import NOTE
from domain.backups.manifests import Manifest
from ports.blobs import BlobInfo
from ports.errors import PortError, Unavailable
from tests.fakes.backups import ABROAD, CLOUDS, EAST, SMALL, WEST, Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore, every_blob_method
from tests.fakes.house import TENANT
from tests.fakes.restore import Ruin
from tests.fakes.storage import MemoryStorage
from tests.faults.test_rot import ROTS, other_than
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited

HARMS = [Harm.DEATH_BEFORE, Harm.DEATH_AFTER, Harm.LOST_ANSWER]
STEPS = READS | WRITES | every_blob_method()


async def lived_in() -> Yard:
    """Return a site with segments, a snapshot, segments after it, and something that was deleted."""
    yard = await a_yard(sizes=SMALL)
    one, two = await begun(yard.house, "two"), await begun(yard.house, "three")
    await cycled(yard, 2)
    await yard.snapshotting.take(yard.turn())
    await edited(yard.house, one)
    await yard.house.panoramas.entries.delete(TENANT, two)
    await cycled(yard, 2)
    return yard


def stores_of(yard: Yard, *plan: Fault, steps: list[str]) -> list[Store]:
    """Return the stores of a process whose steps are one plan's."""
    return [
        Store(name, CLOUDS[name], FlakyBlobStore(MemoryBlobStore(yard.time.clock, bucket), *plan, steps=steps))
        for name, bucket in yard.buckets.items()
    ]


async def state_of(ruin: Ruin) -> Checked:
    """Return what another process finds in what was restored."""
    house = ruin.house("looking")
    assert await ruin.storage.get(NOTE) is None
    return await check(house.records, house.panoramas.loader)


async def is_done(ruin: Ruin) -> bool:
    """Whether there is a site already, and no note of a restore that is under way."""
    return await ruin.storage.get(NOTE) is None and bool(await ruin.storage.everything(1))


async def finished(ruin: Ruin, moment: datetime | None) -> Checked:
    """Begin again in a new process what may be done already; return what is there then."""
    if not await is_done(ruin):
        await ruin.restored(moment)
    return await state_of(ruin)


@pytest.mark.parametrize(
    "harm", [Harm.DEATH_BEFORE, Harm.DEATH_AFTER, Harm.LOST_ANSWER], ids=lambda it: it.name.lower()
)
@pytest.mark.parametrize("past", [False, True], ids=["newest", "past"])
async def test_a_restore_killed_anywhere_ends_in_the_same_state(harm: Harm, *, past: bool) -> None:
    """Whichever of its steps is the last of a process, another process finishes it."""
    yard = await lived_in()
    moment = yard.time.clock() if past else None
    yard.time.go_on(seconds=1)
    late = await begun(yard.house, "late")
    await cycled(yard, 2)
    await edited(yard.house, late)
    await cycled(yard)
    unharmed = Ruin(yard)
    await unharmed.restored(moment)
    whole = await state_of(unharmed)
    step, struck = 0, True
    while struck:
        step += 1
        steps: list[str] = []
        fault = Fault(step, harm, methods=STEPS)
        inner, vault = MemoryStorage(), MemoryStorage()
        dying = Ruin(yard, FlakyStorage(inner, fault, steps=steps), FlakyStorage(vault, fault, steps=steps))
        with suppress(Died, PortError):
            await dying.restored(moment, stores=stores_of(yard, fault, steps=steps))
        struck = len(steps) >= step
        found = await finished(Ruin(yard, inner, vault), moment)
        assert (found.panoramas, found.records) == (whole.panoramas, whole.records), step
        # What is mended is sealed anew, each time with another salt.
        assert past or found.digest == whole.digest, step
    assert step > 60, "a restore has steps that can fail"


@pytest.mark.parametrize("rot", ROTS)
async def test_rot_in_one_store_is_told_and_another_store_is_used(rot: str) -> None:
    """Whichever object it is: the site is restored whole. Rotten in every store, it is refused or not needed."""
    yard = await lived_in()
    unharmed = Ruin(yard)
    await unharmed.restored()
    whole = await state_of(unharmed)
    refused = 0
    for name in list(yard.buckets[EAST].blobs):
        one, all_of_them = Ruin(yard), Ruin(yard)
        with rotten(yard, [EAST], name, rot):
            restored = await one.restored()
        assert (await state_of(one)).digest == whole.digest
        told = [flaw for flaw in one.told if flaw.store == EAST]
        assert restored.flaws == tuple(one.told) == tuple(told)
        assert {flaw.what for flaw in told} <= {name.decode()}
        with rotten(yard, list(yard.buckets), name, rot):
            try:
                await all_of_them.restored()
            except RestoreRefused:
                refused += 1
                continue
        found = (await state_of(all_of_them)).digest
        assert found == whole.digest or (name == newest_of(yard) and rot == "deleted"), name
    assert refused > 5, "there are objects that no restore can do without"


@contextmanager
def rotten(yard: Yard, stores: Sequence[str], name: bytes, rot: str) -> Iterator[None]:
    """Have an object be rotten in some stores for a while."""
    before = {store: yard.buckets[store].blobs[name] for store in stores}
    for store, (info, content) in before.items():
        made = ROTS[rot](content, other_than(yard.buckets[store], name))
        if made is None:
            del yard.buckets[store].blobs[name]
        else:
            yard.buckets[store].blobs[name] = (BlobInfo(info.name, len(made), "rotten", info.written), made)
    yield
    for store, kept in before.items():
        yard.buckets[store].blobs[name] = kept


def newest_of(yard: Yard) -> bytes:
    """Return the name of the newest manifest: where it is gone everywhere, nobody can know that it ever was."""
    return max(name for name in yard.buckets[EAST].blobs if name.startswith(b"manifests/"))


async def test_rot_that_makes_two_stores_contradict_each_other_is_decided_by_the_chain() -> None:
    """A manifest is what the next one says; of the newest two versions nobody can tell which is right."""
    yard = await lived_in()
    bucket = yard.buckets[WEST]
    manifests = sorted(name for name in bucket.blobs if name.startswith(b"manifests/"))
    for name in manifests[-2:]:
        info, content = bucket.blobs[name]
        other = encoded(replace(decoded(content, Manifest), site="elsewhere"))
        bucket.blobs[name] = (BlobInfo(info.name, len(other), "other", info.written), other)
        if name == manifests[-1]:
            with pytest.raises(RestoreRefused, match="is not what it was"):
                await Ruin(yard).restored()
        else:
            await Ruin(yard).restored()
        bucket.blobs[name] = (info, content)
    name = manifests[-2]
    for each in yard.buckets.values():
        info, content = each.blobs[name]
        other = encoded(replace(decoded(content, Manifest), site="elsewhere"))
        each.blobs[name] = (BlobInfo(info.name, len(other), "other", info.written), other)
    with pytest.raises(RestoreRefused, match="is not what it was"):
        await Ruin(yard).restored()


async def test_a_store_that_is_out_is_told_and_done_without() -> None:
    """While one of them answers; where none does, that is what is said."""
    yard = await lived_in()
    unharmed = Ruin(yard)
    await unharmed.restored()
    for store in (EAST, WEST):
        yard.blobs[store].failure = Unavailable()
    ruin = Ruin(yard)
    restored = await ruin.restored()
    assert {(flaw.store, flaw.code) for flaw in restored.flaws} == {(EAST, "unavailable"), (WEST, "unavailable")}
    assert "its manifests in" in str(restored.flaws[0])
    assert (await state_of(ruin)).digest == (await state_of(unharmed)).digest
    yard.blobs[ABROAD].failure = Unavailable()
    with pytest.raises(Unavailable):
        await Ruin(yard).restored()


async def test_an_object_that_may_be_in_a_store_that_is_out_is_not_called_lost() -> None:
    """Whoever tries again later has it."""
    yard = await lived_in()
    for store in (EAST, WEST):
        for name in [name for name in yard.buckets[store].blobs if name.startswith(b"objects/")]:
            del yard.buckets[store].blobs[name]
    yard.blobs[ABROAD].failure = Unavailable()
    with pytest.raises(Unavailable):
        await Ruin(yard).restored()


async def test_a_flaw_is_told_once() -> None:
    """However often it is met."""
    yard = await lived_in()
    ruin = Ruin(yard)
    with rotten(yard, [EAST], newest_of(yard), "truncated"):
        restore = ruin.restore()
        await restore.prepare(None)
        await restore.prepare(None)
    assert [flaw.what for flaw in ruin.told] == [newest_of(yard).decode()]
