"""A moment is restored exactly, whatever lies between it and the newest: clocks, installations, releases."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from application.panoramas.edit import EditRequest, edit_panorama
from application.panoramas.founding import CreateRequest, create_panorama
from application.panoramas.stream import change_ref
from application.restore.refusals import RestoreRefused
from application.restore.sources import Stores
from application.sealing import bodies
from application.sealing.records import Write
from domain.ids import PanoramaId, TenantId
from domain.panoramas.commands import Add, Place
from domain.panoramas.facts import Kind
from ports.storage import Shipping
from tests.fakes.backups import Yard
from tests.fakes.house import ANN, TENANT
from tests.fakes.restore import Ruin
from tests.fakes.retention import Office, opened
from tests.unit.application.backups.scenes import a_yard, begun, cycled, edited

MILLISECOND = timedelta(milliseconds=1)


async def version_at(yard: Yard, panorama: PanoramaId, at: datetime | None, tenant: TenantId = TENANT) -> int:
    """Return the version that a panorama has in a site that is restored as of a moment."""
    ruin = Ruin(yard)
    await ruin.restored(at)
    return (await ruin.house().panoramas.newest(tenant, panorama)).tree.version


async def test_point_in_time_is_exact_at_every_boundary() -> None:
    """Just before, at and just after each edit, each segment, and the beginning and the end of each scan."""
    yard = await a_yard()
    panorama = await begun(yard.house, "numbered")
    made = [yard.time.clock()]
    for _ in range(3):
        await cycled(yard)
        for _ in range(2):
            yard.time.go_on(seconds=0.5)
            await edited(yard.house, panorama)
            made.append(yard.time.clock())
        await cycled(yard)
        await yard.snapshotting.take(yard.turn())
        yard.time.go_on(seconds=0.25)
        await edited(yard.house, panorama)
        made.append(yard.time.clock())
    await cycled(yard, 2)
    line = [each.manifest for each in await Stores(yard.stores).line()]
    edges = {*made, *(each.created for each in line), *(each.covered for each in line if each.covered)}
    edges |= {edge for each in line if each.scan for edge in (each.scan.began, each.scan.ended)}
    moments = {edge + step * MILLISECOND for edge in edges for step in (-1, 0, 1)}
    first = next(each.covered for each in line if each.covered)
    reached = sorted(moment for moment in moments if moment >= first)
    assert len(reached) > 40
    for at in reached:
        assert await version_at(yard, panorama, at) == sum(each <= at for each in made), at


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_point_in_time_holds_between_two_writers_whose_clocks_differ(minutes: int) -> None:
    """A change that a fast clock dates beyond the moment ends the stream there; a slow one's waits for those before."""
    yard = await a_yard()
    panorama = await begun(yard.house, "shared")
    await cycled(yard, 2)
    yard.time.go_on(hours=1)
    await cycled(yard)
    sealed = []
    for turn in range(6):
        yard.time.go_on(seconds=1)
        if turn % 2:
            yard.time.step(hours=minutes / 60)
        await edited(yard.house if turn % 2 else yard.house.neighbour(), panorama)
        sealed.append(yard.time.clock())
        if turn % 2:
            yard.time.step(hours=-minutes / 60)
    yard.time.go_on(hours=0.5)
    await cycled(yard, 3)
    for at in [edge + step * MILLISECOND for edge in sealed for step in (-1, 0, 1)]:
        first_after = next((number for number, moment in enumerate(sealed) if moment > at), len(sealed))
        assert await version_at(yard, panorama, at) == 1 + first_after
    assert await version_at(yard, panorama, None) == 7


async def test_point_in_time_holds_across_a_new_installation() -> None:
    """Panoramas go back; the secret with which Jira signs is the new one, and works."""
    office: Office = await opened()
    yard = Yard(office.house)
    tenant = await office.install(secret="old")
    assert tenant is not None
    panorama = (await create_panorama(CreateRequest(tenant, ANN, name="kept"), yard.house.panoramas)).panorama
    await cycled(yard, 2)
    moment = yard.time.clock()
    assert await office.install(secret="new") == tenant
    add = Add(Kind.GROUP, Place(), title="more", node=-1)
    await edit_panorama(EditRequest(tenant, panorama, ANN, commands=(add,)), yard.house.panoramas)
    await cycled(yard, 3)
    assert await version_at(yard, panorama, moment, tenant) == 1
    ruin = Ruin(yard)
    await ruin.restored(moment)
    view = await Office(ruin.house()).tenants.by_alias("jira:site")
    assert view is not None
    assert view.tenant.secrets is not None
    assert (view.tenant.id, view.tenant.secrets.current) == (tenant, "new")


async def test_point_in_time_holds_across_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an older release wrote, without fields that came since, and a newer one, with others, both open."""
    yard = await a_yard()
    panorama = await begun(yard.house, "old")
    await edited(yard.house, panorama)
    await edited(yard.house, panorama)
    await cycled(yard, 2)
    for version, others in ((4, {}), (5, {"of_a_later_release": [1, 2, 3]})):
        yard.time.go_on(seconds=1)
        now = yard.time.clock()
        before = "old" if version == 4 else "name 4"
        fact = {"fact": "renamed", "from_name": before, "to_name": f"name {version}", **others}
        change = {"version": version, "id": f"{version:032x}", "author": ANN, "at": now, "facts": [fact], **others}
        stored = {"change": change, **others}
        if version == 4:
            monkeypatch.setattr(bodies, "PACKED_FROM", 1 << 20)
        await yard.house.records.put(Write(change_ref(TENANT, panorama, version), 1, stored))
        monkeypatch.undo()
    moment = yard.time.clock()
    await cycled(yard, 2)
    yard.time.go_on(hours=1)
    await edited(yard.house.neighbour(), panorama)
    await cycled(yard, 3)
    for at, version in ((moment - timedelta(seconds=1), 4), (moment, 5), (None, 6)):
        ruin = Ruin(yard)
        await ruin.restored(at)
        tree = (await ruin.house().panoramas.newest(TENANT, panorama)).tree
        assert (tree.version, tree.name) == (version, f"name {min(version, 5)}")


async def test_point_in_time_refuses_a_form_that_no_release_knows() -> None:
    """It is not passed over: whoever wrote it can read it."""
    yard = await a_yard()
    panorama = await begun(yard.house, "of tomorrow")
    await cycled(yard)
    record = await yard.house.storage.get(change_ref(TENANT, panorama, 1))
    assert record is not None
    assert record.body is not None
    later = replace(record, rev=2, body=b"\x02" + record.body[1:], shipping=Shipping.PENDING)
    await yard.house.storage.put(later)
    await cycled(yard, 2)
    with pytest.raises(RestoreRefused, match="not in a known format"):
        await Ruin(yard).restored()
