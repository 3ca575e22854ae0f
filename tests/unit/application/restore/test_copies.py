"""A copy of the past reaches into the backups where a panorama's own history does not reach back so far."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from application.backups.ground import Ground
from application.backups.stores import Store
from application.panoramas.cache import Address
from application.panoramas.copies import CopyRequest
from application.panoramas.discarding import clear_discarded
from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.fold import fold_history
from application.panoramas.founding import Created
from application.panoramas.lists import panoramas_of_issue
from application.restore.copies import PastCopies
from domain.errors import KeyReused, PanoramaMissing, PastOutOfReach, PastUnderWay, VersionMissing
from domain.ids import IssueId, PanoramaId, TenantId, UserId
from domain.panoramas.access import Access
from domain.panoramas.commands import SetAccess
from domain.panoramas.tree import Tree
from ports.errors import Unavailable
from ports.storage import Record
from tests.fakes.backups import EAST, Yard
from tests.fakes.flaky import READS, WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.flaky_blobs import FlakyBlobStore
from tests.fakes.house import ANN, BEN, TENANT, House
from tests.fakes.scratch import Scratches
from tests.unit.application.backups.scenes import begun, cycled, discarded, edited
from tests.unit.application.restore.test_site import ISSUE, a_past, hold

MILLISECOND = timedelta(milliseconds=1)
OTHER = TenantId("b" * 24)


def wish(
    panorama: PanoramaId, at: int | datetime, user: UserId = ANN, key: str = "", tenant: TenantId = TENANT
) -> CopyRequest:
    """Ask for a copy."""
    return CopyRequest(tenant, user, key, f"{key} {at}" if key else "", panorama=panorama, at=at, name="then")


def copies(yard: Yard, house: House | None = None, patience: float = 20.0) -> PastCopies:
    """Return what copies, in some process of the site."""
    return Scratches(house or yard.house).copies(yard.ground, patience)


async def copied(yard: Yard, request: CopyRequest) -> Tree:
    """Return the tree of a copy."""
    made = await copies(yard).copy(request)
    return (await yard.house.panoramas.newest(TENANT, made.panorama)).tree


async def at_last(copies: PastCopies, request: CopyRequest) -> Created:
    """Ask again until there is an answer."""
    while True:
        try:
            return await copies.copy(request)
        except PastUnderWay:
            await asyncio.sleep(0.01)


async def folded() -> tuple[Yard, PanoramaId, datetime]:
    """Return a site, a panorama whose history is folded away, and the moment of its third version."""
    yard, panorama, moment = await a_past()
    yard.time.go_on(seconds=0.001)
    await edited(yard.house, panorama)
    await cycled(yard, 2)
    yard.time.go_on(hours=24)
    await edited(yard.house, panorama)
    await fold_history(TENANT, panorama, 5, yard.house.panoramas)
    await cycled(yard, 3)
    return yard, panorama, moment


async def gone() -> tuple[Yard, PanoramaId, datetime]:
    """Return a site, a panorama of Ann's that is discarded, and the moment of its third version."""
    yard, panorama, moment = await a_past()
    await cycled(yard, 2)
    yard.time.go_on(hours=24)
    await discarded(yard.house, panorama)
    assert await clear_discarded(Address(TENANT, panorama), None, yard.house.panoramas, lambda: True)
    await cycled(yard, 3)
    return yard, panorama, moment


async def test_point_in_time_reaches_beyond_a_fold_exactly_to_the_millisecond() -> None:
    """A copy has what there was at the moment; its issues lead to it, and the one who asks owns it."""
    yard, panorama, moment = await folded()
    for at, nodes in ((moment - MILLISECOND, 1), (moment, 2), (moment + MILLISECOND, 3)):
        tree = await copied(yard, wish(panorama, at, BEN))
        assert (len(tree), tree.owner, tree.name) == (nodes, BEN, "then")
        hits = await panoramas_of_issue(TENANT, BEN, ISSUE, yard.house.panoramas)
        assert {panorama, tree.id} <= {hit.panorama for hit in hits}
    assert (await yard.house.panoramas.newest(TENANT, panorama)).tree.version == 5


