"""Any verified call of Forge brings its tenant about, once, and a read needs no write."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from application.sealing.records import Write
from application.tenants.forge import get_or_create, note_leaving, record_heard
from application.tenants.lifecycle import install_app, uninstall_app
from application.tenants.repository import TENANT
from domain.errors import TooContended
from domain.forge import ForgeCall
from domain.forge_use import ForgeUse
from domain.ids import SYSTEM, TenantId
from domain.tenants import Installation, Tenant, is_served
from ports.errors import PortError, ReadOnly
from ports.storage import Ref
from tests.fakes.flaky import WRITES, Died, Fault, FlakyStorage, Harm
from tests.fakes.forge import ForgeOffice, forge_call, opened_forge
from tests.fakes.house import House
from tests.fakes.retention import POLICY, Office
from tests.fakes.storage import MemoryStorage

FOR_EVER = 1_000


def use(tenant: Tenant) -> ForgeUse:
    """Return a tenant's history."""
    assert tenant.forge is not None
    return tenant.forge


async def fenced(forge: ForgeOffice) -> tuple[ForgeOffice, FlakyStorage]:
    """Return a process at the same stores that can read alone."""
    storage = FlakyStorage(forge.house.storage, Fault(1, Harm.LOST_REQUEST, WRITES, times=FOR_EVER, error=read_only))
    return forge.neighbour(storage, "fenced"), storage


def read_only() -> ReadOnly:
    """Return what a fenced storage raises."""
    return ReadOnly("fenced")


async def test_a_call_begins_a_life_and_the_next_finds_it() -> None:
    """Before any event, or instead of it; at every process."""
    forge = await opened_forge()
    tenant = await forge.heard()
    assert is_served(tenant)
    assert (await forge.neighbour().heard()).id == tenant.id
    assert (await forge.heard(installation="two")).id == tenant.id
    assert (await forge.heard("cloud-b")).id != tenant.id
    assert {found.id async for found in forge.tenants.everyone()} > {tenant.id}


async def test_reads_stay_reads() -> None:
    """Within an hour nothing is written, however much is read; after it once."""
    storage = FlakyStorage(MemoryStorage())
    forge = await opened_forge(storage)
    await forge.heard()
    storage.steps.clear()
    for _ in range(59):
        forge.time.go_on(seconds=60)
        await forge.heard()
    assert not WRITES & set(storage.steps)
    forge.time.go_on(seconds=60)
    for _ in range(3):
        await forge.heard()
    assert len([step for step in storage.steps if step in WRITES]) == 1


async def test_a_read_goes_on_where_nothing_can_be_written() -> None:
    """On a site that is fenced off; it is not tried with every call, but again after a minute."""
    forge = await opened_forge()
    tenant = await forge.heard()
    site, storage = await fenced(forge)
    forge.time.go_on(hours=2)
    for _ in range(5):
        assert await site.heard() == tenant
    assert storage.steps.count("put") == 1
    forge.time.go_on(seconds=60)
    assert await site.heard(installation="two") == tenant
    assert storage.steps.count("put") == 2
    storage.plan = ()
    forge.time.go_on(seconds=60)
    assert use(await site.heard()).last_heard == forge.time.now


async def test_what_must_be_written_is_not_acknowledged_unwritten() -> None:
    """A new tenant, and one that had ended."""
    forge = await opened_forge()
    await forge.heard()
    site, _ = await fenced(forge)
    with pytest.raises(ReadOnly):
        await site.call("cloud-b")
    await uninstall_app(forge_call(forge.time.now).alias, forge.time.now, forge.tenants)
    forge.time.go_on(hours=1)
    with pytest.raises(ReadOnly):
        await site.call()


async def test_the_name_that_an_earlier_release_gave_leads_to_the_same_tenant() -> None:
    """From the first token on that names both; a re-installation then finds it by the Jira site."""
    forge = await opened_forge()
    old = Installation(alias=forge_call(forge.time.now).former_alias, issued=forge.time.now)
    tenant = await install_app(old, forge.tenants, forge.time.clock)
    forge.time.go_on(hours=1)
    found = await forge.heard()
    assert (found.id, found.alias) == (tenant, forge_call(forge.time.now).alias)
    assert (await forge.heard(installation="two")).id == tenant
    by_old_name = await forge.neighbour().tenants.by_alias(old.alias)
    assert by_old_name is not None
    assert by_old_name.tenant.id == tenant
    assert [each.id async for each in forge.tenants.everyone()] == [tenant]


def call_of_installation(forge: ForgeOffice, cloud: str) -> ForgeCall:
    """Return a call of one of the Jira sites that one installation is on."""
    return replace(forge_call(forge.time.now, cloud), installation="shared")


async def old_tenant(forge: ForgeOffice) -> TenantId:
    """Let an earlier release make the tenant of that installation."""
    old = Installation(alias=call_of_installation(forge, "cloud-a").former_alias, issued=forge.time.now)
    tenant = await install_app(old, forge.tenants, forge.time.clock)
    assert tenant is not None
    forge.time.go_on(hours=1)
    return tenant


