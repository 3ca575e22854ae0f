"""`panorama demo`."""

import os
from typing import Annotated, Final

import httpx
import typer

from entrypoints.cli.exits import Exit, Refusal
from entrypoints.cli.numbers import whole_number
from entrypoints.cli.options import JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.terminal import Terminal
from entrypoints.configuration_file import embedded
from entrypoints.sandbox.demo import Play, play_demo
from entrypoints.sandbox.demo_client import UnexpectedAnswer
from entrypoints.sandbox.demo_story import Summary

_KEYS_PORT: Final = 8090
"""Where the demo's key server listens unless told otherwise, for a service that has to know where."""


def demo(
    stay: Annotated[
        bool, typer.Option("--serve/--once", help="Leave the service up until Ctrl-C, or end it with the story.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            help="A service that runs already; its app.key_servers must name the demo's key server.",
            show_default=False,
        ),
    ] = None,
    keys_port: Annotated[
        int, typer.Option(parser=whole_number, metavar="PORT", help="Where the demo's key server listens, with --url.")
    ] = _KEYS_PORT,
    json: JsonOption = None,
) -> None:
    """Show the service at work over HTTP: an install, two users who shape a panorama, an undo, an import.

    Starts the service on the embedded default, in $PANORAMA_DATA or ./data. Run again, it goes on with what it finds.
    """
    output = Output(json=bool(json))
    console = Terminal(highlight=False, quiet=output.json)
    settings = embedded({name: os.environ[name] for name in _HEEDED & os.environ.keys()})
    wanted = settings.configuration.server.port
    play = Play(data=settings.data, port=wanted, url=url, keys_port=keys_port if url else 0, stay=stay)

    def tell(summary: Summary) -> None:
        if output.json:
            output.document(summary)
            return
        if url is None and not summary.url.endswith(f":{wanted}"):
            output.line(f"Port {wanted} is taken; the service has another one.")
        output.line(f"The API, to read and to try: {summary.openapi}")
        if stay:
            output.line("The service stays up until Ctrl-C.")

    try:
        ended = play_demo(play, console, tell)
    except UnexpectedAnswer as exc:
        raise Refusal(str(exc), _remedy(exc, url, keys_port)) from exc
    except httpx.TransportError as exc:
        raise Refusal(
            "the service does not answer", "look at its log; with --url, check the address", Exit.UNAVAILABLE
        ) from exc
    if not ended:
        raise KeyboardInterrupt


_HEEDED: Final = frozenset({"PANORAMA_DATA", "PANORAMA_SERVER__PORT"})
"""What the demo takes from the environment; all else is as the embedded default has it."""


_NO_KEY: Final = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.SERVICE_UNAVAILABLE})
"""How a service answers that knows no key of the demo's, or asks a key server that it cannot reach."""


def _remedy(answer: UnexpectedAnswer, url: str | None, keys_port: int) -> str:
    if url is not None and answer.status in _NO_KEY:
        return f"start the service with PANORAMA_APP__KEY_SERVERS=http://127.0.0.1:{keys_port}"
    return "look at the service's log"
