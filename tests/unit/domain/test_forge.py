"""What tokens of Forge do to a tenant, in whichever order they come."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from domain.forge import (
    ForgeCall,
    adopt,
    begin_forge_life,
    environment_of,
    hear,
    is_named_by,
    is_on_forge,
    note_leave,
)
from domain.forge_use import INSTALLATIONS_KEPT, RECORD_INTERVAL, ForgeUse
from domain.ids import TenantId
from domain.retention import RetentionPolicy, begin_purge
from domain.silence import SilencePolicy, add_silence, end
from domain.tenants import Installation, Site, Tenant, TenantState, begin_life, is_served, state, uninstall

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOMENT = timedelta(seconds=1)
POLICY = RetentionPolicy(
    grace=14 * DAY, maintenance=DAY, copy_interval=DAY, vault_copies=10 * DAY, soft_delete=3 * DAY, pruning=DAY
)


FIRST = ForgeCall(environment="production", cloud_id="cloud", installation="one", issued=START, site=Site("", "jira"))
"""As an event tells it: without the address of the site."""


def call(after: timedelta = timedelta(), installation: str = "one", **told: Any) -> ForgeCall:
    """Return a call that was issued so long after the start."""
    return replace(FIRST, installation=installation, issued=START + after, **told)


def begun(after: timedelta = timedelta(), **told: Any) -> Tenant:
    """Return the tenant of a first call."""
    return begin_forge_life(TenantId("t"), call(after, **told), START)


def use(tenant: Tenant) -> ForgeUse:
    """Return a tenant's history."""
    assert tenant.forge is not None
    return tenant.forge


def ended(tenant: Tenant) -> Tenant:
    """Return the tenant as one that ended by silence ten days later."""
    return end(tenant, use(tenant), SilencePolicy(), POLICY.grace, START + 10 * DAY)


def test_a_name_is_that_of_the_jira_site() -> None:
    """Every installation in one environment has the same name; earlier releases had one for each."""
    assert call().alias == call(installation="two").alias == "forge:production:cloud"
    assert call(environment="staging").alias == "forge:staging:cloud"
    assert call(installation="two").former_alias == "forge:two"
    assert environment_of(begun(environment="staging")) == "staging"
    assert environment_of(replace(begun(), alias="forge:two")) is None


@pytest.mark.parametrize(
    ("alias", "expected"),
    [("forge:production:cloud", True), ("forge:one", True), ("forge:production:other", False), ("forge:two", False)],
)
def test_a_tenant_goes_by_the_name_of_one_jira_site(alias: str, expected: bool) -> None:  # noqa: FBT001 - a case of the table
    """Or by that which an earlier release gave the installation."""
    tenant = begin_life(TenantId("t"), Installation(alias=alias, issued=START), START)
    assert is_named_by(tenant, call()) is expected


def test_a_first_call_begins_a_life() -> None:
    """It is served, heard, and shares no secret."""
    tenant = begun(app_version="3.1", license_active=True, site=Site(base_url="https://a.atlassian.net"))
    assert is_served(tenant)
    assert is_on_forge(tenant)
    assert (tenant.alias, tenant.secrets, tenant.site.base_url) == (call().alias, None, "https://a.atlassian.net")
    (installation,) = use(tenant).installations
    assert (installation.id, installation.first_heard, installation.last_heard) == ("one", START, START)
    assert (installation.app_version, installation.license_active) == ("3.1", True)


@pytest.mark.parametrize("after", [timedelta(), MOMENT, RECORD_INTERVAL - MOMENT, -HOUR + MOMENT])
def test_what_is_heard_all_the_time_is_not_recorded(after: timedelta) -> None:
    """A read stays a read, but for about once an hour."""
    tenant = hear(begun(), call(-2 * HOUR))
    assert hear(tenant, call(after)) is tenant
    later = hear(tenant, call(RECORD_INTERVAL))
    assert later is not tenant
    assert use(later).last_heard == START + RECORD_INTERVAL


def test_what_is_told_anew_is_recorded_at_once() -> None:
    """A version, a license, a site; none of them is lost where a token does not tell of it."""
    tenant = hear(begun(), call(MOMENT, app_version="2", license_active=False))
    (installation,) = use(tenant).installations
    assert (installation.app_version, installation.license_active) == ("2", False)
    moved = hear(tenant, call(2 * HOUR, site=Site(base_url="https://new.atlassian.net")))
    (installation,) = use(hear(moved, call(4 * HOUR))).installations
    assert (installation.app_version, installation.license_active) == ("2", False)
    assert hear(moved, call(4 * HOUR)).site.base_url == "https://new.atlassian.net"


def test_no_event_takes_back_the_address_of_a_site() -> None:
    """It tells none, and is heard every hour."""
    told = Site("https://a.atlassian.net", "jira")
    tenant = hear(begun(), call(2 * HOUR, site=told))
    assert tenant.site == told
    assert hear(tenant, call(4 * HOUR)).site == told


