"""Writes whose answer is lost: what was stored is found, what was not is written again, what is another's is told."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from application.sealing.commits import RETRIES, commit, remove
from ports.errors import Conflict, DeadlineExceeded, ReadOnly, Unavailable
from ports.storage import Record, Ref
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.storage import MemoryStorage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REF = Ref("tenant", "kind", "key")


def record(rev: int = 1, body: bytes = b"mine", key: str = "key") -> Record:
    """A record as it may be written."""
    return Record(Ref("tenant", "kind", key), rev, body, NOW, generation=1)


async def body_of(storage: MemoryStorage, key: str = "key") -> bytes | None:
    """What is stored under a key."""
    found = await storage.get(Ref("tenant", "kind", key))
    return found.body if found else None


async def test_a_write_is_made_once() -> None:
    """Where nothing goes wrong, nothing is asked."""
    flaky = FlakyStorage(MemoryStorage())
    await commit(flaky, [record()])
    await commit(flaky, [])
    assert flaky.steps == ["put"]


@pytest.mark.parametrize("error", [Unavailable, DeadlineExceeded])
async def test_a_write_whose_answer_was_lost_is_found(error: Callable[[], Unavailable]) -> None:
    """What stands there with the same revision and body is the write itself; it is not made again."""
    flaky = FlakyStorage(MemoryStorage(), Fault(1, Harm.LOST_ANSWER, WRITES, error=error))
    await commit(flaky, [record()])
    assert flaky.steps == ["put", "get"]


async def test_a_write_that_did_not_arrive_is_made_again() -> None:
    """Where an older revision stands, or none, the write can still be made."""
    for rev in (1, 2):
        inner = MemoryStorage()
        if rev == 2:
            await inner.put(record(1, b"old"))
        flaky = FlakyStorage(inner, Fault(1, Harm.LOST_REQUEST, WRITES))
        await commit(flaky, [record(rev)])
        assert (flaky.steps, await body_of(inner)) == (["put", "get", "put"], b"mine")


async def test_another_body_in_its_place_is_a_conflict() -> None:
    """Somebody else's write of the same revision, or one upon it, is told as what it is."""
    for others in ([record(1, b"theirs")], [record(1, b"theirs"), record(2, b"theirs")]):
        inner = MemoryStorage()
        for other in others:
            await inner.put(other)
        with pytest.raises(Conflict) as conflict:
            await commit(FlakyStorage(inner, Fault(1, Harm.LOST_ANSWER, WRITES)), [record(1)])
        assert conflict.value.about == REF
        assert await body_of(inner) == b"theirs"


@pytest.mark.parametrize("count", [1, 3])
async def test_a_write_whose_next_revision_says_the_same_is_stored(count: int) -> None:
    """Of several the others are looked for as well; one whose next revision says something else is a conflict."""

    async def matches(written: Record, found: Record) -> bool:
        return found.body == (written.body or b"").upper()

    for anew, outcome in ((b"MINE", None), (b"THEIRS", Conflict)):
        inner = MemoryStorage()
        records = [record(key=str(number)) for number in range(count)]
        flaky = Overtaken(inner, [replace(each, rev=2, body=anew) for each in records])
        if outcome is None:
            await commit(flaky, records, matches)
            assert [await body_of(inner, str(number)) for number in range(count)] == [anew] * count
        else:
            with pytest.raises(outcome):
                await commit(flaky, records, matches)


async def test_a_conflict_at_the_first_try_is_told_at_once() -> None:
    """Nothing is uncertain about it."""
    inner = MemoryStorage()
    await inner.put(record(1, b"theirs"))
    flaky = FlakyStorage(inner)
    with pytest.raises(Conflict):
        await commit(flaky, [record()])
    assert flaky.steps == ["put"]


async def test_a_write_that_lands_late_is_found() -> None:
    """The first attempt is stored only after it was looked for: the second one's conflict is with itself."""
    inner = MemoryStorage()
    flaky = LandsLate(inner)
    await commit(flaky, [record()])
    assert await body_of(inner) == b"mine"
    assert flaky.steps == ["put", "get", "put", "get"]


async def test_a_write_upon_nothing_is_a_conflict() -> None:
    """A record that was deleted meanwhile is not brought back."""
    inner = MemoryStorage()
    flaky = FlakyStorage(inner, Fault(1, Harm.LOST_REQUEST, WRITES))
    with pytest.raises(Conflict):
        await commit(flaky, [record(2)])
    assert await body_of(inner) is None


async def test_what_may_not_be_stored_any_more_is_not() -> None:
    """Neither at the first try nor at a later one; what was stored by then is found."""
    for harm, outcome in ((Harm.LOST_REQUEST, None), (Harm.LOST_ANSWER, b"mine")):
        inner, allowed = MemoryStorage(), iter([True])
        flaky = FlakyStorage(inner, Fault(1, harm, WRITES))
        if outcome is None:
            with pytest.raises(Unavailable):
                await commit(flaky, [record()], may_store=lambda: next(allowed, False))  # noqa: B023 - it is asked in this turn
        else:
            await commit(flaky, [record()], may_store=lambda: next(allowed, False))  # noqa: B023 - as above
        assert await body_of(inner) == outcome
    inner = MemoryStorage()
    with pytest.raises(Unavailable):
        await commit(inner, [record()], may_store=lambda: False)
    assert await body_of(inner) is None


