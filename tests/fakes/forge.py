"""Jira sites that use the app on Forge, as one process hears them."""

from datetime import datetime, timedelta

from application.maintenance.jobs import Report, Turn
from application.retention.purge import CONFIRMATION
from application.tenants.forge import get_or_create, note_leaving
from application.tenants.silence import EndingSilentTenants
from application.tenants.views import TenantView
from domain.forge import ForgeCall
from domain.ids import SYSTEM
from domain.silence import QUIET, SilencePolicy
from domain.tenants import Site, Tenant
from ports.storage import Storage
from tests.fakes.house import House
from tests.fakes.retention import POLICY, Office

CLOUD = "cloud-a"
ENVIRONMENT = "production"
SILENCE = SilencePolicy()


def forge_call(issued: datetime, cloud: str = CLOUD, installation: str = "one") -> ForgeCall:
    """Return a call of a Jira site."""
    return ForgeCall(
        environment=ENVIRONMENT,
        cloud_id=cloud,
        installation=f"{installation}-of-{cloud}",
        issued=issued,
        site=Site(f"https://{cloud}.atlassian.net", "jira"),
    )


class ForgeOffice:
    """One process: it hears calls, ends what is silent and purges what has ended."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.time = office.time
        self.tenants = office.tenants
        self.job = self.with_environments(ENVIRONMENT)

    def with_environments(self, *accepted: str, enabled: bool = True) -> EndingSilentTenants:
        """Return the job of a process that is configured so."""
        return EndingSilentTenants(
            self.tenants, POLICY, self.time.clock, self.time.monotonic, environments=accepted, enabled=enabled
        )

    @property
    def house(self) -> House:
        """Return what it stores its records in."""
        return self.office.house

    def neighbour(self, storage: Storage | None = None, seed: str = "neighbour") -> "ForgeOffice":
        """Return another process at the same stores and in the same time, which remembers nothing yet."""
        return ForgeOffice(self.office.neighbour(storage, seed))

    async def call(self, cloud: str = CLOUD, installation: str = "one") -> TenantView | None:
        """Handle a call that is issued now, by the true time."""
        return await get_or_create(forge_call(self.time.now, cloud, installation), self.tenants, self.time.clock)

    async def heard(self, cloud: str = CLOUD, installation: str = "one") -> Tenant:
        """Handle such a call, and return its tenant."""
        view = await self.call(cloud, installation)
        assert view is not None
        return view.tenant

    async def leave(self, cloud: str = CLOUD, installation: str = "one") -> None:
        """Handle what is told before the app is removed."""
        await note_leaving(forge_call(self.time.now, cloud, installation), self.tenants)

    async def find(self, cloud: str = CLOUD) -> Tenant:
        """Return the tenant as it is stored."""
        self.time.go_on(seconds=6)
        view = await self.tenants.by_alias(forge_call(self.time.now, cloud).alias)
        assert view is not None
        return view.tenant

    async def look(self) -> Report:
        """Give the job a turn."""
        return await self.job.run(Turn(self.time.monotonic, 60))

    async def purge_all(self) -> None:
        """Let the grace of every ended site end, look on until its purge may begin, and see the purges through."""
        await self.office.days(POLICY.grace / timedelta(days=1))
        for _ in range(QUIET // timedelta(hours=1)):
            await self.office.days(1 / 24)
        self.time.go_on(seconds=CONFIRMATION.total_seconds())
        await self.office.turn()

    async def hours(self, hours: int, *heard: str) -> Report:
        """Let hours pass, in each of which some sites are heard and the job has its turn."""
        report = Report()
        for _ in range(hours):
            self.time.go_on(hours=1)
            for cloud in heard:
                await self.call(cloud)
            report = await self.look()
            if report.done:
                return report
        return report


async def opened_forge(storage: Storage | None = None) -> ForgeOffice:
    """Return a process whose service itself has a data key."""
    house = House(storage)
    await house.vault.create(SYSTEM)
    return ForgeOffice(Office(house))
