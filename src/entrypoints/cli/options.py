"""Options that every command understands."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

JSON: Final = "json"
"""Under this name of the context stands what --json or --text said, so that a failure is told likewise."""


def _remember(context: typer.Context, chosen: bool | None) -> bool | None:
    context.meta[JSON] = chosen
    return chosen


ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration; else $PANORAMA_CONFIG, else ./panorama.toml, else the embedded default.",
        show_default=False,
    ),
]

JsonOption: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--json/--text",
        callback=_remember,
        help="JSON for machines or text for people; JSON if the output is no terminal.",
        show_default=False,
    ),
]

TenantArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="TENANT", help="The site's alias: jira:<clientKey> or forge:<environment>:<cloudId>.")
]

AnyTenantArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="TENANT", help="The site's alias, or the tenant's id, which outlives a purge.")
]
