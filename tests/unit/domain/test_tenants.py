"""What Jira's callbacks make of a tenant, in whatever order they come."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.errors import InstallationRefused
from domain.ids import TenantId
from domain.tenants import (
    SECRET_OVERLAP,
    Installation,
    Secrets,
    Site,
    Tenant,
    TenantState,
    accepted_secrets,
    accepted_until,
    begin_life,
    install,
    is_served,
    state,
    switch,
    uninstall,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
Event = Callable[[Tenant], Tenant]


def after(seconds: float) -> datetime:
    """A moment that many seconds after the first installation."""
    return START + timedelta(seconds=seconds)


def installation(seconds: float = 0, secret: str | None = "first", base_url: str = "") -> Installation:
    """What an installation issued then brings."""
    return Installation(alias="jira:a", issued=after(seconds), site=Site(base_url), secret=secret)


def tenant(secret: str | None = "first") -> Tenant:
    """A tenant that has just installed the app."""
    return begin_life(TenantId("t"), installation(secret=secret), START)


def test_a_first_installation_is_served() -> None:
    """A site is served from its first installation on, under the name and with what it told of itself."""
    begun = begin_life(TenantId("t"), installation(base_url="https://a.atlassian.net"), after(1))
    assert is_served(begun)
    assert (begun.id, begun.alias, begun.site.base_url) == ("t", "jira:a", "https://a.atlassian.net")
    assert (begun.created, begun.secrets) == (after(1), Secrets("first", after(1)))


def test_disabled_and_enabled_again() -> None:
    """A disabled site is not served until it is enabled."""
    disabled = switch(tenant(), after(1), enabled=False)
    assert state(disabled) is TenantState.DISABLED
    assert state(switch(disabled, after(2), enabled=True)) is TenantState.INSTALLED


def test_the_last_of_two_switches_at_one_moment_counts() -> None:
    """Jira disables and enables within one second when it updates an app, and the order of arrival decides."""
    disabled = switch(tenant(), after(1), enabled=False)
    assert is_served(switch(disabled, after(1), enabled=True))


def test_an_older_switch_changes_nothing() -> None:
    """A callback that was overtaken by a later one is void."""
    enabled = switch(tenant(), after(2), enabled=True)
    assert switch(enabled, after(1), enabled=False) == enabled


@pytest.mark.parametrize("disabled_at", [9.0, 10.0, 11.0])
def test_uninstalled_wins_over_disabled(disabled_at: float) -> None:
    """The two may arrive together and in either order, and the site is uninstalled."""
    one = switch(uninstall(tenant(), after(10)), after(disabled_at), enabled=False)
    other = uninstall(switch(tenant(), after(disabled_at), enabled=False), after(10))
    assert one == other
    assert state(one) is TenantState.UNINSTALLED


@pytest.mark.parametrize("disabled_at", [9.0, 10.0, 11.0])
def test_a_later_installation_brings_everything_back(disabled_at: float) -> None:
    """A site that returns during the grace period is served as before, whether or not it was disabled too."""
    gone = switch(uninstall(tenant(), after(10)), after(disabled_at), enabled=False)
    back = install(gone, installation(20), after(20))
    assert is_served(back)
    assert (back.id, back.uninstalled, back.secrets) == (gone.id, None, gone.secrets)


def test_enabling_does_not_bring_an_uninstalled_site_back() -> None:
    """Uninstalled wins until a later installation, and what was enabled meanwhile counts from then."""
    gone = switch(uninstall(tenant(), after(10)), after(12), enabled=True)
    assert state(gone) is TenantState.UNINSTALLED
    assert is_served(install(gone, installation(11), after(13)))


def test_an_older_removal_changes_nothing() -> None:
    """The removal that preceded a re-installation may arrive after it."""
    back = install(tenant(), installation(20), after(20))
    assert uninstall(back, after(10)) == back


def test_a_second_removal_leaves_the_grace_period_alone() -> None:
    """The grace period counts from the first of several removals, but an installation must be later than the last."""
    gone = uninstall(uninstall(tenant(), after(10)), after(12))
    assert gone.uninstalled == after(10)
    assert state(install(gone, installation(11), after(13))) is TenantState.UNINSTALLED


def test_a_repeated_installation_changes_nothing() -> None:
    """It brings a secret that is known: the current one, or the one that another of its second replaced."""
    begun = tenant()
    assert install(begun, installation(0), after(5)) == begun
    swapped = install(begun, installation(0, secret="second"), after(0))
    assert install(swapped, installation(0), after(5)) == swapped
    assert install(swapped, installation(0, secret="second"), after(5)) == swapped
    forge = tenant(secret=None)
    assert install(forge, installation(0, secret=None), after(5)) == forge
    assert install(forge, installation(0, secret="first"), after(5)) == forge


def test_of_two_installations_of_one_second_the_one_that_arrives_later_counts() -> None:
    """It brings another secret, which is swapped in as by any re-installation."""
    swapped = install(tenant(), installation(0, secret="second"), after(60))
    assert swapped.secrets == Secrets("second", after(60), previous="first")
    assert swapped.present_since == after(0)


def test_an_installation_in_the_second_of_a_removal_brings_the_app_back() -> None:
    """Jira removes and installs within one second; a return has a secret of its own."""
    gone = uninstall(tenant(), after(10))
    back = install(gone, installation(10, secret="second"), after(10))
    assert is_served(back)
    assert back.uninstalled is None


def test_an_installation_that_may_be_a_repeat_is_refused_after_a_removal() -> None:
    """The answer says that it failed, because without one Jira takes it for done; so does a late arrival."""
    gone = uninstall(install(tenant(), installation(10, secret="second"), after(10)), after(10))
    for secret, arrives in (("second", 10.0), ("first", 10.0), ("third", 70.001)):
        with pytest.raises(InstallationRefused):
            install(gone, installation(10, secret=secret), after(arrives))
    with pytest.raises(InstallationRefused):
        install(tenant(), installation(0, secret="third"), after(60.001))
    assert install(replace(gone, purging=after(10)), installation(10, secret="third"), after(10)).purging


def test_a_swap_replaces_the_secret_at_once() -> None:
    """A re-installation swaps the secret, and the previous one is accepted for 60 s from the time of the swap."""
    swapped = install(tenant(), installation(10, secret="second"), after(15)).secrets
    assert swapped == Secrets("second", after(15), previous="first")
    last = after(15) + SECRET_OVERLAP
    assert accepted_secrets(swapped, last - timedelta(milliseconds=1)) == ("second", "first")
    assert accepted_secrets(swapped, last) == ("second",)
    assert accepted_until(swapped, "first") == last
    assert accepted_until(swapped, "second") > after(10**9)


def test_the_same_secret_again_is_no_swap() -> None:
    """A re-installation that brings the secret that is current leaves it, and what it had replaced, alone."""
    begun = install(tenant(), installation(10, secret="second"), after(10))
    assert install(begun, installation(20, secret="second"), after(20)).secrets == begun.secrets


def test_forge_shares_no_secret() -> None:
    """An installation without a secret has none, and one that gets its first secret has no previous one."""
    forge = tenant(secret=None)
    assert forge.secrets is None
    assert install(forge, installation(10, secret=None), after(10)).secrets is None
    assert install(forge, installation(10, secret="first"), after(10)).secrets == Secrets("first", after(10))


def test_no_secret_is_shown() -> None:
    """Whoever prints a tenant prints no secret."""
    assert "first" not in repr(tenant())


def _event(kind: str, seconds: int) -> Event:
    issued = after(seconds)
    match kind:
        case "install":
            return lambda before: install(before, installation(seconds, secret=f"secret {seconds}"), issued)
        case "uninstall":
            return lambda before: uninstall(before, issued)
        case _:
            return lambda before: switch(before, issued, enabled=kind == "enable")


@given(
    kinds=st.lists(st.sampled_from(["install", "uninstall", "enable", "disable"]), max_size=6),
    repeats=st.lists(st.integers(0, 5), max_size=3),
    data=st.data(),
)
def test_the_order_of_arrival_does_not_matter(
    kinds: Sequence[str], repeats: Sequence[int], data: st.DataObject
) -> None:
    """However late and however often callbacks arrive, the site ends in the state of their order of issue."""
    events = [_event(kind, seconds) for seconds, kind in enumerate(kinds, start=1)]
    repeated = events + [events[position] for position in repeats if position < len(events)]
    in_order = reduce(lambda before, event: event(before), events, tenant())
    shuffled = reduce(lambda before, event: event(before), data.draw(st.permutations(repeated)), tenant())
    assert state(shuffled) is state(in_order)
    assert shuffled.present_since == in_order.present_since
    if state(in_order) is not TenantState.UNINSTALLED:
        assert shuffled.secrets is not None
        assert in_order.secrets is not None
        assert shuffled.secrets.current == in_order.secrets.current
