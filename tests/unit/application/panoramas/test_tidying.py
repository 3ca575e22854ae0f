"""What was removed or archived is kept for thirty days and then gone; history is kept for ninety."""

from collections import Counter
from collections.abc import Callable

import pytest

from application.maintenance.jobs import Due, Report, Turn
from application.panoramas.authoring import Request
from application.panoramas.copies import CopyRequest, copy_past
from application.panoramas.founding import CreateRequest, create_panorama
from application.panoramas.lists import panoramas_of_issue
from application.panoramas.read import read_changes, read_past
from application.panoramas.settings import Settings
from application.panoramas.undo import undo
from domain.errors import BuiltUpon, NodeMissing, NothingToUndo, VersionMissing
from domain.ids import SERVICE, ChangeId, IssueId, PanoramaId, TenantId
from domain.panoramas.commands import Archive, Remove, Rename, Restore
from domain.panoramas.facts import Forgotten
from domain.tenants import Installation, install, switch, uninstall
from ports.storage import Record, Ref
from tests.fakes.house import ANN, TENANT
from tests.fakes.storage import MemoryStorage
from tests.unit.application.panoramas.keeping import DAY, keeper
from tests.unit.application.panoramas.scenes import a_panorama, edited, group, issue, node_of, titles


async def test_a_panorama_is_looked_at_once_a_month() -> None:
    """Where nothing is removed and no history is old, nothing happens to it; its due moment moves on."""
    yard = await keeper()
    panorama = await a_panorama(yard.house)
    began = yard.time.now
    assert await yard.due(panorama) == began + 30 * DAY
    assert await yard.later(29.9) == {}
    assert await yard.due(panorama) == began + 30 * DAY
    assert await yard.later(0.1) == {}
    assert await yard.due(panorama) == began + 60 * DAY


async def test_a_removed_node_can_be_restored_for_thirty_days() -> None:
    """On the last of them it still can; then it is gone with all below it, and the history says so."""
    yard = await keeper()
    house, panorama = yard.house, await a_panorama(yard.house)
    node = node_of(await edited(house, panorama, group("g")))
    await edited(house, panorama, issue(7, node), group("kept"))
    yard.go_on(days=20)
    await edited(house, panorama, Remove(node))
    assert await yard.daily(29) == {}
    await edited(house, panorama, Restore(node))
    await edited(house, panorama, Remove(node))
    assert await yard.daily(29) == {}
    assert await yard.daily(1) == {"removed nodes forgotten": 2}
    with pytest.raises(NodeMissing):
        await edited(house, panorama, Restore(node))
    assert await titles(house.neighbour(), panorama) == ["kept"]
    newest = (await read_changes(TENANT, panorama, ANN, house.panoramas, newest_first=True, limit=1))[0]
    assert newest.author == SERVICE
    assert [type(fact) for fact in newest.facts] == [Forgotten]


async def test_an_issue_that_is_forgotten_leads_nowhere_and_can_come_again() -> None:
    """Its place in the index is emptied; where another node stands for it, it stays."""
    yard = await keeper()
    house, panorama = yard.house, await a_panorama(yard.house)
    gone = node_of(await edited(house, panorama, issue(7)))
    other = node_of(await edited(house, panorama, issue(8)))
    await edited(house, panorama, issue(8), Remove(gone), Remove(other))
    assert await yard.daily(31) == {"removed nodes forgotten": 2}
    assert sorted(await yard.places()) == [False, True]
    assert await house.panoramas.places.lookup(TENANT, IssueId(7)) == []
    assert len(await panoramas_of_issue(TENANT, ANN, IssueId(8), house.panoramas)) == 1
    await edited(house, panorama, issue(7))
    assert len(await panoramas_of_issue(TENANT, ANN, IssueId(7), house.panoramas)) == 1