async def heard_as(forge: ForgeOffice, cloud: str) -> Tenant:
    """Handle a call of one of these Jira sites now, and return its tenant."""
    view = await get_or_create(call_of_installation(forge, cloud), forge.tenants, forge.time.clock)
    assert view is not None
    return view.tenant


async def test_an_earlier_name_leads_one_jira_site_to_its_tenant_and_no_other() -> None:
    """An installation may be on several; what the first to call takes over, the others neither see nor change."""
    forge = await opened_forge()
    tenant = await old_tenant(forge)
    first, second = await heard_as(forge, "cloud-a"), await heard_as(forge, "cloud-b")
    third = await heard_as(forge.neighbour(), "cloud-c")
    assert first.id == tenant
    assert len({first.id, second.id, third.id}) == 3
    for cloud, known in (("cloud-b", second), ("cloud-a", first), ("cloud-c", third)):
        forge.time.go_on(hours=2)
        again = await heard_as(forge.neighbour(seed=cloud), cloud)
        assert (again.id, again.alias, again.site) == (known.id, known.alias, known.site)


async def test_two_jira_sites_that_call_at_once_do_not_share_the_earlier_tenant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second calls between any step of the first and the one that leads its name there."""
    forge = await opened_forge()
    tenant = await old_tenant(forge)
    other, lead, others = forge.neighbour(), forge.tenants.aliases.lead, list[TenantId]()

    async def after_the_other(*told: Any) -> bool:
        others.append((await heard_as(other, "cloud-b")).id)
        return await lead(*told)

    monkeypatch.setattr(forge.tenants.aliases, "lead", after_the_other)
    assert (await heard_as(forge, "cloud-a")).id == tenant
    assert len({tenant, *others}) == 2


async def test_an_earlier_name_that_leads_to_no_record_begins_a_life() -> None:
    """A release that died before it wrote the tenant has left a name alone, which several sites may have in common."""
    forge = await opened_forge()
    former = call_of_installation(forge, "cloud-a").former_alias
    left = await forge.tenants.enrol(former, forge.time.now)
    first, second = await heard_as(forge, "cloud-a"), await heard_as(forge, "cloud-b")
    assert len({left, first.id, second.id}) == 3


async def test_leaving_is_not_noted_at_another_jira_site() -> None:
    """Its installation's earlier name leads to a tenant that goes by another site's name by now."""
    forge = await opened_forge()
    await old_tenant(forge)
    first = await heard_as(forge, "cloud-a")
    forge.time.go_on(hours=2)
    await note_leaving(call_of_installation(forge, "cloud-b"), forge.tenants)
    assert await forge.find("cloud-a") == first


async def test_a_record_of_an_earlier_release_opens_and_is_written_forward() -> None:
    """As it lay there; what that release does not know it leaves out when it reads."""
    forge = await opened_forge()
    tenant = await install_app(
        Installation(alias=forge_call(forge.time.now).former_alias, issued=forge.time.now),
        forge.tenants,
        forge.time.clock,
    )
    assert tenant is not None
    written: dict[str, object] = {
        "id": tenant,
        "alias": forge_call(forge.time.now).former_alias,
        "site": {"base_url": "https://a.atlassian.net", "product_type": "jira", "description": "", "public_key": ""},
        "secrets": None,
        "created": forge.time.now,
        "present_since": forge.time.now,
        "uninstalled": None,
        "enabled": True,
        "switched": None,
        "holds": [],
        "purging": None,
    }
    ref = Ref(tenant, TENANT, "1")
    await forge.house.records.put(Write(ref, 2, written))
    forge.time.go_on(hours=1)
    heard = await forge.neighbour().heard()
    assert (heard.id, heard.site.base_url) == (tenant, "https://cloud-a.atlassian.net")
    assert use(heard).last_heard == forge.time.now
    again = await forge.house.records.get(ref, dict[str, object])
    assert again is not None
    assert again.value.keys() == written.keys() | {"forge", "grace_since"}


async def test_an_earlier_releases_life_that_is_over_is_not_taken_up() -> None:
    """Nor is a token heard that is older than its end."""
    forge = await opened_forge()
    early = forge_call(forge.time.now)
    forge.time.go_on(hours=1)
    old = Installation(alias=early.former_alias, issued=forge.time.now)
    tenant = await install_app(old, forge.tenants, forge.time.clock)
    assert tenant is not None
    await uninstall_app(old.alias, forge.time.now, forge.tenants)
    await forge.purge_all()
    assert await get_or_create(early, forge.tenants, forge.time.clock) is None
    assert (await forge.heard()).id != tenant


async def test_a_token_from_before_the_end_of_a_life_does_nothing() -> None:
    """And one from after it begins a new one, whatever the process remembers."""
    forge = await opened_forge()
    tenant = (await forge.heard()).id
    await uninstall_app(forge_call(forge.time.now).alias, forge.time.now, forge.tenants)
    early = forge_call(forge.time.now)
    await forge.purge_all()
    assert await get_or_create(early, forge.tenants, forge.time.clock) is None
    assert (await forge.heard()).id != tenant


async def test_a_purge_that_has_begun_is_not_undone() -> None:
    """A process that saw the tenant served a moment ago begins a new life, too."""
    forge = await opened_forge()
    tenant = await forge.heard()
    view = await forge.tenants.get(tenant.id)
    assert view is not None
    other = forge.neighbour()
    await uninstall_app(tenant.alias, forge.time.now, other.tenants)
    forge.time.go_on(seconds=1)
    assert await other.office.purge.begin(tenant.id, POLICY, early=True)
    assert await record_heard(forge_call(forge.time.now, installation="two"), view, forge.tenants) is None
    assert (await forge.heard(installation="two")).id != tenant.id
    purging = await forge.neighbour(seed="third").tenants.get(tenant.id)
    assert purging is not None
    assert await record_heard(forge_call(forge.time.now), purging, forge.tenants) is None


async def test_leaving_is_noted() -> None:
    """Also where only the earlier name is known; of an unknown site nothing is."""
    forge = await opened_forge()
    await forge.leave()
    assert [each async for each in forge.tenants.everyone()] == []
    await install_app(
        Installation(alias=forge_call(forge.time.now).former_alias, issued=forge.time.now),
        forge.tenants,
        forge.time.clock,
    )
    forge.time.go_on(hours=1)
    await forge.leave()
    left = forge.time.now
    tenant = await forge.heard()
    assert is_served(tenant)
    assert use(tenant).leaving == left
    await forge.leave("cloud-b")


async def test_leaving_a_tenant_that_was_erased_meanwhile_does_nothing() -> None:
    """Nothing comes back of it."""
    forge = await opened_forge()
    tenant = await forge.heard()
    await forge.house.storage.erase(tenant.id)
    await forge.leave()
    assert await forge.house.storage.erase(tenant.id) == 0


async def test_calls_and_processes_race() -> None:
    """They begin one life, and each learns of it."""
    forge = await opened_forge()
    others = [forge.neighbour(seed=f"{number}") for number in range(3)]
    found = await asyncio.gather(*(each.heard(installation=f"{n % 2}") for n, each in enumerate([forge, *others] * 2)))
    assert len({tenant.id for tenant in found}) == 1
    assert [each.id async for each in forge.tenants.everyone()] == [found[0].id]


async def test_a_race_that_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else always ends the life that a call begins."""
    forge = await opened_forge()

    async def ended(_: TenantId) -> bool:
        return True

    monkeypatch.setattr(forge.tenants, "has_ended", ended)
    with pytest.raises(TooContended):
        await forge.call()


