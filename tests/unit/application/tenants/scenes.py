"""One process that knows tenants and users, and others beside it."""

from datetime import timedelta

from application.tenants.digests import Digests
from application.tenants.lifecycle import install_app
from application.tenants.replays import Replays
from application.tenants.repository import REMEMBERED, Tenants
from application.users import Users
from domain.ids import SYSTEM, TenantId
from domain.tenants import Installation, Site, Tenant
from ports.storage import Storage
from tests.fakes.house import House
from tests.fakes.sources import FakeTime

ALIAS = "jira:site-a"


class Registry:
    """The tenants and users of one process."""

    def __init__(self, house: House, most: int = REMEMBERED) -> None:
        self.house = house
        self.time = house.time
        self.digests = Digests(house.records, house.time.monotonic, house.random)
        self.tenants = Tenants(house.records, house.vault, house.ids, house.time.monotonic, self.digests, most=most)
        self.users = Users(house.records, self.digests, house.time.monotonic, house.time.clock)
        self.replays = Replays(house.records, self.digests, house.random)

    def neighbour(self, storage: Storage | None = None, seed: str = "neighbour") -> "Registry":
        """Return another process at the same stores and in the same time."""
        return Registry(self.house.neighbour(storage, seed))

    def installation(self, secret: str | None = "first", alias: str = ALIAS) -> Installation:
        """Return an installation that is issued now."""
        return Installation(
            alias=alias, issued=self.time.clock(), site=Site("https://a.atlassian.net", "jira"), secret=secret
        )

    async def install(self, secret: str | None = "first", alias: str = ALIAS) -> TenantId:
        """Install the app a second later than everything before."""
        self.time.now += timedelta(seconds=1)
        tenant = await install_app(self.installation(secret, alias), self.tenants, self.time.clock)
        assert tenant is not None
        return tenant

    async def tenant(self, alias: str = ALIAS) -> Tenant:
        """Return the tenant as this process sees it."""
        view = await self.tenants.by_alias(alias)
        assert view is not None
        return view.tenant


async def opened(time: FakeTime | None = None, most: int = REMEMBERED) -> Registry:
    """Return a process whose service itself has data keys."""
    house = House(time=time)
    await house.vault.create(SYSTEM)
    return Registry(house, most)
