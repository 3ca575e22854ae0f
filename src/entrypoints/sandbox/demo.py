"""Runs the demo: a service, a key server for the Jira that is played, and the story told against them over HTTP."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import httpx
import msgspec
from rich.console import Console

from entrypoints.configuration import Configuration
from entrypoints.configuration_file import Settings, embedded
from entrypoints.container import Sources
from entrypoints.http.logs import open_log
from entrypoints.http.server import signals_spent, uvicorn_server
from entrypoints.http.services import Services
from entrypoints.private_files import append_private
from entrypoints.sandbox.calls import App
from entrypoints.sandbox.demo_site import remembered_forge_site, remembered_site
from entrypoints.sandbox.demo_story import Story, Summary
from entrypoints.sandbox.jira import SandboxJira
from entrypoints.sandbox.key_server import served
from entrypoints.sandbox.keys import KEY_SET_PATH, SandboxKeys
from entrypoints.served import opened_service

_HOST: Final = "127.0.0.1"
_DEADLINE: Final = 10.0
_APP_KEY: Final = Configuration().app.key
_FORGE_APP: Final = App(base_url="", key="").forge_app

Tell: TypeAlias = Callable[[Summary], None]
"""Is given the summary when the story is over."""

Perform: TypeAlias = Callable[[str], Coroutine[None, None, None]]
"""Tells the story to the service at an address."""


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of the demo is to do."""

    data: Path
    """Where the embedded default keeps everything, and the demo its site."""

    port: int
    """Where the service listens, unless that is taken."""

    url: str | None
    """A service that runs already; None: one of the demo's own."""

    keys_port: int
    """Where the demo's key server listens; 0: anywhere."""

    stay: bool
    """Whether the demo's own service goes on when the story is over, until it is told to stop."""


def play_demo(play: Play, console: Console, tell: Tell) -> bool:
    """Play it; return whether the story was told to its end, rather than stopped by a signal.

    Raises UnexpectedAnswer, httpx.TransportError, and what opening the services raises.
    """
    keys = SandboxKeys()
    with served(keys.documents(), play.keys_port) as key_server:
        if play.url is not None:
            asyncio.run(_play_against(play.url, play, keys, console, tell))
            return True
        listening = listener(play.port)
        settings = _settings(play, listening.getsockname()[1], key_server)
        with append_private(settings.data / "demo.log") as log:
            return asyncio.run(
                _play_at_home(
                    settings, listening, log, lambda url: _play_against(url, play, keys, console, tell), stay=play.stay
                )
            )


def listener(wanted: int) -> socket.socket:
    """Return a socket that listens at the port that was wanted, or at a free one where it is taken."""
    # asyncio turns Nagle's algorithm off only where it sees that the protocol is TCP.
    found = socket.socket(proto=socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((_HOST, wanted))
    except OSError:
        found.bind((_HOST, 0))
    found.listen()
    return found


def _settings(play: Play, port: int, key_server: str) -> Settings:
    """The embedded default, which takes the word of the demo's key server and of no other, and asks no real Jira.

    A service that runs already is told of no Forge: which app it is there is its own configuration.
    """
    return embedded(
        {
            "PANORAMA_DATA": str(play.data),
            "PANORAMA_SERVER__PORT": str(port),
            "PANORAMA_APP__KEY_SERVERS": key_server,
            "PANORAMA_APP__FORGE_APP": _FORGE_APP,
            "PANORAMA_APP__FORGE_KEYS": f"{key_server}{KEY_SET_PATH}",
            "PANORAMA_APP__REPORTS_ACCOUNTS": "false",
        }
    )


async def _play_at_home(
    settings: Settings, listening: socket.socket, log: BinaryIO, perform: Perform, *, stay: bool
) -> bool:
    async with opened_service(settings) as services:
        with signals_spent():
            return await _perform_on(services, settings, listening, log, perform, stay=stay)


async def _perform_on(
    services: Services, settings: Settings, listening: socket.socket, log: BinaryIO, perform: Perform, *, stay: bool
) -> bool:
    server = uvicorn_server(services, settings.configuration.server, open_log(log, services.clock))
    serving = asyncio.create_task(server.serve([listening]))
    try:
        story = asyncio.create_task(perform(settings.configuration.base_urls[0]))
        await asyncio.wait({story, serving}, return_when=asyncio.FIRST_COMPLETED)
        if server.should_exit:
            # A signal came, and the story may have broken off already because nobody answers it any more.
            story.cancel()
            await asyncio.gather(story, return_exceptions=True)
            return False
        await story
        if stay:
            await serving
    finally:
        server.should_exit = True
        await serving
    return True


async def _play_against(url: str, play: Play, keys: SandboxKeys, console: Console, tell: Tell) -> None:
    sources = Sources()
    jira = SandboxJira(App(base_url=url, key=_APP_KEY), keys, sources.clock(), sources.random())
    site, known = remembered_site(play.data, jira)
    forge_site = remembered_forge_site(play.data, jira) if play.url is None else None
    if known:
        console.print(f"The data directory {play.data} holds the site of an earlier run.")
    async with httpx.AsyncClient(base_url=url, timeout=_DEADLINE) as client:
        tell(await Story(client, jira, site, console, forge_site).tell())