class SlowStorage(FlakyStorage):
    """A storage in which a write takes a second."""

    def __init__(self, yard: Yard) -> None:
        super().__init__(yard.house.storage)
        self._yard = yard

    async def put(self, record: Record) -> None:
        self._yard.time.go_on(seconds=1)
        await super().put(record)

    async def put_many(self, records: Sequence[Record]) -> None:
        self._yard.time.go_on(seconds=1)
        await super().put_many(records)


async def test_point_in_time_counts_when_a_change_was_made_and_not_when_it_was_sealed() -> None:
    """As history shows it: what is sealed a second later is there at the moment of the change."""
    yard, panorama, _ = await a_past()
    yard.time.go_on(hours=1)

    slow = yard.house.neighbour(SlowStorage(yard))
    made = yard.time.clock()
    await hold(slow, panorama, IssueId(20_002))
    record = (await yard.house.storage.scan(TENANT, "change", prefix=f"{panorama}/", reverse=True))[0]
    assert record.updated > made
    await cycled(yard, 2)
    yard.time.go_on(hours=1)
    await edited(yard.house, panorama)
    await fold_history(TENANT, panorama, 5, yard.house.panoramas)
    await cycled(yard, 3)
    assert len(await copied(yard, wish(panorama, made))) == 3
    assert len(await copied(yard, wish(panorama, made - MILLISECOND))) == 2


async def test_what_history_reaches_is_taken_from_there() -> None:
    """No backup is read for it, and none for a version that there never was."""
    yard, panorama, moment = await a_past()
    scratches = Scratches(yard.house)
    living = scratches.copies(yard.ground)
    await living.copy(wish(panorama, moment))
    await living.copy(wish(panorama, 2))
    for at in (9, moment - timedelta(days=1)):
        with pytest.raises(VersionMissing):
            await living.copy(wish(panorama, at))
    with pytest.raises(PanoramaMissing):
        await living.copy(wish(PanoramaId("f" * 24), 1))
    assert scratches.opened == []


async def test_a_version_by_its_number_is_not_looked_for_in_backups() -> None:
    """They are asked for a moment."""
    yard, panorama, _ = await folded()
    with pytest.raises(VersionMissing):
        await copies(yard).copy(wish(panorama, 2))


async def test_a_panorama_that_was_discarded_comes_back_to_its_owner_alone() -> None:
    """As of the moment; to everybody else it is missing, whatever they could see of it once."""
    yard, panorama, moment = await gone()
    tree = await copied(yard, wish(panorama, moment))
    assert (len(tree), tree.owner, tree.access) == (2, ANN, Access(frozenset(), frozenset()))
    with pytest.raises(PanoramaMissing):
        await copies(yard).copy(wish(panorama, moment, BEN))


async def test_nobody_learns_whether_there_ever_was_a_panorama() -> None:
    """What one may not see, what was discarded and what never was are refused alike, after the same work."""
    yard, mine, moment = await gone()
    hidden = await begun(yard.house, "hidden")
    closed = SetAccess(Access(frozenset(), frozenset()))
    await edit_panorama(EditRequest(TENANT, hidden, ANN, commands=(closed,)), yard.house.panoramas)
    await cycled(yard, 3)
    work = []
    for panorama, tenant in ((mine, TENANT), (hidden, TENANT), (PanoramaId("f" * 24), TENANT)):
        for at in (moment, yard.time.clock()):
            steps: list[str] = []
            store = Store(EAST, "aws", FlakyBlobStore(yard.blobs[EAST], steps=steps))
            ground = Ground(yard.house.storage, [store], "aws", lambda: 1, yard.time.clock)
            scratches = Scratches(yard.house)
            with pytest.raises(PanoramaMissing):
                await scratches.copies(ground).copy(wish(panorama, at, BEN, tenant=tenant))
            work.append((at == moment, tuple(steps), scratches.closed))
    assert len(set(work)) == 2
    with pytest.raises(PastOutOfReach) as early:
        await copies(yard).copy(wish(hidden, moment - timedelta(days=400), BEN))
    assert early.value.windows


