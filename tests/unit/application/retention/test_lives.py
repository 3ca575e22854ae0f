"""A site comes back as it was, or begins a new life: never anything in between, whatever order callbacks come in."""

from datetime import timedelta

import pytest

from application.retention.ledger import ERASURE
from application.retention.purge import CONFIRMATION
from application.tenants.aliases import ALIAS
from application.tenants.lifecycle import install_app, uninstall_app
from domain.erasures import Erasure
from domain.errors import TooContended
from domain.ids import TenantId
from domain.retention import begin_purge
from domain.tenants import Installation, Tenant, TenantState, is_served, state
from ports.errors import Conflict, NotFound
from ports.storage import Record, Ref
from tests.fakes.house import House
from tests.fakes.retention import POLICY, SITE, Office, opened
from tests.fakes.storage import MemoryStorage


async def served(office: Office, site: str = SITE) -> TenantId | None:
    """Return the tenant that a fresh process serves for a site."""
    view = await office.neighbour(seed="fresh").tenants.by_alias(site)
    return view.tenant.id if view is not None and is_served(view.tenant) else None


async def marked(office: Office, tenant: TenantId) -> None:
    """Decide a purge, as a process does that dies right afterwards."""

    def step(before: Tenant | None) -> Tenant | None:
        return before and begin_purge(before, POLICY, office.time.clock(), early=True)

    await office.tenants.change(tenant, step)


async def test_a_site_that_returns_in_time_is_as_it_was() -> None:
    """On the last moment of the grace period everything is still there."""
    office = await opened()
    tenant = await office.settle()
    await office.remove()
    office.time.go_on(hours=24 * 14 - 1)
    await office.turn()
    assert await office.install() == tenant
    assert await served(office) == tenant
    assert await office.read(tenant) == "made by a user"
    await office.days(99)
    assert await served(office) == tenant


@pytest.mark.parametrize("moment", ["marked", "purged", "confirmed"])
async def test_a_site_that_returns_later_begins_a_new_life(moment: str) -> None:
    """From the moment that the purge is decided; and no entry of the ledger can touch it."""
    office = await opened()
    first = await office.settle()
    await office.remove()
    if moment == "marked":
        await marked(office, first)
    else:
        await office.days(14)
        if moment == "confirmed":
            office.time.go_on(seconds=CONFIRMATION.total_seconds())
            await office.turn()
    second = await office.install()
    assert second not in (None, first)
    assert second is not None
    await office.write(second)
    await office.purge_all()
    await office.days(30)
    assert await served(office) == second
    assert await office.read(second) == "made by a user"
    assert await office.left(first) == []


async def test_a_process_that_remembers_the_old_life_follows_to_the_new_one() -> None:
    """While the old record can still be read, too."""
    office = await opened()
    other = office.neighbour()
    first = await office.settle()
    await office.remove()
    assert await other.tenants.by_alias(SITE) is not None
    await marked(office, first)
    second = await office.install()
    office.time.go_on(seconds=6)
    view = await other.tenants.by_alias(SITE)
    assert view is not None
    assert view.tenant.id == second


async def test_an_installation_that_was_issued_before_the_removal_begins_no_new_life() -> None:
    """Delivered once more after the purge, at any of its steps, it is void."""
    office = await opened()
    first = await office.install()
    assert first is not None
    told = Installation(alias=SITE, issued=office.time.clock(), secret="secret")
    await office.remove()
    await marked(office, first)
    for _ in range(3):
        assert await install_app(told, office.tenants, office.time.clock) is None
        assert await served(office) is None
        await office.turn()
        office.time.go_on(seconds=CONFIRMATION.total_seconds())
    assert await office.install() is not None


@pytest.mark.parametrize("moment", ["marked", "purged"])
async def test_a_removal_that_comes_late_is_not_forgotten(moment: str) -> None:
    """An installation that is older than a removal begins no life, although neither came during the former one."""
    office = await opened()
    first = await office.install()
    assert first is not None
    await office.remove()
    await marked(office, first)
    if moment == "purged":
        await office.turn()
    told = Installation(alias=SITE, issued=office.time.clock() + timedelta(seconds=10), secret="secret")
    removal = told.issued + timedelta(seconds=10)
    await uninstall_app(SITE, removal, office.tenants)
    await uninstall_app(SITE, removal - timedelta(seconds=15), office.tenants)
    assert await install_app(told, office.tenants, office.time.clock) is None
    await office.turn()
    assert await install_app(told, office.tenants, office.time.clock) is None
    office.time.go_on(hours=1)
    assert await office.install() is not None


async def test_a_removal_of_a_site_whose_installation_was_cut_short_is_not_forgotten() -> None:
    """An alias without a tenant's record: the repeated installation is older than the removal, and void."""
    office = await opened()
    told = Installation(alias=SITE, issued=office.time.clock(), secret="secret")
    assert await office.tenants.enrol(SITE, told.issued) is not None
    await office.remove()
    assert await install_app(told, office.tenants, office.time.clock) is None
    assert await office.install() is not None


async def test_callbacks_around_a_purge_change_nothing_of_it() -> None:
    """Removed again, enabled again: what is being destroyed stays so."""
    office = await opened()
    first = await office.settle()
    await office.remove()
    await marked(office, first)
    await office.remove()
    view = await office.tenants.by_alias(SITE)
    assert view is not None
    assert state(view.tenant) is TenantState.PURGING
    await office.purge_all()
    await office.remove()
    assert await office.left(first) == []
    with pytest.raises(NotFound):
        await office.neighbour().write(first, "late")


class Contended(MemoryStorage):
    """While it is told so, everybody else is faster to change an alias."""

    contended = False

    async def put(self, record: Record) -> None:
        if self.contended and record.ref.kind == ALIAS:
            raise Conflict(record.ref)
        await super().put(record)


async def test_callbacks_give_up_where_others_are_always_faster() -> None:
    """They are refused, for Jira to repeat them, not tried for ever."""
    storage = Contended()
    office = await opened(House(storage))
    first = await office.settle()
    await office.remove()
    await marked(office, first)
    storage.contended = True
    with pytest.raises(TooContended):
        await office.install()
    with pytest.raises(TooContended):
        await office.remove()
    storage.contended = False
    assert await office.install() is not None


class Fickle(MemoryStorage):
    """Shows an entry of the ledger to every second who asks."""

    asked = 0

    async def get(self, ref: Ref) -> Record | None:
        self.asked += ref.kind == ERASURE
        return None if ref.kind == ERASURE and self.asked % 2 else await super().get(ref)


async def test_nobody_is_told_of_a_life_that_ends_meanwhile() -> None:
    """The ledger is asked once more before an installation is acknowledged."""
    storage = Fickle()
    office = await opened(House(storage))
    tenant = await office.tenants.enrol(SITE, office.time.clock())
    assert tenant is not None
    now = office.time.now
    await office.purge.ledger.add(Erasure(tenant=tenant, began=now, removed=now, ended=now, decided=now))
    storage.asked = 0
    with pytest.raises(TooContended):
        await office.install()


async def test_nobody_is_told_of_a_life_that_has_no_keys() -> None:
    """Where the keys have gone between the alias and the record, the callback is refused."""
    office = await opened()
    tenant = await office.tenants.enrol(SITE, office.time.clock())
    assert tenant is not None
    await office.house.vault_storage.erase(tenant)
    with pytest.raises(TooContended):
        await office.install()
