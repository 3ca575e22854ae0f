"""A failover: what it finds, what it does, and what it says of what was lost."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from application.backups.stores import Store
from application.failover.control import ControlStores
from application.failover.examination import Verdict
from application.failover.former import Former, NoFormer
from application.failover.reports import Outcome
from application.failover.switching import Failover
from application.failover.trial import Trial
from application.restore.refusals import RestoreRefused
from application.restore.target import FOLLOWING, check_whole
from domain.epochs import FENCE_WAIT, Word
from ports.errors import Conflict, PortError, Unavailable
from tests.fakes.backups import Yard
from tests.fakes.blobs import MemoryBlobStore
from tests.fakes.failover import HERE, THERE, Crossing
from tests.fakes.flaky import READS, Fault, FlakyStorage, Harm
from tests.fakes.house import TENANT, House
from tests.fakes.restore import Ruin
from tests.fakes.slow import slow
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited
from tests.unit.application.failover import scenes


async def a_crossing() -> Crossing:
    """Return a site that has shipped one panorama, and an empty one that is to take over."""
    yard = await a_yard()
    await cycled(yard, 2)
    return Crossing(yard, await scenes.begun(site=HERE))


def outcomes(failover: Failover) -> dict[str, Outcome]:
    """Return how each step ended."""
    return {step.name: step.outcome for step in failover.report().steps}


def found(failover: Failover, name: str) -> str:
    """Return what a step found."""
    return next(step.found for step in failover.report().steps if step.name == name)


async def test_a_site_that_lives_loses_nothing() -> None:
    """It is stopped, ships the rest, and every record of it is looked for."""
    crossing = await a_crossing()
    late = await begun(crossing.yard.house, "late")
    failover = crossing.made()
    await failover.run()
    report = failover.report()
    assert (report.former, report.epoch, report.nothing_lost, report.lost_seconds) == (HERE, 2, True, 0.0)
    assert report.seconds_to_first_write is not None
    assert FENCE_WAIT <= report.seconds_to_first_write < FENCE_WAIT + 1
    assert await crossing.word() == Word(2, THERE)
    await check_whole(crossing.ruin.storage)
    tree = (await crossing.ruin.house().panoramas.newest(TENANT, late)).tree
    assert tree.name == "late"
    assert set(outcomes(failover).values()) == {Outcome.DONE}
    assert crossing.told


async def test_a_site_that_lives_loses_nothing_however_long_it_takes_to_ship() -> None:
    """Its last segment begins after it was stopped: there is no time less than none that is lost."""
    crossing = await a_crossing()
    crossing.yard.time.go_on(seconds=40)
    await begun(crossing.yard.house, "late")
    crossing.yard.stores = tuple(
        replace(store, blobs=slow(store.blobs, crossing.yard.time, methods={"create", "read"}))
        for store in crossing.yard.stores
    )
    crossing.yard.house.storage = slow(crossing.yard.house.storage, crossing.yard.time, methods={"get", "unshipped"})
    failover = crossing.made()
    await failover.run()
    report = failover.report()
    assert report.recovery_point is not None
    assert report.recovery_point < crossing.yard.time.clock()
    assert (report.nothing_lost, report.lost_seconds) == (True, 0.0)


async def test_a_site_that_is_out_loses_what_it_had_not_shipped() -> None:
    """The report says up to when everything is there, and how many seconds are missing at the most."""
    crossing = await a_crossing()
    crossing.is_out = True
    crossing.yard.time.go_on(seconds=12)
    failover = crossing.made()
    await failover.run()
    report = failover.report()
    assert (report.nothing_lost, report.lost_seconds) == (False, 12 + FENCE_WAIT)
    assert "compare" not in outcomes(failover)
    assert report.succeeded


async def test_a_standby_takes_over_where_it_is() -> None:
    """A plan says what is missing and tries its keys; a run takes that alone."""
    crossing = await a_crossing()
    await crossing.standby().catch_up()
    await edited(crossing.yard.house, await begun(crossing.yard.house, "two"))
    plan = crossing.made()
    await plan.plan()
    assert outcomes(plan)["keys"] is Outcome.DONE
    assert outcomes(plan)["fence"] is outcomes(plan)["last segment"] is outcomes(plan)["switch"] is Outcome.WOULD
    assert not plan.report().succeeded
    assert await crossing.word() == Word(1, HERE)
    failover = crossing.made()
    await failover.run()
    assert "restored anew" not in found(failover, "catch up")
    assert failover.report().nothing_lost


async def test_a_plan_for_an_empty_site_tells_how_much_there_is_to_restore() -> None:
    """Of keys nothing can be said before they are there."""
    crossing = await a_crossing()
    crossing.is_out = True
    plan = crossing.made()
    await plan.plan()
    assert "bytes of backups are to be restored" in found(plan, "standby")
    assert not {"keys", "last segment"} & outcomes(plan).keys()
    assert await crossing.ruin.storage.everything(1) == []


async def test_where_the_site_writes_already_nothing_is_done() -> None:
    """However often it is repeated."""
    crossing = await a_crossing()
    await crossing.made().run()
    again, plan = crossing.made(), crossing.made()
    await again.run()
    await plan.plan()
    assert outcomes(again) == outcomes(plan) == {"control stores": Outcome.DONE, "nothing": Outcome.WOULD}
    assert (again.report().epoch, again.report().former) == (None, None)


async def test_a_run_that_was_interrupted_before_the_switch_goes_on_there() -> None:
    """Nothing is taken twice, and no further epoch begins."""
    crossing = await a_crossing()

    async def interrupted() -> Trial:
        raise Unavailable("out")

    crossing.trials = lambda trials: trials._replace(keys=interrupted)
    failover = crossing.made()
    with pytest.raises(Unavailable):
        await failover.run()
    assert (outcomes(failover)["keys"], found(failover, "keys")) == (Outcome.FAILED, "unavailable")
    crossing.trials = lambda trials: trials
    again = crossing.made()
    await again.run()
    assert not {"fence", "catch up"} & outcomes(again).keys()
    assert await crossing.word() == Word(2, THERE)
    assert again.report().epoch == 2


async def test_a_site_that_cannot_serve_takes_over_nothing() -> None:
    """And the former site goes on."""
    crossing = await a_crossing()
    crossing.verdict = Verdict(go=False, found="storage not as they must be")
    with pytest.raises(RestoreRefused, match="cannot serve: storage"):
        await crossing.made().run()
    assert await crossing.word() == Word(1, HERE)


async def test_without_backups_there_is_nothing_to_take_over() -> None:
    """Nor from the site itself."""
    yard = await a_yard()
    crossing = Crossing(yard, await scenes.begun(site=HERE))
    with pytest.raises(RestoreRefused, match="no backups"):
        await crossing.made().run()
    own = Yard(yard.house, yard.buckets, site=THERE)
    await cycled(own)
    with pytest.raises(RestoreRefused, match="has written last"):
        await crossing.made().run()


async def test_control_stores_that_know_of_nobody_need_a_word_of_a_person() -> None:
    """Or a site that asks others goes on; the report says that nothing else keeps it from writing."""
    crossing = await a_crossing()
    crossing.scene = scenes.scene()
    with pytest.raises(RestoreRefused, match="no control store knows of epoch 1"):
        await crossing.made().run()
    assert await crossing.word() is None
    failover = crossing.made(revoked="the role of aws")
    await failover.run()
    report = failover.report()
    assert (report.revoked, report.epoch, report.nothing_lost) == ("the role of aws", 2, False)
    assert "since somebody has revoked the role of aws" in found(failover, "former site")


@pytest.mark.parametrize("known", [[1], [1, 1], [1, 1, 1]])
async def test_control_stores_that_know_older_epochs_alone_need_a_word_of_a_person(known: list[int]) -> None:
    """They were emptied, or set back: nothing in them keeps the site from writing that has written last."""
    yard = await a_yard()
    late = Yard(yard.house, yard.buckets, epoch=2, site=HERE)
    await cycled(late, 2)
    crossing = Crossing(late, scenes.scene())
    crossing.scene = scenes.scene()
    for store, epoch in zip(crossing.scene.stores(), known, strict=False):
        await ControlStores([store]).propose(Word(epoch, HERE))
    with pytest.raises(RestoreRefused, match="no control store knows of epoch 2"):
        await crossing.made().run()
    assert await crossing.scene.control().words() == [Word(epoch, HERE) for epoch in known] + [None] * (3 - len(known))


async def test_one_control_store_that_knows_the_epoch_is_enough() -> None:
    """The new epoch is greater than what any of them knows, and a majority takes it."""
    yard = await a_yard()
    late = Yard(yard.house, yard.buckets, epoch=2, site=HERE)
    await cycled(late, 2)
    crossing = Crossing(late, await scenes.begun(site=HERE))
    await ControlStores(crossing.scene.stores()[2:]).propose(Word(2, HERE))
    await crossing.made().run()
    assert await crossing.word() == Word(3, THERE)


async def test_a_former_site_that_has_lost_its_data_is_taken_for_lost() -> None:
    """It must not ship from the beginning over what it has shipped."""
    crossing = await a_crossing()
    house = House(time=crossing.yard.time)
    crossing.yard.house = house
    failover = crossing.made()
    await failover.run()
    assert "has lost what it had shipped" in found(failover, "former site")
    assert not failover.report().nothing_lost


async def test_what_cannot_be_shipped_ends_a_failover_with_the_ways_out() -> None:
    """Once the site is stopped, somebody must decide: repeat it when the stores are back, or go on without the rest."""
    crossing = await a_crossing()
    reading = [
        Store(each.name, each.cloud, MemoryBlobStore(crossing.yard.time.clock, crossing.yard.buckets[each.name]))
        for each in crossing.yard.stores
    ]
    for store in crossing.yard.blobs.values():
        store.failure = Unavailable("out")
    failover = crossing.made(stores=reading)
    with pytest.raises(RestoreRefused, match="cannot be shipped") as refused:
        await failover.run()
    assert "--assume-dead" in refused.value.remedy
    assert failover.report().lost_seconds is None
    for store in crossing.yard.blobs.values():
        store.failure = None
    again = crossing.made()
    await again.run()
    assert again.report().nothing_lost


@pytest.mark.parametrize("error", [Unavailable, lambda: Conflict(FOLLOWING)], ids=["out", "faster"])
async def test_a_rival_that_ships_meanwhile_is_not_taken_for_success(error: Callable[[], PortError]) -> None:
    """What waits still is not shipped: a page that is longer than a segment, or somebody else's doing."""
    crossing = await a_crossing()
    await begun(crossing.yard.house, "late")
    reach = await crossing.reach(HERE)
    former = await reach.look()
    assert former.waiting > 0
    fault = Fault(1, Harm.LOST_REQUEST, frozenset({"put"}), times=9, error=error)
    flaky = FlakyStorage(crossing.yard.house.storage, fault)
    crossing.yard.house = crossing.yard.house.neighbour(flaky)
    with pytest.raises(RestoreRefused, match="cannot be shipped"):
        await (await crossing.reach(HERE)).ship()