@pytest.mark.parametrize("where", ["records", "vault"])
@pytest.mark.parametrize("harm", Harm, ids=lambda harm: harm.name.lower())
@pytest.mark.parametrize("story", ["first", "tied", "back", "leaving"])
async def test_whichever_step_fails_the_next_call_goes_on(story: str, harm: Harm, where: str) -> None:
    """A call that is answered has its tenant; there is one tenant, whatever failed."""
    step, struck = 1, True
    while struck:
        storage, vault = FlakyStorage(MemoryStorage()), FlakyStorage(MemoryStorage())
        house = House(storage, vault)
        await house.vault.create(SYSTEM)
        forge = ForgeOffice(Office(house))
        known = await told(story, forge)
        flaky = storage if where == "records" else vault
        flaky.steps.clear()
        flaky.plan = (Fault(step, harm, times=20 if step % 2 else 1),)
        answer = None
        with suppress(Died, PortError):
            answer = await (forge.leave() if story == "leaving" else forge.call())
        struck = len(flaky.steps) >= step
        house = House(storage.inner, vault.inner, time=house.time, seed=f"survivor of {step}")
        survivor = ForgeOffice(Office(house))
        if story == "leaving":
            await survivor.leave()
            assert use(await survivor.find()).leaving is not None
        tenant = await survivor.heard()
        assert is_served(tenant)
        assert known in {None, tenant.id}
        assert answer is None or answer.tenant.id == tenant.id
        assert [each.id async for each in survivor.tenants.everyone()] == [tenant.id]
        step += 1
    assert step > 4, "a call has steps that can fail"


async def told(story: str, forge: ForgeOffice) -> TenantId | None:
    """Bring about what was before the call; return the tenant that there is then."""
    tenant = None
    if story == "tied":
        old = Installation(alias=forge_call(forge.time.now).former_alias, issued=forge.time.now)
        tenant = await install_app(old, forge.tenants, forge.time.clock)
    elif story != "first":
        tenant = (await forge.heard()).id
    if story == "back":
        await uninstall_app(forge_call(forge.time.now).alias, forge.time.now, forge.tenants)
    forge.time.go_on(hours=2)
    return tenant
