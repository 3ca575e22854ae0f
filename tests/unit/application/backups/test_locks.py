"""What is kept is locked, where a store can lock; what is not is found and locked once more."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from application.backups.names import MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS
from application.backups.problems import Fault, Part, Problem, Verified
from domain.backups.retention import Retention
from ports.blobs import BlobInfo
from ports.errors import NotFound
from tests.fakes.backups import EAST, Yard
from tests.fakes.house import furnished
from tests.unit.application.backups.scenes import a_yard, cycled, manifest_name, names, put
from tests.unit.domain.backups.chains import DAY, at

EVERYTHING = (MANIFESTS, OBJECTS, VAULT_COPIES, VAULT_OBJECTS)


async def look(yard: Yard, part: Part | None = None) -> Verified:
    """Look at a store."""
    return await yard.backups.verifier.verify(yard.stores[0], part or Part())


def lock(yard: Yard, name: str, until: datetime | None) -> None:
    """Have the store hold an object as if it had been locked like that."""
    info, content = yard.buckets[EAST].blobs[name.encode()]
    yard.buckets[EAST].blobs[name.encode()] = (replace(info, retained_until=until), content)


def unlocked(name: str) -> tuple[Problem, ...]:
    """Return what is told of an object that is not locked."""
    return (Problem(EAST, Fault.UNLOCKED, name),)


async def with_a_snapshot() -> Yard:
    """Return a site with segments before a snapshot, segments that it owns and one after it."""
    yard = await a_yard()
    await cycled(yard, 2)
    await yard.snapshotting.take(yard.turn())
    await cycled(yard)
    return yard


async def test_everything_that_is_kept_is_locked() -> None:
    """Each object and each manifest is counted, and the list of the newest copy of the vault."""
    yard = await with_a_snapshot()
    found = await look(yard)
    assert found.problems == ()
    assert found.locked == found.read + found.manifests + 1


@pytest.mark.parametrize("prefix", EVERYTHING)
async def test_what_lost_its_lock_is_found_and_locked_once_more(prefix: str) -> None:
    """It is told by its name, once, and as long as nobody locks it."""
    yard = await with_a_snapshot()
    name = names(yard, EAST, prefix)[-1]
    locked = yard.buckets[EAST].blobs[name.encode()][0].retained_until
    lock(yard, name, None)
    assert (await look(yard)).problems == (await look(yard)).problems == unlocked(name)
    assert await yard.backups.verifier.repair(await look(yard))
    await cycled(yard)
    assert (await look(yard)).problems == ()
    assert yard.buckets[EAST].blobs[name.encode()][0].retained_until == locked


async def test_a_lock_that_is_too_short_is_none() -> None:
    """What a snapshot owns is needed for as long as the snapshot; what a store rounds is no difference."""
    yard = await with_a_snapshot()
    owned = manifest_name(3)
    until = yard.buckets[EAST].blobs[owned.encode()][0].retained_until
    assert until is not None
    lock(yard, owned, until.replace(microsecond=0))
    assert (await look(yard)).problems == ()
    lock(yard, owned, yard.time.now + 7 * DAY)
    assert (await look(yard)).problems == unlocked(owned)


async def test_a_store_that_cannot_lock_is_asked_for_nothing() -> None:
    """And tells no number."""
    yard = await a_yard()
    yard.blobs[EAST].can = frozenset()
    await cycled(yard)
    found = await look(yard)
    assert (found.problems, found.locked) == ((), None)


async def test_what_has_just_been_given_is_not_asked_for_its_lock() -> None:
    """The lock comes last, and only then is it known how far the store has everything."""
    yard = await with_a_snapshot()
    for prefix in EVERYTHING:
        for name in names(yard, EAST, prefix):
            lock(yard, name, None)
    await yard.backups.verifier.repair(Verified(store=EAST, lacks_from=at(1), lacks_copy=True))
    found = await look(yard)
    assert (found.problems, found.locked) == ((), 0)


async def test_a_lock_that_has_run_out_is_not_missed() -> None:
    """Segments may be kept for longer than they are locked: until a snapshot takes their place."""
    yard = await a_yard()
    await cycled(yard, 2)
    yard.time.go_on(hours=30 * 24)
    found = await look(yard)
    assert (found.problems, found.locked) == ((), 0)


async def test_what_is_to_be_kept_for_longer_is_locked_for_longer() -> None:
    """An operator who raises the times of backups has what is there already locked for as long."""
    yard = await with_a_snapshot()
    longer = Yard(yard.house, yard.buckets, retention=Retention(segments=timedelta(days=14)))
    found = await look(longer)
    assert {problem.fault for problem in found.problems} == {Fault.UNLOCKED}
    of_segments = {problem.what for problem in found.problems if problem.what.startswith(MANIFESTS)}
    assert {manifest_name(1), manifest_name(2)} <= of_segments
    await longer.backups.verifier.repair(found)
    await cycled(longer)
    assert (await look(longer)).problems == ()


async def test_what_somebody_added_is_no_lock_of_ours() -> None:
    """A manifest that the book does not know is told as what it is."""
    yard = await a_yard()
    await cycled(yard, 2)
    content = yard.buckets[EAST].blobs[manifest_name(2).encode()][1]
    del yard.buckets[EAST].blobs[manifest_name(2).encode()]
    await put(yard.blobs[EAST], manifest_name(2), content.replace(b'"aws"', b'"awz"'))
    assert {problem.fault for problem in (await look(yard)).problems} == {Fault.ALTERED}


@pytest.mark.parametrize("of", [2, 3])
async def test_each_lock_is_looked_at_in_one_part(of: int) -> None:
    """As each byte is read in one; those of the vault are looked at each time."""
    yard = await with_a_snapshot()
    whole = await look(yard)
    parts = [await look(yard, Part(number, of)) for number in range(1, of + 1)]
    vault = len(names(yard, EAST, VAULT_OBJECTS)) + 1
    assert whole.locked is not None
    assert sum((each.locked or 0) - vault for each in parts) == whole.locked - vault


async def test_what_goes_while_it_is_looked_at_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object that was read, and is not there when its lock is asked for, is lacked like any other."""
    yard = await a_yard()
    await cycled(yard)
    blobs = yard.blobs[EAST]
    info = blobs.info
    gone = names(yard, EAST, OBJECTS)[0]

    async def as_if_gone(name: str) -> BlobInfo:
        if name == gone:
            raise NotFound("there is no blob of that name")
        return await info(name)

    monkeypatch.setattr(blobs, "info", as_if_gone)
    assert (await look(yard)).problems == (Problem(EAST, Fault.MISSING, gone),)


async def test_an_empty_store_has_nothing_to_lock() -> None:
    """There is nothing yet."""
    assert (await look(Yard(await furnished()))).locked == 0