async def test_an_undo_of_a_forgotten_removal_says_that_it_is_gone() -> None:
    """Somebody who comes back after weeks cannot take back what nobody can."""
    yard = await keeper()
    house, panorama = yard.house, await a_panorama(yard.house)
    node = node_of(await edited(house, panorama, group("g")))
    await edited(house, panorama, Remove(node))
    await yard.daily(31)
    with pytest.raises(BuiltUpon):
        await undo(Request(TENANT, panorama, ANN), house.panoramas)


async def test_nodes_of_an_archived_panorama_are_forgotten_too() -> None:
    """Nobody can restore them before the panorama is brought back."""
    yard = await keeper(settings=Settings(removed_days=30))
    house, panorama = yard.house, await a_panorama(yard.house)
    node = node_of(await edited(house, panorama, group("g")))
    await edited(house, panorama, Remove(node))
    yard.go_on(days=10)
    await edited(house, panorama, Archive())
    assert await yard.daily(21) == {"removed nodes forgotten": 1}


async def test_history_is_kept_for_ninety_days() -> None:
    """Then it is folded day by day; what is older cannot be looked at, copied or undone, and the tree is the same."""
    yard = await keeper()
    house, panorama = yard.house, await a_panorama(yard.house)
    for number in range(3):
        await edited(house, panorama, group(f"g{number}"))
        yard.go_on(days=10)
    shown = await titles(house, panorama)
    assert await yard.daily(59) == {}
    assert len(await read_changes(TENANT, panorama, ANN, house.panoramas)) == 4
    assert await yard.daily(1) == {"changes folded": 2}
    assert [change.version for change in await read_changes(TENANT, panorama, ANN, house.panoramas)] == [3, 4]
    assert (await read_past(TENANT, panorama, ANN, 2, house.panoramas)).version == 2
    with pytest.raises(VersionMissing):
        await read_past(TENANT, panorama, ANN, 1, house.panoramas)
    with pytest.raises(VersionMissing):
        await copy_past(CopyRequest(TENANT, ANN, panorama=panorama, at=1, name="then"), house.panoramas)
    assert await yard.daily(20) == {"changes folded": 2}
    assert await titles(house.neighbour(), panorama) == shown
    with pytest.raises(NothingToUndo):
        await undo(Request(TENANT, panorama, ANN), house.panoramas)
    assert await yard.daily(60) == {}
    assert (await edited(house, panorama, group("new"))).version == 5


async def test_a_busy_panorama_is_folded_once_a_day() -> None:
    """However many changes come of age in a day, there is one fold, and one snapshot is left of all before."""
    yard = await keeper(settings=Settings(history_days=2))
    panorama = await a_panorama(yard.house)
    folds = []
    for _ in range(5 * 24):
        yard.time.go_on(hours=1)
        await edited(yard.house, panorama, group("g"))
        if done := (await yard.run()).done:
            folds.append(done["changes folded"])
    assert folds == [1, 24, 24, 24]
    assert (await yard.kinds())["snapshot"] == 1


async def test_what_is_left_of_a_fold_that_was_cut_short_is_taken_away() -> None:
    """Parts of changes that are folded, and of snapshots that are not there, go with the next look."""
    yard = await keeper()
    house, panorama = yard.house, await a_panorama(yard.house)
    await edited(house, panorama, *(group("\N{ROCKET}" * 255) for _ in range(1_200)))
    await house.panoramas.close()
    yard.go_on(days=91)
    assert isinstance(house.storage, MemoryStorage)
    parts = {ref: record for ref, record in house.storage.records.items() if ref.kind == "part"}
    assert (await yard.run()).done == {"changes folded": 2}
    orphan = Ref(TENANT, "snapshot-part", f"{panorama}/{1:012d}/0000/000000")
    house.storage.records |= {**parts, orphan: Record(orphan, 1, b"x", yard.time.now)}
    assert await yard.later(30) == {}
    assert await yard.kinds() == {"panorama": 1, "snapshot": 1, "snapshot-part": 2}
    assert len(await titles(house.neighbour(), panorama)) == 1_200


