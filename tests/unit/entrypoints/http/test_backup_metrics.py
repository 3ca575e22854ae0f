"""How the backups stand is shown to whoever scrapes, as of that moment."""

from math import isnan

from msgspec.structs import replace

from application.backups.problems import Fault, Problem, Verified
from application.backups.shipping import Shipped
from application.drills.drill import RESTORE
from application.maintenance.states import Failure
from entrypoints.http.backup_metrics import BackupMetrics
from entrypoints.http.metrics import Metrics
from ports.errors import Unavailable
from ports.storage import Storage
from tests.fakes.backups import ABROAD, Yard
from tests.fakes.drills import Hall
from tests.fakes.flaky import READS, FlakyStorage, Harm
from tests.fakes.flaky import Fault as Broken
from tests.fakes.house import furnished
from tests.fakes.storage import MemoryStorage
from tests.unit.application.backups.scenes import a_yard, cycled
from tests.unit.domain.backups.chains import at


async def shown(yard: Yard, metrics: Metrics | None = None) -> dict[str, float]:
    """Return every number of the backups."""
    if metrics is None:
        metrics = Metrics()
        metrics.ask(BackupMetrics(metrics.registry, yard.backups).refresh)
    lines = (await metrics.exposition()).decode().splitlines()
    numbers = [line.rpartition(" ") for line in lines if line.startswith("panorama_backup_")]
    return {name.removeprefix("panorama_backup_"): float(value) for name, _, value in numbers}


async def test_the_lag_is_that_of_this_moment() -> None:
    """It grows while nothing is shipped."""
    yard = await a_yard()
    yard.time.go_on(seconds=7)
    assert (await shown(yard))["lag_seconds"] == 7
    await cycled(yard)
    assert (await shown(yard))["lag_seconds"] == 0


async def test_a_store_that_is_behind_is_shown() -> None:
    """Since when, and how old what it covers is; stores go by their numbers."""
    yard = await a_yard()
    await cycled(yard)
    yard.blobs[ABROAD].failure = Unavailable("out")
    await cycled(yard)
    yard.time.go_on(seconds=5)
    numbers = await shown(yard)
    assert numbers['store_behind_seconds{store="blobs 1"}'] == 0
    assert numbers['store_behind_seconds{store="blobs 3"}'] == 5
    assert numbers['store_age_seconds{store="blobs 1"}'] == 5
    assert numbers['store_age_seconds{store="blobs 3"}'] == 20
    assert "gs://" not in "".join(numbers)


async def test_what_was_never_done_is_infinitely_old() -> None:
    """So that an alert on age fires."""
    numbers = await shown(Yard(await furnished()))
    assert numbers["snapshot_age_seconds"] == numbers["verified_age_seconds"] == float("inf")
    assert numbers['store_age_seconds{store="blobs 1"}'] == float("inf")


async def test_the_last_look_and_the_last_snapshot_are_shown() -> None:
    """What a store should hold, and what was found wrong."""
    yard = await a_yard()
    await cycled(yard)
    await yard.snapshotting.take(yard.turn())
    await yard.backups.verifying.run(yard.turn())
    await yard.ground.losses.note(at(1))
    yard.time.go_on(seconds=30)
    numbers = await shown(yard)
    assert numbers["snapshot_age_seconds"] == numbers["verified_age_seconds"] == 30
    assert numbers["losses"] == 1
    assert numbers['store_objects{store="blobs 1"}'] > 0
    assert numbers['store_bytes{store="blobs 1"}'] > 100
    assert numbers['store_problems{store="blobs 1"}'] == 0


async def test_a_store_that_is_configured_no_more_is_not_shown() -> None:
    """What the last look found of it is of no matter."""
    yard = await a_yard()
    await cycled(yard)
    await yard.backups.verifying.run(yard.turn())
    fewer = Yard(yard.house, {ABROAD: yard.buckets[ABROAD]})
    assert 'store_objects{store="blobs 2"}' not in await shown(fewer)


async def test_where_nobody_can_tell_the_lag_is_infinite() -> None:
    """The storage does not answer."""
    storage: Storage = FlakyStorage(MemoryStorage())
    yard = Yard(await furnished(storage))
    assert isinstance(storage, FlakyStorage)
    storage.plan = (Broken(1, Harm.LOST_REQUEST, methods=READS, times=1_000),)
    storage.steps.clear()
    assert (await shown(yard))["lag_seconds"] == float("inf")


async def test_what_this_process_ships_is_counted() -> None:
    """And how often it failed, by the code."""
    yard, metrics = await a_yard(), Metrics()
    counted = BackupMetrics(metrics.registry, yard.backups)
    counted.tell(Shipped(segments=2, records=30, size=400))
    counted.tell(Shipped(failure=Failure("unavailable")))
    numbers = await shown(yard, metrics)
    assert (numbers["segments_total"], numbers["records_total"], numbers["shipped_bytes_total"]) == (2, 30, 400)
    assert numbers['failures_total{code="unavailable"}'] == 1


def test_a_problem_reads_as_a_sentence() -> None:
    """Wherever it is shown."""
    assert str(Problem("dir:blobs", Fault.MISSING, "objects/aa")) == "dir:blobs: objects/aa is missing"
    assert Verified(store="dir:blobs").problems == ()


async def drilled(yard: Yard) -> dict[str, float]:
    """Return every number of the drills."""
    metrics = Metrics()
    metrics.ask(BackupMetrics(metrics.registry, yard.backups).refresh)
    lines = (await metrics.exposition()).decode().splitlines()
    numbers = [line.rpartition(" ") for line in lines if line.startswith(("panorama_drill_", "panorama_restore_"))]
    return {name.removeprefix("panorama_"): float(value) for name, _, value in numbers}


async def test_before_the_first_drill_nobody_knows_how_it_went() -> None:
    """No alert on a drill that failed fires; the one on its age does."""
    numbers = await drilled(await a_yard())
    assert (numbers["drill_age_seconds"], numbers["drill_failures"]) == (float("inf"), 0)
    for name in ("drill_succeeded", "drill_seconds", "restore_bytes_per_second"):
        assert isnan(numbers[name])


async def test_the_last_drill_is_shown() -> None:
    """How it went, how long ago, how long it took, and how many of the last failed."""
    hall = Hall()
    yard = Yard(await furnished(), drill=hall.opened)
    hall.yard = yard
    await cycled(yard, 2)
    for blobs in yard.blobs.values():
        blobs.failure = Unavailable("out")
    await yard.backups.drilling.drill()
    failed = await drilled(yard)
    assert (failed["drill_succeeded"], failed["drill_failures"], failed["restore_bytes_per_second"]) == (0, 1, 0)
    for blobs in yard.blobs.values():
        blobs.failure = None
    result = await yard.backups.drilling.drill()
    await yard.backups.drilling.results.add(replace(result, seconds=6.0, size=400, steps={RESTORE: 4.0}))
    yard.time.go_on(seconds=9)
    numbers = await drilled(yard)
    assert numbers == {
        "drill_age_seconds": 9,
        "drill_succeeded": 1,
        "drill_seconds": 6,
        "drill_failures": 1,
        "restore_bytes_per_second": 100,
    }