async def test_keys_that_do_not_open_are_told() -> None:
    """One tenant's trouble does not keep everybody waiting; where nothing opens, nothing is switched."""
    crossing = await a_crossing()
    crossing.trials = lambda trials: trials._replace(keys=_Fixed(Trial(3, 1, ("t/1",))))
    failover = crossing.made()
    await failover.run()
    assert outcomes(failover)["keys"] is Outcome.AMISS
    assert found(failover, "keys").endswith("not t/1")
    other = await a_crossing()
    other.trials = lambda trials: trials._replace(keys=_Fixed(Trial(3, 3, ("t/1",))))
    with pytest.raises(RestoreRefused, match="opens no data key"):
        await other.made().run()
    assert await other.word() == Word(2, THERE, open=False)


class _Fixed:
    """A trial that always comes to the same."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    async def __call__(self, *_: object) -> Trial:
        return self._trial


async def test_what_is_not_there_is_told() -> None:
    """Then nobody says that nothing was lost."""
    crossing = await a_crossing()
    crossing.trials = lambda trials: trials._replace(compare=_Fixed(Trial(7, 1, ("t/change/1",))))
    failover = crossing.made()
    await failover.run()
    assert (outcomes(failover)["compare"], failover.report().nothing_lost) == (Outcome.AMISS, False)
    assert "1 of 7 records of the former site are not there: t/change/1" in found(failover, "compare")


@pytest.mark.parametrize("faster", [4, 5])
async def test_a_follower_beside_it_is_waited_for(faster: int) -> None:
    """For a few tries; a repeat goes on."""
    crossing = await a_crossing()
    await crossing.standby().catch_up()
    inner = crossing.ruin.storage
    fault = Fault(1, Harm.LOST_REQUEST, frozenset({"put"}), times=faster, error=lambda: Conflict(FOLLOWING))
    crossing.ruin = Ruin(crossing.yard, FlakyStorage(inner, fault), crossing.ruin.vault)
    failover = crossing.made()
    if faster == 4:
        await failover.run()
    else:
        with pytest.raises(Conflict):
            await failover.run()
        crossing.ruin = Ruin(crossing.yard, inner, crossing.ruin.vault)
        await crossing.made().run()
    assert await crossing.word() == Word(2, THERE)


async def test_a_former_site_that_goes_away_while_it_is_looked_at_is_out() -> None:
    """It is taken over from with what was shipped, at once."""
    crossing = await a_crossing()
    fault = Fault(1, Harm.LOST_REQUEST, READS, times=9)
    crossing.yard.house = crossing.yard.house.neighbour(FlakyStorage(crossing.yard.house.storage, fault))
    failover = crossing.made()
    await failover.run()
    assert found(failover, "former site") == f"{HERE}: it does not answer (unavailable)"
    assert (failover.report().succeeded, failover.report().nothing_lost) == (True, False)


async def test_of_a_site_that_is_out_nothing_can_be_had() -> None:
    """Nor is it asked."""
    former = NoFormer(HERE, "it is out")
    assert (await former.look(), await former.ship(), former.storage) == (Former(HERE, silent="it is out"), 0, None)


async def test_of_a_fault_only_its_place_is_told() -> None:
    """What an error says may be secret."""
    crossing = await a_crossing()

    async def broken() -> Verdict:
        raise ValueError("hunter2")

    crossing.verdict_by = broken
    failover = crossing.made()
    with pytest.raises(ValueError, match="hunter2"):
        await failover.run()
    assert found(failover, "target").startswith("ValueError at ")
    assert "hunter2" not in found(failover, "target")
