"""Each day there is a drill, and what it came to stays to be seen."""

from datetime import timedelta

import pytest

from application.drills.job import AGAIN, DAILY
from application.drills.results import KEPT, NOTE, Result, Results
from application.maintenance.jobs import Turn
from domain.epochs import NOBODYS
from ports.errors import Corrupt, Unavailable
from ports.storage import Record
from tests.fakes.backups import Yard
from tests.fakes.drills import Hall
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.house import furnished
from tests.fakes.sources import FakeTime
from tests.fakes.storage import MemoryStorage
from tests.unit.application.backups.scenes import begun, cycled


async def a_hall(epoch: int = 1) -> tuple[Hall, Yard]:
    """Return a site that drills, with one panorama that is not shipped."""
    hall = Hall()
    yard = Yard(await furnished(), drill=hall.opened, epoch=epoch)
    hall.yard = yard
    await begun(yard.house)
    return hall, yard


async def test_a_drill_is_due_each_day() -> None:
    """The first one as soon as anything is shipped; what it came to is kept."""
    hall, yard = await a_hall()
    job = yard.backups.drilling
    assert (await job.run(yard.turn())).done == {}
    await cycled(yard, 2)
    assert (await job.plan())[0].at == yard.time.clock()
    report = await job.run(yard.turn())
    assert (report.done, report.findings, hall.closed) == ({"backups restored and looked at": 1}, (), 1)
    yard.time.go_on(seconds=DAILY.total_seconds() - 1)
    assert (await job.run(yard.turn())).done == {}
    assert (await job.plan())[0].at == yard.time.clock() + timedelta(seconds=1)
    yard.time.go_on(seconds=1)
    assert (await job.run(yard.turn())).done
    assert [each.succeeded for each in await job.results.all()] == [True, True]


async def test_a_failed_drill_is_a_finding_until_one_succeeds() -> None:
    """It is tried again within the hour."""
    hall, yard = await a_hall()
    await cycled(yard, 2)
    for blobs in yard.blobs.values():
        blobs.failure = Unavailable("out")
    job = yard.backups.drilling
    for _ in range(2):
        (finding,) = (await job.run(yard.turn())).findings
        assert (finding.code, "`panorama drill` tries it again" in finding.what) == ("drill-failed", True)
    assert hall.closed == 1
    for blobs in yard.blobs.values():
        blobs.failure = None
    yard.time.go_on(seconds=AGAIN.total_seconds())
    assert (await job.run(yard.turn())).findings == ()
    assert [each.succeeded for each in await job.results.all()] == [False, True]


async def test_a_site_that_does_not_write_drills_nothing() -> None:
    """The one that does has its own."""
    _, yard = await a_hall()
    await cycled(yard, 2)
    idle = Yard(yard.house, yard.buckets, epoch=NOBODYS)
    assert (await idle.backups.drilling.run(yard.turn())).done == {}


async def test_progress_is_told() -> None:
    """In bytes, up to all of them."""
    _, yard = await a_hall()
    await cycled(yard, 2)
    turn = Turn(yard.time.monotonic, 300.0)
    await yard.backups.drilling.run(turn)
    assert turn.progress.done == turn.progress.total
    assert turn.progress.done > 0


@pytest.mark.parametrize("harm", [Harm.DEATH_BEFORE, Harm.DEATH_AFTER])
async def test_a_process_that_dies_leaves_a_drill_that_can_be_repeated(harm: Harm) -> None:
    """Before or after any step at the site's storage: another process drills, or has the result."""
    _, yard = await a_hall()
    await cycled(yard, 2)
    step, died = 0, True
    while died:
        step += 1
        flaky = FlakyStorage(yard.house.storage, Fault(step, harm, methods=READS | WRITES))
        hall = Hall()
        hall.yard = yard
        dying = Yard(yard.house.neighbour(flaky), yard.buckets, drill=hall.opened)
        try:
            await dying.backups.drilling.drill()
            died = False
        except Died:
            assert hall.closed == 1
    assert step > 2
    assert all(each.succeeded for each in await yard.backups.drilling.results.all())


def result(number: int) -> Result:
    """Return the result of a drill, by its number."""
    return Result(at=FakeTime().clock() + number * DAILY, seconds=1.0, stores=(), keys=(), elsewhere=False)


async def test_the_last_thirty_are_kept() -> None:
    """Of two that end at the same moment one is left out; what does not decode is corrupt."""
    time, storage = FakeTime(), MemoryStorage()
    results = Results(storage, time.clock)
    for number in range(KEPT + 3):
        await results.add(result(number))
    kept = await results.all()
    assert (len(kept), kept[-1], kept[0]) == (KEPT, result(KEPT + 2), result(3))

    class Beaten(MemoryStorage):
        async def get(self, ref: object) -> Record | None:
            return None

    beaten = Beaten()
    beaten.records = storage.records
    await Results(beaten, time.clock).add(result(99))
    assert await results.all() == kept
    record = storage.records[NOTE]
    storage.records[NOTE] = Record(NOTE, record.rev, b"?", record.updated)
    with pytest.raises(Corrupt, match="do not decode"):
        await results.all()
