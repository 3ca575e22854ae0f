"""A site acknowledges writes only while a majority has confirmed less than 15 s ago that it is the one that writes."""

import asyncio

import pytest

from application.failover.fence import PERIOD
from application.failover.takeover import take_over
from domain.epochs import CONFIRMED_FOR, NOBODYS, Word
from ports.errors import ReadOnly
from tests.unit.application.failover.scenes import begun, scene


async def test_a_site_that_nobody_has_confirmed_does_not_write() -> None:
    """Before the first answer, versions are nobody's, and what is refused says why."""
    fence = scene().fence("east")
    assert not fence.is_open
    assert fence.epoch() == NOBODYS
    assert fence.word is None
    with pytest.raises(ReadOnly, match="have not confirmed"):
        await fence.check()


async def test_the_first_site_begins_by_itself() -> None:
    """Where there has never been a word the first one is put into every store."""
    made = scene()
    fence = made.fence("east")
    assert await fence.begin() == Word(1, "east")
    await fence.check()
    assert fence.epoch() == 1
    assert await made.control().words() == [Word(1, "east")] * 3


async def test_nobody_begins_while_a_store_is_out() -> None:
    """What cannot be reached may hold a word already."""
    made = scene()
    fence = made.fence("east", out=1)
    assert await fence.begin() is None
    assert not fence.is_open
    assert await made.control().words() == [None] * 3


async def test_another_site_does_not_begin_again() -> None:
    """It learns that it is not the one that writes, and tells versions that are nobody's."""
    fence = (await begun(site="east")).fence("west")
    assert await fence.begin() == Word(1, "east")
    assert not fence.is_open
    assert fence.epoch() == NOBODYS


async def test_a_confirmation_lasts_fifteen_seconds_from_when_it_was_asked_for() -> None:
    """Not from when the answer came, which takes 9 s here: three calls to each of three stores."""
    made = await begun()
    fence = made.fence("east", delay=1)
    await fence.confirm()
    assert (made.time.monotonic(), fence.age) == (9, 9)
    made.time.go_on(seconds=CONFIRMED_FOR - 9 - 1)
    assert fence.is_open
    assert fence.age == CONFIRMED_FOR - 1
    made.time.go_on(seconds=1)
    assert not fence.is_open


async def test_an_answer_that_comes_too_late_confirms_nothing() -> None:
    """What was so when it was asked for may have ended fifteen seconds later."""
    made = await begun()
    fence = made.fence("east", delay=2)
    assert await fence.confirm() == Word(1, "east")
    assert not fence.is_open


async def test_a_site_that_was_stopped_while_it_asked_does_not_write_beside_its_successor() -> None:
    """The answer was right when it was given; a whole takeover lies between that and the process that reads it."""
    made = await begun(site="east")
    asked = list[str]()

    async def taken_over(call: str) -> None:
        asked.append(call)
        if len(asked) == 9:
            await take_over(made.control(), "west", made.time.sleep)

    east, west = made.fence("east", meanwhile=taken_over), made.fence("west")
    assert await east.confirm() == Word(1, "east")
    assert len(asked) == 9
    await west.confirm()
    assert (east.is_open, west.is_open) == (False, True)


@pytest.mark.parametrize(
    ("stores", "out", "opens"), [(1, 0, True), (1, 1, False), (3, 1, True), (3, 2, False), (2, 1, False)]
)
async def test_a_majority_is_enough_and_needed(*, stores: int, out: int, opens: bool) -> None:
    """With one or two stores the loss of one means read-only."""
    fence = (await begun(stores)).fence("east", out=out)
    await fence.confirm()
    assert fence.is_open == opens


async def test_an_answer_that_fails_to_come_takes_nothing_away() -> None:
    """The confirmation before it lasts to its end."""
    made = await begun()
    fence = made.fence("east")
    await fence.confirm()
    for bucket in made.buckets:
        bucket.missing = True
    assert await fence.confirm() is None
    assert fence.is_open
    assert fence.epoch() == 1


async def test_a_new_epoch_closes_the_old_site_at_once_and_opens_the_new_one_after_the_wait() -> None:
    """Between the two nobody writes."""
    made = await begun(site="east")
    east, west = made.fence("east"), made.fence("west")
    await east.confirm()
    control = made.control()
    await control.propose(Word(2, "west", open=False))
    await asyncio.gather(east.confirm(), west.confirm())
    assert (east.is_open, west.is_open) == (False, False)
    await control.propose(Word(2, "west"))
    await asyncio.gather(east.confirm(), west.confirm())
    assert (east.is_open, west.is_open) == (False, True)
    assert (east.epoch(), west.epoch()) == (NOBODYS, 2)


async def test_confirming_goes_on_until_it_is_stopped() -> None:
    """Every five seconds."""
    made, pauses = await begun(), list[float]()
    fence = made.fence("east")

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        made.time.go_on(seconds=seconds)
        if len(pauses) == 4:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await fence.keep(pause)
    assert pauses == [PERIOD] * 4
    assert fence.is_open
