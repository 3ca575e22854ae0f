"""`panorama serve`."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated

import typer

from entrypoints.beginning import check_files
from entrypoints.cli.exits import Exit, Refusal
from entrypoints.cli.options import ConfigOption
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_sites import check_sites
from entrypoints.configuration_transport import check_transport
from entrypoints.container import Sources
from entrypoints.http.logs import Log, open_log
from entrypoints.http.server import serve as serve_http
from entrypoints.http.services import Services
from entrypoints.served import opened_service
from entrypoints.waiting import until_whole


def serve(
    config: ConfigOption = None,
    begin: Annotated[
        bool, typer.Option("--begin", help="Begin with empty databases although there are signs of others.")
    ] = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C, which end it in order, with exit code 0.

    A site that is being restored, or is a standby, is waited for. The log, on the standard output, is one JSON object
    a line. An empty database is served only where nothing says that the site has had another, or with --begin.
    """
    settings = read(config, os.environ)
    check_sites(settings)
    check_transport(settings)
    if not begin:
        check_files(settings)
    listen = settings.configuration.server
    log = open_log(sys.stdout.buffer, Sources().clock())
    with listening(listen.socket or f"{listen.host}:{listen.port}"):
        serve_http(opened_when_whole(settings, log, begin=begin), listen, log)


@asynccontextmanager
async def opened_when_whole(settings: Settings, log: Log, *, begin: bool = False) -> AsyncIterator[Services]:
    """Open the site as soon as it may be served; until then nobody listens, and a load balancer sends nobody here."""
    await until_whole(settings, lambda: log.warning("waiting", reason="the site is a standby, or half restored"))
    async with opened_service(settings, begin=begin) as services:
        yield services


@contextmanager
def listening(place: str) -> Iterator[None]:
    """Raise Refusal where uvicorn cannot listen at `place`, which it tells by ending the process."""
    try:
        yield
    except SystemExit as exc:
        remedy = "choose another port with PANORAMA_SERVER__PORT, or end what listens there"
        raise Refusal(f"{place} is taken or may not be listened at", remedy, Exit.UNAVAILABLE) from exc
