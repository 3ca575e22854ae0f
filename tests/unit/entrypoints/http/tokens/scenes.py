"""A verifier, what it knows, and the Jira that it is called by."""

from datetime import timedelta

from application.tenants.forge import get_or_create
from application.tenants.lifecycle import install_app, switch_app, uninstall_app
from domain.tenants import is_served
from entrypoints.http.tokens import Caller, Reason, Refused, TokenSettings, TokenVerifier
from entrypoints.http.tokens.callbacks import ConnectEvent, installed, named_site
from entrypoints.http.tokens.remembered import REMEMBERED
from entrypoints.sandbox.calls import App, Callback
from entrypoints.sandbox.jira import SandboxJira
from entrypoints.sandbox.keys import SandboxKeys
from ports.storage import Storage
from tests.fakes.jira import FakeKeySource, sandbox_keys
from tests.fakes.sources import FakeRandom
from tests.refusals.scene import Attempt, Route, api, sent
from tests.unit.application.tenants.scenes import Registry, opened

SERVERS = ("https://keys-one.example", "https://keys-two.example/")
SETTINGS = TokenSettings(
    base_urls=("https://panorama.example", "https://eu.panorama.example/app/"),
    app_key="panorama",
    key_servers=SERVERS,
    forge_app="ari:cloud:ecosystem::app/panorama",
    forge_keys="https://keys-forge.example/set",
)


def published(keys: SandboxKeys) -> FakeKeySource:
    """Return where the sandbox's keys are published: the second key server, and Forge's."""
    return FakeKeySource({f"https://keys-two.example/{keys.key_id}": keys.pem, SETTINGS.forge_keys: keys.key_set})


class Entrance:
    """One process: its verifier, with a site and a Forge installation that have installed the app."""

    def __init__(
        self,
        registry: Registry,
        jira: SandboxJira | None = None,
        keys: SandboxKeys | None = None,
        *,
        remembered: int = REMEMBERED,
    ) -> None:
        self.registry = registry
        self.time = registry.time
        app = App(base_url=SETTINGS.base_urls[0], key=SETTINGS.app_key, forge_app=SETTINGS.forge_app or "")
        self.jira = jira or SandboxJira(app, keys or sandbox_keys(), self.time.clock, FakeRandom("jira"))
        self.source = published(self.jira.keys)
        self.site = self.jira.new_site("site-a")
        self.forge_site = self.jira.new_forge_site()
        self.first_secret = self.site.shared_secret
        self.verifier = TokenVerifier(
            SETTINGS,
            registry.tenants,
            registry.users,
            registry.replays,
            self.source,
            self.time.clock,
            self.time.monotonic,
            remembered=remembered,
        )

    def neighbour(self, storage: Storage | None = None) -> "Entrance":
        """Return another process at the same stores, called by the same Jira."""
        other = Entrance(self.registry.neighbour(storage), self.jira)
        other.site, other.forge_site = self.site, self.forge_site
        return other

    async def told(self, callback: Callback) -> None:
        """Do what a callback tells."""
        await self.tell(Route(callback.path), sent(callback))

    async def read(self, authorization: str) -> None:
        """Read something."""
        await self.caller(authorization)

    async def change(self, authorization: str, key: str = "") -> None:
        """Change something."""
        await self.caller(authorization, changes=True, key=key)

    async def end(self) -> None:
        """End the use of the app through Forge."""
        alias = f"forge:PRODUCTION:{self.forge_site.cloud_id}"
        await uninstall_app(alias, self.time.clock() + timedelta(seconds=1), self.registry.tenants)

    async def caller(self, authorization: str, *, changes: bool = False, key: str = "") -> Caller:
        """Return who calls the API with this token."""
        method = "POST" if changes else "GET"
        return await self.verifier.api_caller(api(authorization, method=method, key=key).request, changes=changes)

    async def tell(self, route: Route, attempt: Attempt) -> None:
        """Do what the route does once it knows who calls."""
        request, body = attempt
        tenants, clock = self.registry.tenants, self.time.clock
        match route:
            case Route.READ | Route.CHANGE:
                await self.verifier.api_caller(request, changes=route is Route.CHANGE)
            case Route.PAGE:
                await self.verifier.page_caller(request)
            case Route.INSTALLED:
                claims = await self.verifier.installation(request)
                await install_app(installed(body, claims, SETTINGS), tenants, clock)
            case Route.UNINSTALLED:
                claims = await self.verifier.installation(request)
                alias = named_site(body, claims, ConnectEvent.UNINSTALLED, SETTINGS)
                await uninstall_app(alias, claims.issued, tenants)
            case Route.ENABLED | Route.DISABLED:
                claims = await self.verifier.switching(request)
                event = ConnectEvent(request.path.rpartition("/")[2])
                alias = named_site(body, claims, event, SETTINGS)
                await switch_app(alias, claims.issued, tenants, enabled=event is ConnectEvent.ENABLED)
            case Route.FORGE:
                call = await self.verifier.event(request, body)
                view = await get_or_create(call, tenants, clock)
                if view is None or not is_served(view.tenant):
                    raise Refused(Reason.STATE)


async def entrance(keys: SandboxKeys | None = None, *, remembered: int = REMEMBERED) -> Entrance:
    """Return a process at which a site, and another one through Forge, have installed the app."""
    entrance = Entrance(await opened(), keys=keys, remembered=remembered)
    await entrance.told(entrance.jira.installed(entrance.site))
    await entrance.told(entrance.jira.forge.installed(entrance.forge_site))
    return entrance