async def test_attempts_come_to_an_end() -> None:
    """A store that fails each time is tried as often as the budget says, and looked at once more."""
    flaky = FlakyStorage(MemoryStorage(), Fault(1, Harm.LOST_REQUEST, WRITES, times=99))
    with pytest.raises(Unavailable):
        await commit(flaky, [record()])
    assert flaky.steps == ["put", "get"] * (1 + RETRIES)


async def test_the_last_attempt_may_have_landed() -> None:
    """Its answer is lost like the others, and it is found."""
    lost = [Fault(call, Harm.LOST_REQUEST, WRITES) for call in range(1, 1 + RETRIES)]
    flaky = FlakyStorage(MemoryStorage(), *lost, Fault(1 + RETRIES, Harm.LOST_ANSWER, WRITES))
    await commit(flaky, [record()])
    assert flaky.steps == ["put", "get"] * (1 + RETRIES)


async def test_what_cannot_be_looked_at_is_unavailable() -> None:
    """Where reading fails too, nobody knows, and that is told."""
    plan = (Fault(1, Harm.LOST_ANSWER, WRITES), Fault(1, Harm.LOST_REQUEST, READS))
    with pytest.raises(Unavailable):
        await commit(FlakyStorage(MemoryStorage(), *plan), [record()])


async def test_other_errors_are_passed_on() -> None:
    """A store that says clearly that it has not written is believed."""
    flaky = FlakyStorage(MemoryStorage(), Fault(1, Harm.LOST_REQUEST, WRITES, error=ReadOnly))
    with pytest.raises(ReadOnly):
        await commit(flaky, [record()])
    assert flaky.steps == ["put"]


async def test_nothing_is_done_after_a_death() -> None:
    """A process that dies neither looks nor writes again."""
    for harm in (Harm.DEATH_BEFORE, Harm.DEATH_AFTER):
        inner = MemoryStorage()
        flaky = FlakyStorage(inner, Fault(1, harm))
        with pytest.raises(Died):
            await commit(flaky, [record()])
        assert flaky.steps == ["put"]
        assert await body_of(inner) == (b"mine" if harm is Harm.DEATH_AFTER else None)


HARMS = st.sampled_from([Harm.LOST_REQUEST, Harm.LOST_ANSWER, Harm.CUT_SHORT])
FAULTS = st.builds(Fault, st.integers(1, 8), HARMS, st.sampled_from([WRITES, READS]))


@given(count=st.integers(1, 5), taken=st.integers(0, 6), plan=st.lists(FAULTS, max_size=4))
async def test_a_batch_is_stored_in_order_and_its_outcome_is_true(count: int, taken: int, plan: list[Fault]) -> None:
    """Whatever is lost: done means all are stored, a conflict means all before it are, and none ever after a gap."""
    inner = MemoryStorage()
    records = [record(key=str(number)) for number in range(count)]
    if taken < count:
        await inner.put(record(1, b"theirs", str(taken)))
    outcome: object = None
    try:
        await commit(FlakyStorage(inner, *plan), records)
    except (Conflict, Unavailable) as exc:
        outcome = exc
    bodies = [await body_of(inner, str(number)) for number in range(count)]
    mine = bodies.count(b"mine")
    assert bodies[:mine] == [b"mine"] * mine
    if outcome is None:
        assert mine == count
    elif isinstance(outcome, Conflict):
        assert (mine, outcome.about) == (taken, records[taken].ref)
    else:
        assert plan


async def test_a_deletion_whose_answer_was_lost_is_found() -> None:
    """What is gone is deleted; what still stands is deleted again."""
    for harm, steps in ((Harm.LOST_ANSWER, ["delete", "get"]), (Harm.LOST_REQUEST, ["delete", "get", "delete"])):
        inner = MemoryStorage()
        await inner.put(record())
        flaky = FlakyStorage(inner, Fault(1, harm, WRITES))
        await remove(flaky, REF, 1)
        assert (flaky.steps, await body_of(inner)) == (steps, None)


async def test_a_deletion_does_not_hit_what_came_after() -> None:
    """A newer revision stays, and is told."""
    for plan in ((), (Fault(1, Harm.LOST_REQUEST, WRITES),)):
        inner = MemoryStorage()
        await inner.put(record(1))
        await inner.put(record(2, b"theirs"))
        with pytest.raises(Conflict):
            await remove(FlakyStorage(inner, *plan), REF, 1)
        assert await body_of(inner) == b"theirs"


async def test_deletions_come_to_an_end() -> None:
    """The budget is the same as for writes."""
    inner = MemoryStorage()
    await inner.put(record())
    flaky = FlakyStorage(inner, Fault(1, Harm.LOST_REQUEST, WRITES, times=99))
    with pytest.raises(Unavailable):
        await remove(flaky, REF, 1)
    assert flaky.steps == ["delete", "get"] * (1 + RETRIES)


class LandsLate(FlakyStorage):
    """Loses the first write's answer and stores it only after somebody has looked for it."""

    def __init__(self, inner: MemoryStorage) -> None:
        super().__init__(inner, Fault(1, Harm.LOST_REQUEST, WRITES))

    async def get(self, ref: Ref) -> Record | None:
        found = await super().get(ref)
        if self.steps == ["put", "get"]:
            await self.inner.put(record())
        return found


class Overtaken(FlakyStorage):
    """Loses the first write's answer, and has others write upon it before somebody looks."""

    def __init__(self, inner: MemoryStorage, others: Sequence[Record]) -> None:
        super().__init__(inner, Fault(1, Harm.LOST_ANSWER, WRITES))
        self.others = others

    async def get(self, ref: Ref) -> Record | None:
        if len(self.steps) == 1:
            await self.inner.put_many(self.others)
        return await super().get(ref)