async def test_the_panoramas_of_a_site_that_does_not_use_the_app_are_left_alone() -> None:
    """While it is disabled or removed; a day after it is back they are tidied."""
    yard = await keeper()
    house, panorama = yard.house, await a_panorama(yard.house)
    node = node_of(await edited(house, panorama, group("g")))
    await edited(house, panorama, Remove(node))
    archived = await yard.archived()
    now = yard.time.now
    await yard.tenants.change(TENANT, lambda tenant: tenant and switch(tenant, now, enabled=False))
    assert await yard.daily(40) == {}
    await yard.tenants.change(TENANT, lambda tenant: tenant and uninstall(tenant, now))
    assert await yard.daily(5) == {}
    again = Installation(alias="jira:site", issued=yard.time.now, secret="again")
    await yard.tenants.change(TENANT, lambda tenant: tenant and install(tenant, again, yard.time.now))
    assert (await yard.daily(2))["removed nodes forgotten"] == 1
    assert await yard.listed() == [panorama]
    assert archived != panorama


async def test_one_that_is_damaged_is_told_once_a_day_and_holds_up_no_other() -> None:
    """The finding names the tenant and no panorama."""
    yard = await keeper()
    damaged, sound = await a_panorama(yard.house), await yard.archived()
    assert isinstance(yard.house.storage, MemoryStorage)
    ref = Ref(TENANT, "change", f"{damaged}/{1:012d}")
    record = yard.house.storage.records[ref]
    yard.house.storage.records[ref] = Record(ref, record.rev, b"\1\0" + b"x" * 99, record.updated, record.generation)
    yard.go_on(days=30)
    other = yard.neighbour()
    report = await other.run()
    assert report.done == {"panoramas discarded": 1, "discarded panoramas cleared": 1}
    (finding,) = report.findings
    assert (finding.code, finding.tenant) == ("unsettled", TENANT)
    assert damaged not in finding.what
    assert await other.listed() == [damaged]
    assert await other.run() == Report()
    yard.go_on(days=1)
    assert len((await other.run()).findings) == 1
    assert sound not in await other.listed()


async def test_a_damaged_history_is_told_and_not_folded() -> None:
    """What cannot be replayed cannot be put down in one state either."""
    yard = await keeper(settings=Settings(snapshot_after=2))
    panorama = await a_panorama(yard.house)
    for _ in range(3):
        await edited(yard.house, panorama, group("g"))
        await yard.house.panoramas.close()
    assert isinstance(yard.house.storage, MemoryStorage)
    yard.go_on(days=89)
    await edited(yard.house, panorama, group("new"))
    for ref in list(yard.house.storage.records):
        if ref.kind == "snapshot-part" and "/000000000004/" not in ref.key:
            del yard.house.storage.records[ref]
    ref = Ref(TENANT, "change", f"{panorama}/{2:012d}")
    record = yard.house.storage.records[ref]
    yard.house.storage.records[ref] = Record(ref, record.rev, b"\1\0" + b"x" * 99, record.updated, record.generation)
    yard.go_on(days=2)
    report = await yard.neighbour().run()
    assert [finding.code for finding in report.findings] == ["unsettled"]
    assert report.done == {}


async def test_a_turn_that_is_over_leaves_the_rest_to_another() -> None:
    """Between two panoramas, and between two steps of one; in the end all is done, once."""
    yard = await keeper()
    for _ in range(3):
        panorama = await yard.archived()
        await edited(yard.house, panorama, Archive(archived=False))
        await edited(yard.house, panorama, issue(7), Archive())
    yard.go_on(days=30)
    done, turns, unfinished = Counter[str](), 0, True
    while unfinished:
        report = await yard.run(Turn(yard.time.monotonic, 300, may_go_on=steps(4)))
        done, turns, unfinished = done + Counter(report.done), turns + 1, report.unfinished
    assert turns > 2
    assert done == {"panoramas discarded": 3, "discarded panoramas cleared": 3}
    assert await yard.listed() == []
    assert await yard.kinds() == {"change": 3}


