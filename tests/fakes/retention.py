"""One process that installs, removes and purges sites, over stores that it may share with others."""

from collections.abc import Sequence
from datetime import timedelta

from application.maintenance.jobs import Report, Turn
from application.retention.copies import Copies
from application.retention.job import Purging
from application.retention.operations import Retention
from application.retention.purge import CONFIRMATION, Purge
from application.retention.residue import Searcher, StorageSearcher, VaultSearcher
from application.retention.settings import Settings
from application.sealing.records import Write
from application.tenants.digests import Digests
from application.tenants.lifecycle import install_app, uninstall_app
from application.tenants.repository import Tenants
from domain.erasures import Evidence, Receipt
from domain.ids import SYSTEM, TenantId
from domain.tenants import Installation
from ports.storage import Ref, Storage
from tests.fakes.house import House

SITE = "jira:site"
SETTINGS = Settings()
POLICY = SETTINGS.policy(0)
KIND = "change"
"""The kind of what a site's users make."""


class FakeCopies:
    """Knows of the other places what a test says."""

    def __init__(self) -> None:
        self.shipped = True
        self.known = Evidence()

    async def ledger_is_shipped(self, _: TenantId, /) -> bool:
        """Return what the test says."""
        return self.shipped

    async def evidence(self, _: TenantId, /) -> Evidence:
        """Return what the test says."""
        return self.known


class Office:
    """Handles callbacks and has the turns of the purging job."""

    def __init__(self, house: House, copies: Copies | None = None, searchers: Sequence[Searcher] | None = None) -> None:
        self.house = house
        self.time = house.time
        self.copies = copies or FakeCopies()
        digests = Digests(house.records, house.time.monotonic, house.random)
        self.tenants = Tenants(house.records, house.vault, house.ids, house.time.monotonic, digests)
        both = (StorageSearcher(house.records), VaultSearcher(house.vault))
        self.searchers: Sequence[Searcher] = both if searchers is None else searchers
        self.purge = Purge(self.tenants, house.records, house.vault, self.copies, self.searchers, house.time.clock)
        self.retention = Retention(self.purge, self.tenants, POLICY, house.time.clock)
        self.job = Purging(self.purge, self.tenants, POLICY, SETTINGS.ledger, house.time.clock, house.time.monotonic)

    def neighbour(self, storage: Storage | None = None, seed: str = "neighbour") -> "Office":
        """Return another process at the same stores and in the same time, which remembers nothing yet."""
        return Office(self.house.neighbour(storage, seed), self.copies)

    async def install(self, site: str = SITE, secret: str = "secret") -> TenantId | None:
        """Handle an installation that is issued a second after everything before."""
        self.time.go_on(seconds=1)
        told = Installation(alias=site, issued=self.time.clock(), secret=secret)
        return await install_app(told, self.tenants, self.time.clock)

    async def settle(self, site: str = SITE) -> TenantId:
        """Install the app for a site, and let its users make something."""
        tenant = await self.install(site)
        assert tenant is not None
        await self.write(tenant)
        return tenant

    async def write(self, tenant: TenantId, key: str = "1") -> None:
        """Store something that a user of the tenant has made."""
        await self.house.records.put(Write(Ref(tenant, KIND, key), 1, "made by a user"))

    async def read(self, tenant: TenantId, key: str = "1") -> str | None:
        """Return what is stored of it; raises NotFound where the keys are destroyed."""
        held = await self.house.records.get(Ref(tenant, KIND, key), str)
        return None if held is None else held.value

    async def remove(self, site: str = SITE) -> None:
        """Handle a removal that is issued a second after everything before."""
        self.time.go_on(seconds=1)
        await uninstall_app(site, self.time.clock(), self.tenants)

    async def turn(self) -> Report:
        """Give the job a turn."""
        return await self.job.run(Turn(self.time.monotonic, 60))

    async def days(self, days: float) -> Report:
        """Let days pass and give the job a turn."""
        self.time.go_on(hours=24 * days)
        return await self.turn()

    async def purge_all(self) -> None:
        """Let the grace period of every removed site end, and see the purges through."""
        await self.days(POLICY.grace / timedelta(days=1))
        self.time.go_on(seconds=CONFIRMATION.total_seconds())
        await self.turn()

    async def receipt(self, tenant: TenantId) -> Receipt:
        """Return the receipt of a tenant's purge."""
        held = await self.purge.receipts.find(tenant)
        assert held is not None
        return held.value

    async def left(self, tenant: TenantId) -> list[str]:
        """Return what is found of a tenant in storage and vault, but for what is kept by design."""
        return [f"{trace.place} {trace.what}" for trace in (await self.purge.search(tenant)).found]


async def opened(house: House | None = None) -> Office:
    """Return a process whose service itself has a data key."""
    house = house or House()
    await house.vault.create(SYSTEM)
    return Office(house)
