"""`panorama serve`."""

import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated

import typer

from entrypoints.beginning import check_files
from entrypoints.cli.exits import Exit, Refusal
from entrypoints.cli.numbers import whole_number
from entrypoints.cli.options import ConfigOption
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_sites import check_sites
from entrypoints.configuration_transport import check_transport
from entrypoints.container import Sources
from entrypoints.http.logs import Log, open_log
from entrypoints.http.server import serve as serve_http
from entrypoints.http.services import Services
from entrypoints.http.settings import MOST_WORKERS, Listen
from entrypoints.served import opened_service
from entrypoints.waiting import until_whole
from entrypoints.workers.listening import bind
from entrypoints.workers.supervisor import WorkerFailed, reason_of, start_workers


def serve(
    config: ConfigOption = None,
    begin: Annotated[
        bool, typer.Option("--begin", help="Begin with empty databases although there are signs of others.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            parser=whole_number,
            metavar="N",
            help="How many processes serve, about one for each core; else server.workers, which is 1.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, which end it in order, with exit code 0.

    A site that is being restored, or is a standby, is waited for. The log, on the standard output, is one JSON object
    a line. An empty database is served only where nothing says that the site has had another, or with --begin. With
    several workers, one process more supervises them, and replaces one that ends.
    """
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise typer.BadParameter(f"give a number from 1 to {MOST_WORKERS}", param_hint="--workers")
    settings = read(config, os.environ)
    check_sites(settings)
    check_transport(settings)
    if not begin:
        check_files(settings)
    listen = settings.configuration.server
    log = open_log(sys.stdout.buffer, Sources().clock())
    count = workers or listen.workers
    if count > 1:
        _serve_with_workers(count, settings, log, begin=begin)
        return
    with listening(_place_of(listen)):
        serve_http(opened_when_whole(settings, log, begin=begin), listen, log)


def _serve_with_workers(count: int, settings: Settings, log: Log, *, begin: bool) -> None:
    """Serve with several processes; returns in each of them and in their parent, when it has ended.

    What keeps a worker from starting is said by that worker; the parent ends with its exit code.
    """
    listen = settings.configuration.server
    sockets = _bind(listen)
    try:
        worker = start_workers(count, log, Sources().monotonic())
    except WorkerFailed as exc:
        number, status = exc.end
        if status > 0:
            raise typer.Exit(status) from exc
        problem = f"worker {number} was ended by {reason_of(status)}"
        raise Refusal(
            problem, "look at the log, and whether there is memory for each worker", Exit.UNAVAILABLE
        ) from exc
    if worker is not None:
        log = log.bind(worker=worker.number)
        with listening(_place_of(listen)):
            serve_http(opened_when_whole(settings, log, begin=begin), listen, log, worker, sockets)


@asynccontextmanager
async def opened_when_whole(settings: Settings, log: Log, *, begin: bool = False) -> AsyncIterator[Services]:
    """Open the site as soon as it may be served; until then nobody listens, and a load balancer sends nobody here."""
    await until_whole(settings, lambda: log.warning("waiting", reason="the site is a standby, or half restored"))
    async with opened_service(settings, begin=begin) as services:
        yield services


@contextmanager
def listening(place: str) -> Iterator[None]:
    """Raise Refusal where uvicorn cannot listen at `place`, which it says by ending the process."""
    try:
        yield
    except SystemExit as exc:
        raise _taken(place) from exc


def _bind(listen: Listen) -> list[socket.socket]:
    try:
        return bind(listen)
    except OSError as exc:
        raise _taken(_place_of(listen)) from exc


def _taken(place: str) -> Refusal:
    remedy = "choose another port with PANORAMA_SERVER__PORT, or end what listens there"
    return Refusal(f"{place} is taken or may not be listened at", remedy, Exit.UNAVAILABLE)


def _place_of(listen: Listen) -> str:
    return listen.socket or f"{listen.host}:{listen.port}"
