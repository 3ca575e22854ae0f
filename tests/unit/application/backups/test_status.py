"""How the backups stand is told by what is noted of them, and the lag by what a store abroad has confirmed."""

from datetime import timedelta

from application.backups.backups import Backups
from application.backups.settings import Settings
from application.backups.status import Status, status_of
from domain.backups.retention import Retention
from ports.errors import Unavailable
from ports.storage import Record, Ref, Shipping
from tests.fakes.backups import ABROAD, EAST, NO_DRILLS, POLICY, WEST, Yard
from tests.fakes.house import furnished
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited
from tests.unit.domain.backups.chains import at

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


async def told(yard: Yard) -> Status:
    """Return how the backups stand."""
    return await yard.backups.status()


async def test_before_anything_is_shipped_the_lag_is_the_age_of_the_oldest() -> None:
    """Nothing else is known."""
    yard = await a_yard()
    yard.time.go_on(seconds=7)
    before = await told(yard)
    assert (before.newest, before.shipped, before.vault_copy, before.snapshot) == (None, None, None, None)
    assert before.lag == 7 * SECOND


async def test_what_is_confirmed_abroad_has_no_lag() -> None:
    """Whatever the stores of the site's own cloud have."""
    yard = await a_yard()
    await cycled(yard)
    yard.blobs[EAST].failure = Unavailable("out")
    await cycled(yard)
    yard.time.go_on(seconds=60)
    after = await told(yard)
    assert (after.newest, after.shipped, after.vault_copy) == (at(2), at(2), at(1))
    assert after.lag == 0 * SECOND
    assert [(store.name, store.counts, store.state.head) for store in after.stores] == [
        (EAST, False, at(1)),
        (WEST, False, at(2)),
        (ABROAD, True, at(2)),
    ]


async def test_what_another_cloud_lacks_lags() -> None:
    """From when the first of it was written, until it is there."""
    yard = await a_yard()
    panorama = await begun(yard.house, "busy")
    await cycled(yard)
    yard.blobs[ABROAD].failure = Unavailable("out")
    yard.time.go_on(seconds=5)
    await edited(yard.house, panorama)
    since = yard.time.now
    await cycled(yard, 3)
    await edited(yard.house, panorama)
    assert (await told(yard)).shipped == at(1)
    assert (await told(yard)).lag == yard.time.now - since
    yard.blobs[ABROAD].failure = None
    await cycled(yard)
    assert (await told(yard)).lag == 0 * SECOND


async def test_what_is_resealed_does_not_lag() -> None:
    """Its content has been there for long."""
    yard = await a_yard()
    await cycled(yard)
    old = Record(Ref("t", "k", "a"), 1, b"x", yard.time.start, 1, shipping=Shipping.RESEALED)
    await yard.house.storage.put(old)
    assert (await told(yard)).lag == 0 * SECOND


async def test_a_slow_clock_among_the_writers_makes_no_long_lag() -> None:
    """What it dates back was acknowledged after all that is covered."""
    yard = await a_yard()
    yard.time.go_on(hours=5)
    await cycled(yard)
    await yard.house.storage.put(Record(Ref("t", "k", "a"), 1, b"x", yard.time.start))
    yard.time.go_on(seconds=9)
    assert (await told(yard)).lag == 9 * SECOND


async def test_a_queue_of_manifests_is_looked_at_from_its_beginning() -> None:
    """Later ones are hardly older."""
    yard = await a_yard()
    for store in (EAST, WEST, ABROAD):
        yard.blobs[store].failure = None if store == EAST else Unavailable("out")
    await cycled(yard, 5)
    status = await status_of(yard.ground, yard.backups.cloud, looked_at=2)
    assert status.lag == yard.time.now - yard.time.start


async def test_it_tells_what_is_under_way() -> None:
    """The snapshot that was taken last, and what is lost."""
    yard = Yard(await furnished())
    await cycled(yard)
    await yard.snapshotting.take(yard.turn())
    await yard.ground.losses.note(at(9))
    after = await told(yard)
    assert after.snapshot is not None
    assert after.snapshot.position == at(4)
    assert (after.scan, after.losses, after.epoch) == (None, (at(9),), 1)


def test_settings_say_how_long_things_are_kept() -> None:
    """In days; the longest of them is how old anything grows."""
    settings = Settings(segment_days=2, daily_days=3, monthly_days=400)
    assert settings.retention(9 * DAY) == Retention(
        segments=2 * DAY, dailies=3 * DAY, monthlies=400 * DAY, vault_copies=9 * DAY
    )
    assert settings.longest == 400


async def test_maintenance_is_given_what_has_to_be_done() -> None:
    """Pruning only where the service is to do it."""
    yard = Yard(await furnished())
    assert [job.name for job in yard.backups.jobs] == ["take-snapshots", "verify-backups", "drill", "prune-backups"]
    elsewhere = Backups(
        yard.ground,
        yard.house.vault_storage,
        Retention(),
        POLICY,
        yard.house.random,
        cloud=None,
        prune=False,
        drills=NO_DRILLS,
    )
    assert [job.name for job in elsewhere.jobs] == ["take-snapshots", "verify-backups", "drill"]
