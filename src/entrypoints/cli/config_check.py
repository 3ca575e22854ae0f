"""`panorama config check`: try whether the configuration works."""

import os
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
import typer

from entrypoints.cli.config_show import origin
from entrypoints.cli.exits import Silent
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.configuration_file import Settings, read
from entrypoints.configuration_notes import configuration_notes
from entrypoints.configuration_sites import check_sites, explanation
from entrypoints.configuration_transport import check_transport
from entrypoints.destinations import destination, is_new

_LATER: Final = "told at opening"
_NEWNESS: Final[Mapping[bool | None, str]] = {True: "yes: empty", False: "no", None: "told by --connect"}


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
    region = settings.configuration.site.region
    # Before anything is opened, which makes the files that are missing.
    explained = [explanation(each, region, destination(each), new=is_new(each)) for each in settings.addresses]
    answered = _answered(settings) if connect else []
    if connect:
        empty = _found_empty(settings)
        explained = [msgspec.structs.replace(each, new=empty.get(each.key, each.new)) for each in explained]
    notes = [*configuration_notes(settings.configuration)]
    if output.json:
        site = settings.configuration.active
        output.document({"ok": True, "site": site, "addresses": explained, "answered": answered, "notes": notes})
        return
    output.line(f"The configuration is fine: {origin(settings)}, site {settings.configuration.active}.")
    rows = [
        (each.key, each.address, each.what, each.opens or _LATER, _NEWNESS[each.new], each.region or _LATER)
        for each in explained
    ]
    output.table(("key", "address", "what is there", "it opens", "new", "region"), rows)
    for part in answered:
        output.line(f"{part} answers.")
    for note in notes:
        output.line(f"Note: {note}.")


def _found_empty(settings: Settings) -> dict[str, bool]:
    """Return whether storage and vault are empty, by the keys of their addresses."""
    import asyncio

    from entrypoints.checking import find_empty

    return asyncio.run(find_empty(settings))


def _answered(settings: Settings) -> list[str]:
    """Return the name of each part; raises Silent with those that do not answer as they should."""
    import asyncio

    from entrypoints.checking import check_parts

    answers = asyncio.run(check_parts(settings))
    if failures := {name: error for name, error in answers.items() if error is not None}:
        raise Silent(failures)
    return [*answers]
