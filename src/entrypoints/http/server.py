"""Serve the application with uvicorn."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Final, cast

import uvicorn
import uvloop
from litestar.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from entrypoints.garbage import leave_alone_what_stays
from entrypoints.http.app import create_app
from entrypoints.http.company import company
from entrypoints.http.connections import BoundedProtocol, ConnectionLimits
from entrypoints.http.logs import LibraryHandler, Log
from entrypoints.http.metrics import Metrics
from entrypoints.http.peers import Peers
from entrypoints.http.services import Services
from entrypoints.http.settings import Listen
from entrypoints.http.transport import require_secure
from entrypoints.workers.membership import Membership

_GRACE: Final = 10
"""Seconds that requests under way get to end."""

_LIMITS: Final = ConnectionLimits()


def serve(
    opened: AbstractAsyncContextManager[Services],
    listen: Listen,
    log: Log,
    worker: Membership | None = None,
    sockets: Sequence[socket.socket] | None = None,
) -> None:
    """Open the services and serve until SIGTERM or SIGINT, then let requests end and close the services.

    A `worker` among several accepts from `sockets`, which they share. Raises InsecureTransport, and what opening the
    services raises.
    """
    require_secure(listen)
    _carry_library_logs(log)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(opened, listen, log, worker, sockets))


async def _serve(
    opened: AbstractAsyncContextManager[Services],
    listen: Listen,
    log: Log,
    worker: Membership | None,
    sockets: Sequence[socket.socket] | None,
) -> None:
    if worker is not None:
        worker.end_with_parent()
    async with opened as services:
        server = uvicorn_server(services, listen, log, worker=worker)
        leave_alone_what_stays()
        with signals_spent():
            await server.serve(None if sockets is None else list(sockets))


@contextmanager
def signals_spent() -> Iterator[None]:
    """The server raises each signal again once it has stopped, which must not end the process before all is closed."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def uvicorn_server(
    services: Services,
    listen: Listen,
    log: Log,
    limits: ConnectionLimits = _LIMITS,
    worker: Membership | None = None,
) -> uvicorn.Server:
    """Return the server, not yet started; while it serves, it ships and does maintenance too."""
    metrics = Metrics(None if worker is None else worker.siblings)
    # uvicorn does no more with the class than to call it.
    protocol = partial(BoundedProtocol, limits=limits, broken_off=metrics.break_off)
    config = uvicorn.Config(
        _behind(listen.proxies, create_app(services, log, metrics, listen.proxies)),
        host=listen.host,
        port=listen.port,
        uds=listen.socket,
        ssl_certfile=listen.certificate,
        ssl_keyfile=listen.key,
        proxy_headers=False,
        loop="none",
        http=cast("type[asyncio.Protocol]", protocol),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    return _Server(config, services, _beside(services, metrics, log, worker), worker)


@asynccontextmanager
async def _beside(services: Services, metrics: Metrics, log: Log, worker: Membership | None) -> AsyncIterator[None]:
    """Have what goes on beside the requests, and answer the other workers."""
    async with company(services, metrics, log):
        if worker is None:
            yield
            return
        async with worker.siblings.answering(metrics.collect):
            yield


def _behind(proxies: Collection[str], app: ASGIApp) -> ASGIApp:
    """Return the application with what these proxies forward; uvicorn's own layer would hide whom a connection is with.

    So it is put on here, and not by uvicorn.
    """
    if not proxies:
        return app
    return Peers(cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", app), list(proxies))))


class _Server(uvicorn.Server):
    """Has company while it serves, and ends what could go on for long before it waits for what is under way."""

    def __init__(
        self,
        config: uvicorn.Config,
        services: Services,
        company: AbstractAsyncContextManager[None],
        worker: Membership | None,
    ) -> None:
        super().__init__(config)
        self._services = services
        self._company = company
        self._worker = worker

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        async with self._company:
            await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; ends the process, as uvicorn does, where another process has begun to listen meanwhile."""
        try:
            await super().startup(sockets)
        except OSError:
            sys.exit(STARTUP_FAILURE)
        if self._worker is not None:
            self._worker.report_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._services.ending.set()
        await super().shutdown(sockets)


def _carry_library_logs(log: Log) -> None:
    root = logging.getLogger()
    root.handlers = [LibraryHandler(log)]
    root.setLevel(logging.WARNING)
