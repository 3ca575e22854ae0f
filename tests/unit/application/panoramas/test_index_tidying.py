"""The index is compared with the trees: what leads nowhere is emptied, what is missing is made."""

from datetime import timedelta

import pytest

from application.keys.index_keys import IndexKeys
from application.maintenance.jobs import Due, Report, Turn
from application.panoramas.index_tidying import DOUBT, LOOK
from application.panoramas.places import PLACE, Place
from application.sealing.records import Write
from domain.ids import IssueId, PanoramaId, TenantId
from domain.panoramas.commands import Remove
from ports.errors import Unavailable
from ports.storage import Record
from tests.drivers import SECRET
from tests.fakes.flaky import FlakyStorage
from tests.fakes.house import TENANT, House, furnished
from tests.unit.application.defects import breaking_for
from tests.unit.application.panoramas.scenes import a_panorama, edited, issue, node_of

WEEK = timedelta(days=7)
HELD, REMOVED, LOST = IssueId(1), IssueId(2), IssueId(3)


async def begun() -> tuple[House, PanoramaId]:
    """A house a week later: a panorama holds one issue and knows a removed one, and an edit with a third failed."""
    house = await furnished()
    panorama = await a_panorama(house)
    await edited(house, panorama, issue(HELD))
    await edited(house, panorama, Remove(node_of(await edited(house, panorama, issue(REMOVED)))))
    await house.panoramas.places.announce(TENANT, panorama, [LOST])
    house.time.go_on(hours=7 * 24)
    return house, panorama


async def run(house: House, may_go_on: int = 10**9) -> Report:
    """Give the job a turn of so many questions."""
    asked = iter(range(may_go_on))
    turn = Turn(house.time.monotonic, 300, may_go_on=lambda: next(asked, None) is not None)
    return await house.index_care.tidying.run(turn)


async def held(house: House) -> list[bool]:
    """Return of each issue whether the index leads from it to a panorama."""
    return [bool(await house.panoramas.places.lookup(TENANT, each)) for each in (HELD, REMOVED, LOST)]


async def test_an_entry_that_no_tree_knows_is_emptied_an_hour_after_it_was_noticed() -> None:
    """What a tree knows, removed or not, stays; nothing is deleted, and a week later it is compared again."""
    house, _ = await begun()
    assert await house.index_care.tidying.plan() == [
        Due(at=house.time.now, what="compare the index with the trees", tenant=TENANT)
    ]
    assert await run(house) == Report()
    assert await held(house) == [True, True, True]
    house.time.go_on(seconds=DOUBT)
    assert await run(house) == Report(done={"index entries emptied": 1})
    assert await held(house) == [True, True, False]
    assert len(await house.storage.scan(TENANT, PLACE)) == 3
    assert [due.at for due in await house.index_care.tidying.plan()] == [house.time.now + WEEK]


async def test_nobody_is_asked_again_within_the_hour() -> None:
    """Nor is a tenant in doubt compared again before its time."""
    house, _ = await begun()
    flaky = FlakyStorage(house.storage)
    watcher = house.neighbour(flaky)
    await run(watcher)
    steps = len(flaky.steps)
    house.time.go_on(seconds=LOOK - 1)
    assert await run(watcher) == Report()
    assert len(flaky.steps) == steps


async def test_a_tenant_in_doubt_waits_for_its_time() -> None:
    """Also where the job is at it again sooner, because another tenant's turn was cut short."""
    house, _ = await begun()
    other = TenantId("b" * 24)
    await house.vault.create(other)
    await house.index.digest(other, HELD)
    house.time.go_on(hours=7 * 24)
    assert (await run(house, 3)).unfinished
    for _ in range(2):
        assert await run(house) == Report()
    house.time.go_on(seconds=DOUBT)
    assert (await run(house)).done == {"index entries emptied": 1}


async def test_an_entry_that_is_renewed_meanwhile_stays() -> None:
    """Somebody is about to commit a change that puts the issue there."""
    house, panorama = await begun()
    await run(house)
    await house.panoramas.places.announce(TENANT, panorama, [LOST])
    house.time.go_on(seconds=DOUBT)
    assert (await run(house)).done == {}
    assert await held(house) == [True, True, True]


