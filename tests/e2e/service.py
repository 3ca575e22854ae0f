"""One process of the service, all of it real but its stores, its keys and its time; and a Jira that calls."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, cast

import httpx
from litestar.types import ASGIApp

from application.accounts.cycles import Cycles
from application.accounts.reporting import Reporting
from application.maintenance.leases import Leases
from application.maintenance.loop import Maintenance
from application.maintenance.settings import Settings as MaintenanceSettings
from application.panoramas.watch import Watches
from application.restore.copies import PastCopies
from application.tenants.digests import Digests
from application.tenants.replays import Replays
from application.users import Users
from domain.ids import SYSTEM
from entrypoints.http.app import create_app
from entrypoints.http.connections import ConnectionLimits
from entrypoints.http.event_work import EventWork
from entrypoints.http.forge_routes import forge_routes
from entrypoints.http.lifecycle import lifecycle_routes
from entrypoints.http.logs import open_log
from entrypoints.http.metrics import Metrics
from entrypoints.http.server import uvicorn_server
from entrypoints.http.services import Services
from entrypoints.http.settings import HttpSettings, Listen
from entrypoints.http.tokens import TokenSettings, TokenVerifier
from entrypoints.sandbox.calls import App, Callback
from entrypoints.sandbox.forge import ForgeSite
from entrypoints.sandbox.jira import ConnectSite, SandboxJira
from entrypoints.sandbox.keys import KEY_SET_PATH, SandboxKeys
from tests.fakes.accounts import FakeAccountReports
from tests.fakes.house import House
from tests.fakes.jira import FakeKeySource
from tests.fakes.keys import FakeKeyManager
from tests.fakes.retention import Office
from tests.fakes.sources import FakeRandom, FakeTime

BASE_URL: Final = "https://panorama.example"
KEY_SERVER: Final = "https://keys.example"
SETTINGS: Final = TokenSettings(
    base_urls=(BASE_URL,),
    app_key="panorama",
    key_servers=(KEY_SERVER,),
    forge_app=App(base_url="", key="").forge_app,
    forge_keys=f"{KEY_SERVER}{KEY_SET_PATH}",
)


COUNTERS: Final = "http://127.0.0.1/metrics"
"""How machines beside the service ask for the counters."""


def nothing() -> Any:
    """Fail whoever wants to reach into backups that are not there."""
    raise NotImplementedError


class Service:
    """A house with an HTTP application on top, and what it has logged."""

    def __init__(
        self, house: House, keys: SandboxKeys, settings: HttpSettings | None = None, period: float = 0.01
    ) -> None:
        self.house = house
        self.jira = SandboxJira(App(base_url=BASE_URL, key="panorama"), keys, house.time.clock, FakeRandom("jira"))
        self.logged = io.BytesIO()
        self.source = FakeKeySource({f"{KEY_SERVER}{path}": document for path, document in keys.documents().items()})
        self.spare = FakeKeyManager("spare")
        self.account_reports = FakeAccountReports()
        self.event_work = EventWork()
        self.services = _services(self, settings or HttpSettings(), period)
        self.app: ASGIApp = create_app(self.services, open_log(self.logged, house.time.clock), Metrics())

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the log so far."""
        return [json.loads(line) for line in self.logged.getvalue().splitlines()]

    def client(
        self, site: ConnectSite | None = None, account: str = "ann", address: str = "127.0.0.1"
    ) -> httpx.AsyncClient:
        """Return a client that speaks for an account of the site; for nobody without one."""
        headers = {"Authorization": self.jira.context_token(site, account)} if site else {}
        app = cast("Any", self.app)  # httpx and Litestar describe the same ASGI by different types.
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)

    async def install(self, client_key: str | None = None) -> ConnectSite:
        """Return a site that has installed the app."""
        site = self.jira.new_site(client_key)
        callback = self.jira.installed(site)
        async with self.client() as client:
            answer = await client.post(callback.path, headers=callback.headers, content=callback.body)
        assert answer.status_code == httpx.codes.NO_CONTENT
        return site

    async def install_through_forge(self) -> ForgeSite:
        """Return a site that has installed the app through Forge."""
        site = self.jira.new_forge_site()
        assert await self.told(self.jira.forge.installed(site)) == httpx.codes.OK
        return site

    async def told(self, callback: Callback) -> int:
        """Send a callback and return the status of its answer."""
        return await self.tell(callback.path, callback.headers, callback.body)

    async def tell(self, callback_path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send a callback and return the status of its answer."""
        async with self.client() as client:
            return (await client.post(callback_path, headers=dict(headers), content=body)).status_code

    def reporting(self, users: Users) -> Reporting:
        """Return what reports accounts to the Jira of the tests."""
        clock, sleep = self.house.time.clock, self.house.time.sleep
        return Reporting(users, Cycles(self.house.records, clock), self.account_reports, clock, sleep)

    async def close(self) -> None:
        """Close what has tasks under way."""
        await self.event_work.close()
        await self.services.tokens.close()
        await self.services.users.close()
        await self.house.panoramas.close()
        await self.house.index.close()


class WallTime(FakeTime):
    """Real time, for what waits for real."""

    def clock(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@asynccontextmanager
async def serving(
    service: Service, listen: Listen | None = None, limits: ConnectionLimits | None = None
) -> AsyncIterator[str]:
    """Serve on a free port of this machine; yield the base URL."""
    listen, limits = listen or Listen(port=0), limits or ConnectionLimits()
    server = uvicorn_server(service.services, listen, open_log(service.logged, service.house.time.clock), limits)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"{'https' if listen.certificate else 'http'}://{host}:{port}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def running(house: House, keys: SandboxKeys, settings: HttpSettings | None = None) -> AsyncIterator[Service]:
    """Run a service over a house whose own data key is there."""
    await house.vault.create(SYSTEM)
    service = Service(house, keys, settings)
    try:
        yield service
    finally:
        await service.close()


def _services(service: Service, settings: HttpSettings, period: float) -> Services:
    house = service.house
    clock, monotonic = house.time.clock, house.time.monotonic
    digests = Digests(house.records, monotonic, house.random)
    office = Office(house)
    tenants = office.tenants
    users = Users(house.records, digests, monotonic, clock)
    tokens = TokenVerifier(
        SETTINGS,
        tenants,
        users,
        Replays(house.records, digests, house.random),
        service.source,
        clock,
        monotonic,
    )
    leases = Leases(house.records, clock, monotonic, house.random)
    idle = MaintenanceSettings(background=False)
    return Services(
        keys=house.keys,
        retention=office.retention,
        maintenance=Maintenance([office.job], leases, idle, clock, monotonic, house.time.sleep),
        panoramas=house.panoramas,
        copies=PastCopies(house.panoramas, None, nothing),
        watches=Watches(house.panoramas, house.time.sleep, period),
        tenants=tenants,
        users=users,
        tokens=tokens,
        lifecycle=lifecycle_routes(SETTINGS, tokens, tenants, clock),
        forge=forge_routes(tokens, tenants, service.reporting(users), service.event_work, clock, monotonic),
        checks={"storage": house.storage.check, "vault": house.vault.check},
        spares={"keys spare": service.spare.describe},
        fence=house.fence,
        clock=clock,
        monotonic=monotonic,
        settings=settings,
    )
