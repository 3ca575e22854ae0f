"""A process that reports accounts to a Jira in memory."""

from application.accounts.cycles import Cycles
from application.accounts.job import ReportingAccounts
from application.accounts.reporting import Reporting
from application.maintenance.jobs import Report, Turn
from domain.accounts import Cycle
from domain.ids import SYSTEM, TenantId, UserId
from ports.accounts import AccountReports
from ports.storage import Storage
from tests.fakes.accounts import FakeAccountReports
from tests.fakes.house import House
from tests.unit.application.tenants.scenes import ALIAS, Registry

FORGE = "forge:installation"
DAY = 24


class Desk:
    """Tenants and users of one process, and its reports."""

    def __init__(self, registry: Registry, jira: AccountReports) -> None:
        self.registry = registry
        self.time = registry.time
        records, clock, sleep = registry.house.records, registry.time.clock, registry.time.sleep
        self.cycles = Cycles(records, clock)
        self.reporting = Reporting(registry.users, self.cycles, jira, clock, sleep)
        self.job = ReportingAccounts(records, registry.tenants, self.reporting, clock)
        self.jira = jira

    def neighbour(self, storage: Storage | None = None, jira: AccountReports | None = None) -> "Desk":
        """Return another process at the same stores, in the same time, before the same Jira."""
        return Desk(self.registry.neighbour(storage), jira or self.jira)

    def turn(self, seconds: float = 300) -> Turn:
        """Return a turn that begins now."""
        return Turn(self.time.monotonic, seconds)

    async def run(self, seconds: float = 300) -> Report:
        """Give the job a turn."""
        return await self.job.run(self.turn(seconds))

    async def tomorrow(self, days: float = 1) -> Report:
        """Give the job a turn in a day."""
        self.time.go_on(hours=days * DAY)
        return await self.run()

    async def site(self, users: int, alias: str = ALIAS, prefix: str = "account") -> TenantId:
        """Install the app at a site that has so many users."""
        tenant = await self.registry.install("secret", alias)
        for number in range(users):
            await self.registry.users.internal_id(tenant, f"{prefix}-{number}")
        return tenant

    async def installation(self, users: int) -> TenantId:
        """Install the app through Forge at a site that has so many users."""
        tenant = await self.registry.install(None, FORGE)
        for number in range(users):
            await self.registry.users.internal_id(tenant, f"account-{number}")
        return tenant

    async def cycle(self, tenant: TenantId) -> Cycle:
        """Return how far the reports of a tenant are."""
        held = await self.cycles.get(tenant)
        assert held is not None
        return held.value

    async def account(self, tenant: TenantId, account: str) -> str | None:
        """Return what is kept of an account."""
        user = UserId((await self.registry.digests.digest(tenant, "user", account))[:24])
        found = await self.registry.users.find(tenant, user)
        assert found is not None
        return found.account


async def desk(storage: Storage | None = None) -> tuple[Desk, FakeAccountReports]:
    """Return a process, and the Jira that it reports to."""
    house, jira = House(storage), FakeAccountReports()
    await house.vault.create(SYSTEM)
    return Desk(Registry(house), jira), jira