async def test_a_panorama_of_another_tenant_is_missing() -> None:
    """Nothing of it is gathered."""
    yard, panorama, moment = await gone()
    await yard.house.vault.create(OTHER)
    scratches = Scratches(yard.house)
    with pytest.raises(PanoramaMissing):
        await scratches.copies(yard.ground).copy(wish(panorama, moment, tenant=OTHER))
    assert [storage.records for storage in scratches.opened] == [{}]


async def test_nobody_sees_more_than_today() -> None:
    """Who was shut out of a panorama since gets none of its past; a copy is for those who see the original now."""
    yard, panorama, moment = await folded()
    closed = SetAccess(Access(frozenset(), frozenset()))
    await edit_panorama(EditRequest(TENANT, panorama, ANN, commands=(closed,)), yard.house.panoramas)
    await fold_history(TENANT, panorama, 6, yard.house.panoramas)
    await cycled(yard, 3)
    with pytest.raises(PanoramaMissing):
        await copies(yard).copy(wish(panorama, moment, BEN))
    assert (await copied(yard, wish(panorama, moment))).access == Access(frozenset({ANN}), frozenset({ANN}))


async def test_a_moment_that_no_backup_leads_to_is_refused_with_those_that_there_are() -> None:
    """And so is any where the site has no backups."""
    yard, panorama, moment = await folded()
    with pytest.raises(PastOutOfReach) as early:
        await copies(yard).copy(wish(panorama, moment - timedelta(days=400)))
    (window,) = early.value.windows
    assert window.first <= moment + timedelta(days=1) <= window.last
    assert early.value.reason == "no backup leads to that moment"
    with pytest.raises(PastOutOfReach) as never:
        await Scratches(yard.house).copies(None).copy(wish(panorama, moment))
    assert (never.value.reason, never.value.windows) == ("the site has no backups", ())


async def test_a_single_moment_is_reached_though_nothing_leads_beyond_it() -> None:
    """An old snapshot alone leads to one moment, after which manifests are missing."""
    yard, panorama, _ = await a_past()
    await cycled(yard, 2)
    await yard.snapshotting.take(yard.turn())
    await cycled(yard, 2)
    for _ in range(3):
        yard.time.go_on(hours=24 * 30)
        await edited(yard.house, panorama)
        await cycled(yard, 2)
        await yard.snapshotting.take(yard.turn())
        await cycled(yard, 2)
    await fold_history(TENANT, panorama, 6, yard.house.panoramas)
    await cycled(yard, 2)
    await yard.backups.pruning.prune(yard.turn())
    with pytest.raises(PastOutOfReach) as missing:
        await copies(yard).copy(wish(panorama, yard.time.clock() - timedelta(days=55)))
    first, *_ = missing.value.windows
    assert len(await copied(yard, wish(panorama, first.last))) == 2


async def test_before_it_began_there_is_nothing_of_a_panorama() -> None:
    """Whoever sees it is told so; that one is gone is not told."""
    yard, _, moment = await folded()
    late = await begun(yard.house, "late")
    await edited(yard.house, late)
    await fold_history(TENANT, late, 2, yard.house.panoramas)
    await cycled(yard, 2)
    with pytest.raises(VersionMissing):
        await copies(yard).copy(wish(late, moment + MILLISECOND))
    yard.time.go_on(hours=1)
    await discarded(yard.house, late)
    await cycled(yard, 2)
    with pytest.raises(PanoramaMissing):
        await copies(yard).copy(wish(late, moment + MILLISECOND))


async def test_a_repeat_gets_the_first_answer() -> None:
    """Without gathering anything; the key with another request is refused."""
    yard, panorama, moment = await folded()
    scratches = Scratches(yard.house)
    both = scratches.copies(yard.ground)
    twice = [both.copy(wish(panorama, moment, key="k")) for _ in range(2)]
    first, same = await asyncio.gather(*twice)
    assert same == first
    assert await both.copy(wish(panorama, moment, key="k")) == first
    assert (len(scratches.opened), scratches.closed) == (1, 1)
    with pytest.raises(KeyReused):
        await both.copy(replace(wish(panorama, moment, key="k"), fingerprint="other"))