def test_a_re_installation_is_another_installation_of_the_same_tenant() -> None:
    """Its id is new; what is known of the one before stays."""
    tenant = hear(begun(), call(5 * DAY, "two"))
    assert tenant.id == TenantId("t")
    assert [(each.id, each.first_heard) for each in use(tenant).installations] == [
        ("one", START),
        ("two", START + 5 * DAY),
    ]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_in_which_tokens_come_does_not_matter(order: tuple[int, ...]) -> None:
    """Late and doubled ones leave the same history."""
    calls = [call(), call(2 * HOUR, app_version="2"), call(4 * HOUR, "two"), call(7 * HOUR, "two", license_active=True)]
    tenant = begun(after=MOMENT)
    for number in (*order, *order):
        tenant = hear(tenant, calls[number])
    assert use(tenant).last_heard == START + 7 * HOUR
    first, second = use(tenant).installations
    assert (first.id, first.first_heard, first.last_heard, first.app_version) == ("one", START, START + 2 * HOUR, "2")
    assert (second.id, second.first_heard, second.license_active) == ("two", START + 4 * HOUR, True)


def test_the_history_is_bounded() -> None:
    """What was heard longest ago is dropped."""
    tenant = begun()
    for number in range(INSTALLATIONS_KEPT + 5):
        tenant = hear(tenant, call(number * DAY, f"{number}"))
    kept = [each.id for each in use(tenant).installations]
    assert kept == [f"{number}" for number in range(5, INSTALLATIONS_KEPT + 5)]


def test_a_call_ties_the_name_that_an_earlier_release_gave() -> None:
    """From then on the tenant goes by the new one."""
    old = begin_life(TenantId("t"), Installation(alias="forge:one", issued=START), START)
    tenant = hear(adopt(old, START + DAY), call(DAY - MOMENT))
    assert (tenant.id, tenant.alias) == (old.id, call().alias)
    assert use(tenant).last_heard == START + DAY - MOMENT, "a moment that no token told may come from a wrong clock"


def test_an_earlier_releases_tenant_counts_as_heard_when_it_is_first_seen() -> None:
    """Once; a tenant of Connect never does."""
    old = begin_life(TenantId("t"), Installation(alias="forge:one", issued=START), START)
    adopted = adopt(old, START + DAY)
    assert use(adopted) == ForgeUse(last_heard=START + DAY)
    assert adopt(adopted, START + 2 * DAY) is adopted
    connect = begin_life(TenantId("t"), Installation(alias="jira:a", issued=START), START)
    assert adopt(connect, START) is connect
    assert not is_on_forge(connect)


def test_leaving_ends_nothing() -> None:
    """It is noted with its time, and the tenant is served as before."""
    tenant = note_leave(begun(), call(DAY))
    assert is_served(tenant)
    assert (use(tenant).leaving, use(tenant).last_heard) == (START + DAY, START + DAY)
    assert note_leave(tenant, call(DAY)) == tenant, "told twice"
    assert note_leave(tenant, call(DAY - MOMENT)) == tenant, "told late"
    assert use(note_leave(tenant, call(2 * DAY))).leaving == START + 2 * DAY
    assert use(hear(tenant, call(3 * DAY))).leaving == START + DAY, "an uninstalled app may stay active"


def test_a_re_installation_ends_leaving() -> None:
    """Whichever of the two is heard of first."""
    again = hear(note_leave(begun(), call(DAY)), call(2 * DAY, "two"))
    assert use(again).leaving is None
    assert note_leave(again, call(DAY)) == again
    assert use(note_leave(again, call(3 * DAY, "two"))).leaving == START + 3 * DAY


@pytest.mark.parametrize(
    "tenant",
    [
        begin_life(TenantId("t"), Installation(alias="forge:one", issued=START), START),
        ended(begun()),
        replace(begun(), purging=START),
        replace(begun(), forge=ForgeUse(last_heard=START)),
    ],
    ids=["not heard", "ended", "purging", "no installation"],
)
def test_leaving_is_void_where_nothing_can_leave(tenant: Tenant) -> None:
    """Nothing changes."""
    assert note_leave(tenant, call(20 * DAY)) == tenant


def test_a_call_brings_back_what_had_ended() -> None:
    """As it was, with a new installation or with the old one; leaving is over with a new one alone."""
    gone = ended(note_leave(begun(), call(DAY)))
    assert state(gone) is TenantState.UNINSTALLED
    assert hear(gone, call(DAY)) is gone, "issued before the end"
    for installation in ("one", "two"):
        back = hear(gone, call(12 * DAY, installation))
        assert is_served(back)
        assert (back.id, back.grace_since, back.present_since) == (gone.id, None, START + 12 * DAY)
        assert (use(back).leaving is None) == (installation == "two")


def test_a_call_brings_back_what_an_earlier_release_removed() -> None:
    """It acted upon an event that there is not."""
    old = uninstall(begin_life(TenantId("t"), Installation(alias="forge:one", issued=START), START), START + DAY)
    assert hear(old, call(DAY)) is old
    assert is_served(hear(old, call(DAY + MOMENT)))


def test_nothing_brings_back_what_is_being_purged() -> None:
    """The decision is the end of a life."""
    purging = begin_purge(ended(begun()), POLICY, START + 14 * DAY)
    assert state(purging) is TenantState.PURGING
    assert hear(purging, call(15 * DAY)) is purging


def test_any_call_ends_a_silence() -> None:
    """Also one that is not worth being recorded otherwise."""
    tenant = begun()
    silent = replace(tenant, forge=add_silence(use(tenant), DAY.total_seconds(), no_tenant_heard=False))
    heard = use(hear(silent, call(MOMENT)))
    assert (heard.silent, heard.all_silent) == (timedelta(), timedelta())
    assert heard.hearings == use(silent).hearings + 1