async def test_an_entry_that_is_renewed_at_the_last_moment_stays() -> None:
    """The write that would empty it finds another revision."""

    class Renewed(FlakyStorage):
        async def put(self, record: Record) -> None:
            if record.ref.kind == PLACE and not self.is_done:
                self.is_done = True
                await house.panoramas.places.announce(TENANT, panorama, [LOST])
            await super().put(record)

        is_done = False

    house, panorama = await begun()
    late = house.neighbour(Renewed(house.storage))
    await run(late)
    house.time.go_on(seconds=DOUBT)
    assert (await run(late)).done == {}
    assert await held(house) == [True, True, True]


async def test_a_young_entry_is_not_doubted() -> None:
    """Its edit may be under way; and a clock that leaps does not make it old before the eyes of whoever looks."""
    house, panorama = await begun()
    await house.panoramas.places.announce(TENANT, panorama, [LOST, IssueId(4)])
    await run(house)
    house.time.go_on(seconds=DOUBT)
    assert (await run(house)).done == {}
    house.time.go_on(hours=7 * 24)
    house.time.step(hours=2)
    await house.panoramas.places.announce(TENANT, panorama, [IssueId(5)])
    house.time.step(hours=2)
    assert (await run(house)).done == {}
    house.time.go_on(seconds=DOUBT)
    assert (await run(house)).done == {"index entries emptied": 3}


async def test_what_is_missing_is_made() -> None:
    """An entry that was emptied or never made, though a tree knows the issue, is there again."""
    house, panorama = await begun()
    (key,) = await house.index_care.keys.of(TENANT)
    for number, entry in enumerate((HELD, REMOVED)):
        (record,) = await house.storage.scan(TENANT, PLACE, prefix=key.value.digest(entry))
        if number:
            await house.storage.delete(record.ref, 1)
            await house.storage.mark_shipped([(record.ref, 2)])
        else:
            await house.records.put(Write(record.ref, 2, Place(house.time.now, held=False)))
    assert await held(house) == [False, False, True]
    assert (await run(house)).done == {"missing index entries made": 2}
    assert await held(house) == [True, True, True]
    assert await house.panoramas.places.lookup(TENANT, REMOVED) == [panorama]


async def test_an_index_whose_key_is_rotated_is_left_alone() -> None:
    """The rotation makes it anew from the trees."""
    house, _ = await begun()
    keys = [each.value for each in await house.index_care.keys.of(TENANT)]
    await house.index_care.keys.announce(TENANT, keys, under=1)
    assert await house.index_care.tidying.plan() == []
    await run(house)
    house.time.go_on(seconds=DOUBT)
    assert await run(house) == Report()


async def test_a_turn_that_is_over_is_followed_by_another_at_once() -> None:
    """Whether it ended between two tenants or two panoramas."""
    house, _ = await begun()
    await a_panorama(house)
    for questions in (0, 1, 2):
        assert (await run(house, questions)).unfinished
    assert not (await run(house)).unfinished


async def test_a_comparison_that_a_wrong_clock_has_noted_is_made_at_once() -> None:
    """Else there would be none until then."""
    house, panorama = await begun()
    house.time.step(hours=1_000)
    await run(house)
    house.time.go_on(seconds=DOUBT)
    await run(house)
    house.time.step(hours=-1_000)
    await house.panoramas.places.announce(TENANT, panorama, [IssueId(9)])
    house.time.go_on(hours=2)
    await run(house)
    house.time.go_on(seconds=DOUBT)
    assert (await run(house)).done == {"index entries emptied": 1}


async def test_one_tenant_that_fails_is_told() -> None:
    """Whose index, and why; its turn comes again."""

    class Out(FlakyStorage):
        async def scan(self, tenant: str, kind: str, **query: object) -> list[Record]:
            if kind == PLACE:
                raise Unavailable("out")
            return await super().scan(tenant, kind, **query)  # type: ignore[arg-type] # as it came

    house, _ = await begun()
    (finding,) = (await run(house.neighbour(Out(house.storage)))).findings
    assert (finding.code, finding.tenant) == ("index-not-compared", TENANT)


async def test_a_defect_of_ours_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as an outage of a driver; by its kind and place, and nothing that it says."""
    house, _ = await begun()
    monkeypatch.setattr(IndexKeys, "of", breaking_for(TENANT, IndexKeys.of))
    (finding,) = (await run(house)).findings
    assert (finding.code, finding.tenant) == ("index-not-compared", TENANT)
    assert "(fault (KeyError at defects.py:" in finding.what
    assert SECRET not in finding.what
