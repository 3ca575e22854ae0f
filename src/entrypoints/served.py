"""The composition root of `panorama serve`: the application, and what answers requests with it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from dependency_injector import providers

from application.panoramas.watch import Watches
from application.tenants.replays import Replays
from entrypoints.configuration_file import Settings
from entrypoints.configuration_tokens import token_settings
from entrypoints.container import Application, open_application
from entrypoints.http.event_work import EventWork
from entrypoints.http.forge_routes import forge_routes
from entrypoints.http.lifecycle import lifecycle_routes
from entrypoints.http.services import Services
from entrypoints.http.settings import HttpSettings
from entrypoints.http.tokens import TokenVerifier
from entrypoints.http.tokens.sources import HttpKeySource, KeySource
from entrypoints.token_settings import TokenSettings


class ServedApplication(Application):
    """The application with its tokens and its routes."""

    http_settings: providers.Object[HttpSettings] = providers.Object()
    token_settings: providers.Object[TokenSettings] = providers.Object()
    key_source: providers.Object[KeySource] = providers.Object()

    watches = providers.Singleton(Watches, Application.panoramas, Application.sleep)
    replays = providers.Singleton(Replays, Application.records, Application.digests, Application.random)
    event_work = providers.Singleton(EventWork)
    tokens = providers.Singleton(
        TokenVerifier,
        token_settings,
        Application.tenants,
        Application.users,
        replays,
        key_source,
        Application.clock,
        Application.monotonic,
    )
    http_services = providers.Factory(
        Services,
        **Application.services.kwargs,
        watches=watches,
        tokens=tokens,
        lifecycle=providers.Factory(lifecycle_routes, token_settings, tokens, Application.tenants, Application.clock),
        forge=providers.Factory(
            forge_routes,
            tokens,
            Application.tenants,
            Application.reporting,
            event_work,
            Application.clock,
            Application.monotonic,
        ),
        settings=http_settings,
    )


@asynccontextmanager
async def opened_service(settings: Settings, *, begin: bool = False) -> AsyncIterator[Services]:
    """Open everything that the service is made of, and close it all in the reverse order, whatever happens.

    Raises what `container.opened` raises.
    """
    async with AsyncExitStack() as stack:
        key_source = HttpKeySource()
        stack.push_async_callback(key_source.close)
        application = await open_application(
            ServedApplication,
            settings,
            stack,
            begin=begin,
            http_settings=providers.Object(settings.configuration.http),
            token_settings=providers.Object(token_settings(settings.configuration)),
            key_source=providers.Object(key_source),
        )
        stack.push_async_callback(application.tokens().close)
        stack.push_async_callback(application.event_work().close)
        yield application.http_services()