async def test_what_takes_longer_than_a_request_goes_on_for_the_repeat() -> None:
    """One at a time for each tenant, and few in all."""
    yard, panorama, moment = await folded()
    hasty = copies(yard, patience=0)
    with pytest.raises(PastUnderWay):
        await hasty.copy(wish(panorama, moment, key="k"))
    with pytest.raises(KeyReused):
        await hasty.copy(replace(wish(panorama, moment, key="k"), fingerprint="other"))
    with pytest.raises(PastUnderWay):
        await hasty.copy(wish(panorama, moment, key="another"))
    made = await at_last(hasty, wish(panorama, moment, key="k"))
    assert len((await yard.house.panoramas.newest(TENANT, made.panorama)).tree) == 2
    await hasty.close()


async def test_without_a_key_the_work_ends_with_the_request() -> None:
    """Nobody would know what it began; and in the end of the process all work ends."""
    yard, panorama, moment = await folded()
    scratches = Scratches(yard.house)
    hasty = scratches.copies(yard.ground, patience=0)
    before = await yard.house.storage.scan(TENANT, "panorama")
    with pytest.raises(PastUnderWay):
        await hasty.copy(wish(panorama, moment))
    with pytest.raises(PastUnderWay):
        await hasty.copy(wish(panorama, moment, key="k"))
    await hasty.close()
    assert await yard.house.storage.scan(TENANT, "panorama") == before
    assert len(scratches.opened) == scratches.closed


async def test_backups_that_take_too_long_are_unavailable() -> None:
    """What was gathered is thrown away."""
    yard, panorama, moment = await folded()
    with pytest.raises(Unavailable):
        await Scratches(yard.house).copies(yard.ground, limit=0.0).copy(wish(panorama, moment))


async def test_backups_that_are_damaged_everywhere_are_told_so() -> None:
    """With the moments that they lead to, of which another may do."""
    yard, panorama, moment = await folded()
    for bucket in yard.buckets.values():
        for name in [name for name in bucket.blobs if name.startswith(b"objects/")]:
            del bucket.blobs[name]
    with pytest.raises(PastOutOfReach) as damaged:
        await copies(yard).copy(wish(panorama, moment))
    assert damaged.value.reason == "the backups of that moment are damaged"
    assert len(damaged.value.windows) == 1


class CountingBlobStore(FlakyBlobStore):
    """Counts how many objects are being read at the same time."""

    now, most = 0, 0

    async def read(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        async for chunk in super().read(name, start=start, length=length):
            yield chunk
        self.now -= 1


@pytest.mark.parametrize(("size", "alone"), [(1, True), (1 << 30, False)])
async def test_few_bytes_are_on_their_way_at_a_time(size: int, *, alone: bool) -> None:
    """Though always one object: a process that serves has its memory for others."""
    yard, panorama, moment = await folded()
    blobs = CountingBlobStore(yard.blobs[EAST])
    ground = Ground(yard.house.storage, [Store(EAST, "aws", blobs)], "aws", lambda: 1, yard.time.clock)
    await Scratches(yard.house).copies(ground, in_flight=size).copy(wish(panorama, moment))
    assert (blobs.most == 1) is alone


@pytest.mark.parametrize("harm", [Harm.DEATH_BEFORE, Harm.DEATH_AFTER], ids=lambda harm: harm.name.lower())
async def test_killed_anywhere_and_repeated_nothing_is_doubled(harm: Harm) -> None:
    """With an idempotency key there is one copy, whichever step was a process's last."""
    step, struck = 0, True
    while struck:
        step += 1
        yard, panorama, moment = await gone()
        steps: list[str] = []
        flaky = FlakyStorage(yard.house.storage, Fault(step, harm, methods=READS | WRITES), steps=steps)
        dying = yard.house.neighbour(flaky, seed="dying")
        ground = Ground(flaky, yard.stores, "aws", lambda: 1, yard.time.clock)
        try:
            await Scratches(dying).copies(ground).copy(wish(panorama, moment, key="k"))
        except Died:
            assert len(steps) >= step
        struck = len(steps) >= step
        made = await copies(yard).copy(wish(panorama, moment, key="k"))
        listed = {record.ref.key for record in await yard.house.storage.scan(TENANT, "panorama")}
        begun_ones = {record.ref.key.partition("/")[0] for record in await yard.house.storage.scan(TENANT, "change")}
        assert made.panorama in listed
        assert len(begun_ones) == 3, step
    assert step > 10
