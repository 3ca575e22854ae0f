"""A takeover ends with one site that writes, wherever it is interrupted and whoever else tries."""

import asyncio

import pytest

from application.failover.takeover import begin_closed, open_up, take_over
from domain.epochs import FENCE_WAIT, Word, in_force
from ports.errors import Conflict, Unavailable
from tests.unit.application.failover.scenes import Scene, begun, scene


async def taken(made: Scene, site: str, *, out: int = 0) -> Word:
    """Take over for `site`, in the time of the scene."""
    return await take_over(made.control(out=out), site, made.time.sleep)


async def test_nobody_writes_while_the_old_epoch_may_still_be_believed() -> None:
    """From the moment when the new epoch is in force until 20 s later both sites are closed."""
    made = await begun(site="east")
    east, west = made.fence("east"), made.fence("west")
    open_at: list[tuple[bool, bool]] = []

    async def look(seconds: float) -> None:
        await asyncio.gather(east.confirm(), west.confirm())
        open_at.append((east.is_open, west.is_open))
        made.time.go_on(seconds=seconds)

    told: list[str] = []
    word = await take_over(made.control(), "west", look, told.append)
    assert word == Word(2, "west")
    assert open_at == [(False, False)]
    assert "epoch 2" in told[0]
    await asyncio.gather(east.confirm(), west.confirm())
    assert (east.is_open, west.is_open) == (False, True)


async def test_the_wait_outlasts_a_confirmation_of_the_last_moment() -> None:
    """A site that was confirmed just before the new epoch came into force is closed when the new one opens."""
    made = await begun(site="east")
    east = made.fence("east", out=0)
    await east.confirm()
    await taken(made, "west")
    assert made.time.monotonic() >= FENCE_WAIT
    assert not east.is_open


async def test_a_site_that_writes_already_takes_nothing_over() -> None:
    """And waits for nothing."""
    made = await begun(site="east")
    assert await taken(made, "east") == Word(1, "east")
    assert made.time.monotonic() == 0


async def test_the_first_word_can_be_a_takeover() -> None:
    """Where there has never been one."""
    assert await taken(scene(), "west") == Word(1, "west")


async def test_a_minority_of_stores_that_is_out_does_not_stop_it() -> None:
    """One that comes back later holds an old word, which counts no more."""
    made = await begun(site="east")
    assert await taken(made, "west", out=1) == Word(2, "west")
    assert await made.control().words() == [Word(1, "east"), Word(2, "west"), Word(2, "west")]


async def test_without_a_majority_nothing_is_taken() -> None:
    """Another epoch might be in force where nobody can look."""
    made = await begun(site="east")
    with pytest.raises(Unavailable, match="1 of 3 control stores"):
        await taken(made, "west", out=2)
    assert await made.control().words() == [Word(1, "east")] * 3


@pytest.mark.parametrize("reached", [0, 1, 2, 3])
async def test_a_takeover_that_died_is_gone_on_with(reached: int) -> None:
    """Wherever it stopped: its epoch is opened where a majority knew of it, and passed over otherwise."""
    made = await begun(site="east")
    for bucket in made.buckets[reached:]:
        bucket.missing = True
    await made.control().propose(Word(2, "west", open=False))
    for bucket in made.buckets:
        bucket.missing = False
    assert await taken(made, "west") == Word(2 if reached != 1 else 3, "west")
    assert made.time.monotonic() == FENCE_WAIT


async def test_of_two_takeovers_at_once_one_wins_at_the_most() -> None:
    """The other is told so, or finds itself overtaken by the next epoch."""
    made = await begun(site="east")
    ended = await asyncio.gather(taken(made, "west"), taken(made, "north"), return_exceptions=True)
    assert all(isinstance(each, Word | Conflict) for each in ended)
    word = in_force(await made.control().words())
    assert word is None or word.site in {"west", "north"}
    assert await taken(made, "west") == in_force(await made.control().words())


async def test_a_takeover_that_is_overtaken_while_it_waits_opens_nothing() -> None:
    """Somebody else's greater epoch is in force by then."""
    made = await begun(site="east")

    async def overtaken(seconds: float) -> None:
        await made.control().propose(Word(3, "north", open=False))

    with pytest.raises(Conflict, match="epoch 2"):
        await take_over(made.control(), "west", overtaken)
    assert in_force(await made.control().words()) == Word(3, "north", open=False)


async def test_a_closed_epoch_lets_nobody_write_until_it_is_opened() -> None:
    """Not even the site that it is for, which may be the one that wrote before."""
    made = await begun(site="east")
    east = made.fence("east")
    told: list[str] = []
    word = await begin_closed(made.control(), "east", 1, made.time.sleep, told.append)
    assert (word, made.time.monotonic() >= FENCE_WAIT) == (Word(2, "east", open=False), True)
    assert "epoch 2" in told[0]
    await east.confirm()
    assert not east.is_open
    assert await open_up(made.control(), word) == Word(2, "east")
    await east.confirm()
    assert east.is_open


async def test_a_closed_epoch_that_was_begun_is_gone_on_with() -> None:
    """Unless it is not late enough, or another site's."""
    made = await begun(site="east")
    control = made.control()
    first = await begin_closed(control, "west", 4, made.time.sleep)
    assert first == Word(5, "west", open=False)
    assert await begin_closed(control, "west", 4, made.time.sleep) == first
    assert (await begin_closed(control, "west", 5, made.time.sleep)).epoch == 6
    assert (await begin_closed(control, "east", 1, made.time.sleep)).epoch == 7
