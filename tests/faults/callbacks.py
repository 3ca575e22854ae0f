"""The callback that installs the app, and what becomes of it."""

from datetime import timedelta
from typing import NamedTuple

from application.tenants.digests import Digests
from application.tenants.lifecycle import install_app
from application.tenants.repository import Tenants
from domain.tenants import Installation, TenantState, state
from tests.fakes.house import House
from tests.fakes.sources import FakeTime

ALIAS = "jira:site"
BEGIN = FakeTime().start
LATER = BEGIN + timedelta(seconds=10)


class Seen(NamedTuple):
    """What a callback changes."""

    state: TenantState
    secret: str | None


def tenants_of(house: House) -> Tenants:
    """Return what a fresh process knows of tenants: nothing yet."""
    return Tenants(house.records, house.vault, house.ids, house.time.monotonic, digests_of(house))


async def seen(house: House) -> Seen | None:
    """Return what a fresh process finds of the site."""
    view = await tenants_of(house).by_alias(ALIAS)
    if view is None:
        return None
    secrets = view.tenant.secrets
    return Seen(state(view.tenant), None if secrets is None else secrets.current)


def installation(secret: str) -> Installation:
    """Return an installation that was issued when its secret says."""
    return Installation(alias=ALIAS, issued=BEGIN if secret == "first" else LATER, secret=secret)


async def install_first(house: House) -> object:
    """Install the app."""
    return await install_app(installation("first"), tenants_of(house), house.time.clock)


def digests_of(house: House) -> Digests:
    """Return what a fresh process knows of digest keys: nothing yet."""
    return Digests(house.records, house.time.monotonic, house.random)
