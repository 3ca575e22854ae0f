"""Leases in their records: taken by one, renewed, given up, lost, and lapsing before the eyes of others."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from application.maintenance.jobs import Progress, Report
from application.maintenance.leases import JOB as KIND
from application.maintenance.leases import Hold, Seen
from application.maintenance.states import JobState, Outlook, Ran
from application.sealing.records import Write
from domain.ids import SYSTEM
from domain.leases import TERM, TRUST, Lease
from ports.errors import Unavailable
from ports.storage import Ref, Shipping
from tests.fakes.flaky import Fault, FlakyStorage, Harm
from tests.fakes.house import House, furnished
from tests.fakes.instances import JOB, Instance
from tests.fakes.sources import SteadyTime
from tests.fakes.storage import MemoryStorage
from tests.rounds import rounds

REF = Ref(SYSTEM, KIND, JOB)


class Pair:
    """Two instances at one storage, each behind a line of its own that can be harmed."""

    def __init__(self, house: House, time: SteadyTime) -> None:
        self.time = time
        self.storage = house.storage
        self.lines = FlakyStorage(self.storage), FlakyStorage(self.storage)
        self.one, self.other = (
            Instance(house.neighbour(line, seed=name), time, name=name)
            for name, line in zip(("one", "other"), self.lines, strict=True)
        )


@pytest.fixture
async def pair() -> Pair:
    """Return two instances that have not looked at anything yet."""
    return Pair(await furnished(), SteadyTime())


async def held(instance: Instance) -> Hold:
    """Return the lease, which has to be to be had."""
    found = await instance.leases.take(JOB)
    assert isinstance(found, Hold)
    return found


async def refused(instance: Instance) -> Seen:
    """Return what an instance sees that does not get the lease."""
    found = await instance.leases.take(JOB)
    assert isinstance(found, Seen)
    return found


def ran(pair: Pair, **came: object) -> Ran:
    """Return a turn that ends now."""
    return replace(Ran(job=JOB, at=pair.time.now), **came)


async def test_one_of_two_has_the_lease(pair: Pair) -> None:
    """The other sees who has it, and how far it is."""
    hold = await held(pair.one)
    await hold.renew(Progress(3, 10))
    seen = await refused(pair.other)
    assert seen.state.lease == Lease(hold.token, seen.state.lease.holder)
    assert seen.state.progress == Progress(3, 10)


async def test_a_record_of_a_job_is_sealed_and_no_part_of_a_backup(pair: Pair) -> None:
    """It is about this storage and about now; giving up leaves it there, so that no token comes twice."""
    hold = await held(pair.one)
    await hold.end(ran(pair), None)
    record = await pair.storage.get(REF)
    assert record is not None
    assert (record.shipping, record.generation, record.rev) == (Shipping.NEVER, 1, 2)


async def test_what_is_given_up_is_free_at_once_under_a_greater_token(pair: Pair) -> None:
    """And tells what came of the turn."""
    first = await held(pair.one)
    outlook = Outlook(at=pair.time.now, planned=3, overdue=1, soonest=pair.time.now)
    assert await first.end(ran(pair, steps=2), outlook)
    second = await held(pair.other)
    assert second.token > first.token
    assert second.state.last == ran(pair, steps=2)
    assert (second.state.succeeded, second.state.outlook) == (pair.time.now, outlook)
    assert second.state.progress == Progress()


async def test_a_lease_that_nobody_renews_is_taken_after_a_term(pair: Pair) -> None:
    """By then its holder has stopped trusting it, and finds that it has lost it."""
    sleeper = await held(pair.one)
    await refused(pair.other)
    pair.time.go_on(seconds=TRUST)
    assert not sleeper.is_good()
    await refused(pair.other)
    pair.time.go_on(seconds=TERM - TRUST)
    successor = await held(pair.other)
    assert successor.token > sleeper.token
    assert not await sleeper.renew(Progress(1))
    assert not await sleeper.end(ran(pair, report=Report(done={"old": 1})), None)
    assert (await pair.one.leases.look(JOB)).state.last is None
    assert successor.is_good()


async def test_an_older_report_does_not_replace_a_newer_one(pair: Pair) -> None:
    """A sleeper that wakes up when its successor is through writes nothing either."""
    sleeper = await held(pair.one)
    await refused(pair.other)
    pair.time.go_on(seconds=TERM)
    successor = await held(pair.other)
    await successor.end(ran(pair, report=Report(done={"new": 1})), None)
    assert not await sleeper.end(ran(pair, report=Report(done={"old": 1})), None)
    last = (await pair.one.leases.look(JOB)).state.last
    assert last is not None
    assert last.report.done == {"new": 1}


async def test_a_lease_that_is_renewed_never_lapses(pair: Pair) -> None:
    """However long the other watches it."""
    hold = await held(pair.one)
    for _ in range(20):
        await refused(pair.other)
        pair.time.go_on(seconds=TRUST - 1)
        assert hold.is_good()
        assert await hold.renew(Progress())
    await refused(pair.other)


async def test_a_sleeper_that_nobody_missed_goes_on(pair: Pair) -> None:
    """It does not trust its lease until it has renewed it."""
    hold = await held(pair.one)
    pair.time.go_on(hours=1)
    assert not hold.is_good()
    assert await hold.renew(Progress())
    assert hold.is_good()


@pytest.mark.parametrize("hours", [-24 * 365, -1, 1, 24 * 365])
async def test_times_of_day_play_no_part(pair: Pair, hours: float) -> None:
    """Whatever the clocks of both say, a renewed lease is respected and a dead one taken after a term."""
    hold = await held(pair.one)
    pair.other.skew = timedelta(hours=hours)
    await refused(pair.other)
    pair.time.go_on(seconds=TERM - 1)
    await hold.renew(Progress())
    pair.one.skew = timedelta(hours=-hours)
    pair.time.go_on(seconds=TERM - 1)
    await refused(pair.other)
    pair.time.go_on(seconds=TERM)
    assert (await held(pair.other)).token > hold.token


async def test_keys_that_rotate_do_not_cost_a_holder_its_lease(pair: Pair) -> None:
    """The sweep of a rotation seals the record anew under the next revision; the holder writes upon that."""
    hold = await held(pair.one)
    seen = await pair.other.leases.look(JOB)
    await pair.other.leases.write(JOB, Seen(seen.rev + 1, seen.state))
    assert await hold.renew(Progress(2))
    seen = await pair.other.leases.look(JOB)
    await pair.other.leases.write(JOB, Seen(seen.rev + 1, seen.state))
    assert await hold.end(ran(pair), None)
    assert (await pair.other.leases.look(JOB)).state.lease == Lease(hold.token, None)


async def test_a_holder_gives_up_on_a_record_that_never_stands_still(pair: Pair) -> None:
    """Rather than go on for ever."""
    hold = await held(pair.one)

    async def overtake() -> None:
        seen = await pair.other.leases.look(JOB)
        await pair.other.leases.write(JOB, Seen(seen.rev + 1, seen.state))

    class Restless(FlakyStorage):
        async def put(self, record: object) -> None:
            await overtake()
            await super().put(record)  # type: ignore[arg-type] # Passed on as it is.

    pair.one.house.records.storage = Restless(pair.storage)
    assert not await hold.renew(Progress())
    assert not hold.is_good()


async def test_a_record_that_does_not_open_is_begun_anew(pair: Pair) -> None:
    """Maintenance is worth more than what was known of it; the token is greater all the same."""
    first = await held(pair.one)
    record = await pair.storage.get(REF)
    assert record is not None
    await pair.storage.put(replace(record, rev=record.rev + 1, body=b"\x01\x00 rubbish"))
    pair.time.go_on(seconds=1)
    second = await held(pair.other)
    assert second.token > first.token
    assert not await first.renew(Progress())


async def test_a_lease_that_is_gone_is_lost(pair: Pair) -> None:
    """As after the storage was replaced by a restored one."""
    hold = await held(pair.one)
    await pair.storage.erase(SYSTEM)
    assert not await hold.renew(Progress())


@pytest.mark.parametrize("harm", [Harm.LOST_REQUEST, Harm.LOST_ANSWER])
async def test_an_instance_that_does_not_know_whether_it_has_the_lease_takes_it_at_once(pair: Pair, harm: Harm) -> None:
    """The write and every look after it failed; nobody else is at it under that name."""
    pair.lines[0].plan = (Fault(2, harm, times=6),)
    with pytest.raises(Unavailable):
        await pair.one.leases.take(JOB)
    pair.lines[0].plan = ()
    assert (await held(pair.one)).is_good()


async def test_the_polite_leave_a_job_to_whom_it_was_done_by(pair: Pair) -> None:
    """Of two that look once a pause, one does the work for as long as it lives; the other when it is gone."""
    for _ in range(3):
        hold = await pair.one.leases.take(JOB, politely=True)
        assert isinstance(hold, Hold)
        await hold.end(ran(pair), None)
        pair.time.go_on(seconds=30)
        await pair.other.leases.look(JOB)
        pair.time.go_on(seconds=30)
    hold = await pair.one.leases.take(JOB, politely=True)
    assert isinstance(hold, Hold)
    await hold.end(ran(pair), None)
    assert isinstance(await pair.other.leases.take(JOB, politely=True), Seen)
    pair.time.go_on(seconds=60)
    assert isinstance(await pair.other.leases.take(JOB, politely=True), Hold)


@pytest.mark.parametrize("left", [Report(unfinished=True), None])
async def test_the_polite_help_where_something_is_left(pair: Pair, left: Report | None) -> None:
    """A turn that ended before its work, or failed, is for anybody."""
    await pair.other.leases.look(JOB)
    hold = await held(pair.one)
    came = ran(pair, report=left) if left else ran(pair, lost=True)
    await hold.end(came, None)
    assert isinstance(await pair.other.leases.take(JOB, politely=True), Hold)


class Story:
    """Three instances, each with a line to the storage and a time of day of its own, and what they believe to hold."""

    def __init__(self, house: House) -> None:
        self.time = SteadyTime()
        self.lines = [FlakyStorage(house.storage) for _ in range(3)]
        self.crew = [
            Instance(house.neighbour(line, seed=str(number)), self.time, name=str(number))
            for number, line in enumerate(self.lines)
        ]
        self.holds: dict[int, Hold] = {}
        self.tokens = [0]

    async def go_on(self, what: str, who: int, seconds: float) -> None:
        """Let some time pass, and then one or all of them do something."""
        self.time.go_on(seconds=seconds)
        match what:
            case "cut":
                harm = Harm.LOST_ANSWER if seconds > 10 else Harm.LOST_REQUEST
                self.lines[who].steps.clear()
                self.lines[who].plan = (Fault(1, harm, times=round(seconds)),)
            case "mend":
                self.lines[who].plan = ()
            case "step":
                self.crew[who].skew += timedelta(days=seconds - 10)
            case "take":
                for number in (who, (who + 1) % 3, (who + 2) % 3):
                    await self._take(number)
            case _:
                await self._act(what, who)

    async def _take(self, who: int) -> None:
        if who in self.holds and self.holds[who].is_good():
            return
        with suppress(Unavailable):
            found = await self.crew[who].leases.take(JOB)
            if isinstance(found, Hold):
                self.holds[who] = found
                self.tokens.append(found.token)

    async def _act(self, what: str, who: int) -> None:
        if who not in self.holds:
            return
        with suppress(Unavailable):
            if what == "renew":
                await self.holds[who].renew(Progress())
            else:
                await self.holds.pop(who).end(Ran(job=JOB, at=self.time.now), None)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "take", "renew", "end", "cut", "mend", "step"]),
        st.integers(0, 2),
        st.sampled_from([0.5, 5, 12, 19]),
    ),
    min_size=10,
    max_size=60,
)


@settings(max_examples=rounds(100))
@given(ACTIONS)
async def test_never_do_two_trust_one_lease(actions: list[tuple[str, int, float]]) -> None:
    """Three instances take, renew and give up, lose requests and answers, and have their clocks put back and forth."""
    story = Story(await furnished(MemoryStorage()))
    for action in actions:
        await story.go_on(*action)
        assert sum(hold.is_good() for hold in story.holds.values()) <= 1
    assert story.tokens == sorted(set(story.tokens))


async def test_what_is_known_of_a_job_that_never_had_a_turn(pair: Pair) -> None:
    """Nothing, and the lease is free."""
    assert await pair.one.leases.look(JOB) == Seen(0, JobState())


async def test_a_record_that_was_written_by_a_later_version_opens(pair: Pair) -> None:
    """What this version does not know is passed over, so that instances of two versions share the work."""
    later = {"lease": {"token": 5, "holder": "x"}, "progress": {"done": 1, "total": None}, "more": 1}
    await pair.one.house.records.put(Write(REF, 1, later, shipping=Shipping.NEVER))
    assert (await refused(pair.other)).state.lease == Lease(5, "x")