def steps(allowed: int) -> Callable[[], bool]:
    """Return what says yes so many times, then no."""
    answers = iter([True] * allowed)
    return lambda: next(answers, False)


async def test_a_beginning_that_came_to_nothing_rests() -> None:
    """Its entry shows nothing and is never due again, unless somebody marks it anew."""
    yard = await keeper()
    entries, panorama = yard.house.panoramas.entries, PanoramaId("d" * 24)
    await entries.mark(TENANT, panorama, ChangeId("1" * 32))
    assert await yard.later(29.99) == {}
    await entries.mark(TENANT, panorama, ChangeId("2" * 32))
    assert await yard.later(0.02) == {}
    assert await yard.due(panorama) == yard.time.now + DAY / 24
    assert await yard.later(1) == {}
    assert await yard.due(panorama) is None
    assert await yard.listed() == []
    await entries.mark(TENANT, panorama, ChangeId("3" * 32))
    assert await yard.due(panorama) == yard.time.now + 30 * DAY


async def test_the_plan_says_when_panoramas_are_looked_at() -> None:
    """The next one of each site, soonest first, without opening any tree."""
    yard = await keeper()
    began, other = yard.time.now, TenantId("b" * 24)
    for tenant in (TENANT, other):
        await yard.house.vault.create(tenant)
        for _ in range(2):
            await create_panorama(CreateRequest(tenant, ANN, name="p"), yard.house.panoramas)
        yard.go_on(days=1)
    trips = yard.house.storage.round_trips if isinstance(yard.house.storage, MemoryStorage) else 0
    what = "tidy panoramas"
    assert await yard.job.plan() == [
        Due(at=began + 30 * DAY, what=what, tenant=TENANT),
        Due(at=began + 31 * DAY, what=what, tenant=other),
    ]
    assert isinstance(yard.house.storage, MemoryStorage)
    assert yard.house.storage.round_trips == trips + 1


async def test_the_tenant_of_a_panorama_may_be_gone() -> None:
    """A purge that died half-way has left entries whose tenant or key is no more: they are the purge's business."""
    for gone in ("tenant", "key"):
        yard = await keeper()
        await yard.archived()
        if gone == "key":
            await yard.house.vault_storage.erase(TENANT)
        else:
            assert isinstance(yard.house.storage, MemoryStorage)
            del yard.house.storage.records[Ref(TENANT, "tenant", "1")]
        yard.go_on(days=40)
        assert await yard.neighbour().run() == Report()


async def test_a_tidied_panorama_makes_no_room_in_memory_of_others() -> None:
    """A tree that nobody used before is let go of; one that was in use stays."""
    yard = await keeper()
    used, unused = await a_panorama(yard.house), await a_panorama(yard.house)
    other = yard.neighbour()
    await other.house.panoramas.newest(TENANT, used)
    yard.go_on(days=91)
    assert (await other.run()).done == {"changes folded": 2}
    assert other.house.panoramas.held(TENANT, used) is not None
    assert other.house.panoramas.held(TENANT, unused) is None
    await edited(other.house, used, Rename("still"))


async def test_a_turn_that_ends_in_the_middle_of_a_panorama_looks_at_it_again() -> None:
    """What was done of it is done, and it stays due until all is."""
    yard = await keeper()
    panorama = await a_panorama(yard.house)
    for _ in range(250):
        await edited(yard.house, panorama, group("g"))
    yard.go_on(days=90)
    cut_short = Turn(yard.time.monotonic, 300, may_go_on=steps(2))
    assert await yard.run(cut_short) == Report(done={"changes folded": 200}, unfinished=True)
    assert (await yard.run()).done == {"changes folded": 51}
    assert await yard.run() == Report()
