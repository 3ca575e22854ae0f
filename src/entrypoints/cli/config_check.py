"""`panorama config check`: try whether the configuration works."""

import os
from typing import Annotated

import typer

from entrypoints.cli.config_show import origin
from entrypoints.cli.exits import Silent
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_sites import check_sites, explanation
from entrypoints.configuration_transport import check_transport


def check(
    config: ConfigOption = None,
    json: JsonOption = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also open every part and ask whether it answers.")
    ] = False,
) -> None:
    """Check the configuration without starting the service; every problem is named with a way out."""
    output = Output.chosen(json)
    settings = read(config, os.environ)
    check_sites(settings)
    check_transport(settings)
    answered = _answered(settings) if connect else []
    explained = [explanation(address, settings.configuration.site.region) for address in settings.addresses]
    if output.json:
        site = settings.configuration.active
        output.document({"ok": True, "site": site, "addresses": explained, "answered": answered})
        return
    output.line(f"The configuration is fine: {origin(settings)}, site {settings.configuration.active}.")
    rows = [(each.key, each.address, each.what, each.region or "told at opening") for each in explained]
    output.table(("key", "address", "what is there", "region"), rows)
    for part in answered:
        output.line(f"{part} answers.")


def _answered(settings: Settings) -> list[str]:
    """Return the name of each part; raises Silent with those that do not answer as they should."""
    import asyncio

    from entrypoints.checking import check_parts

    answers = asyncio.run(check_parts(settings))
    if failures := {name: error for name, error in answers.items() if error is not None}:
        raise Silent(failures)
    return [*answers]
