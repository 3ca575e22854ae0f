"""`panorama drill`."""

from typing import Annotated

import typer

from application.backups.backups import Backups
from application.drills.results import Result
from entrypoints.cli.backup import with_backups
from entrypoints.cli.bars import byte_bar
from entrypoints.cli.drill_views import show_drill
from entrypoints.cli.exits import Exit
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.sites import settings_of


def drill(
    site: Annotated[
        str | None,
        typer.Option("--site", metavar="SITE", help="Whose backups; else the active site's.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how the last drills went.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Restore the newest backup where it harms nobody, open all of it, and compare it with the site.

    Only blob stores and key managers outside the site's cloud are used, where there are any. Exit code 1 where the
    backup cannot be relied on. A service does it each day by itself.
    """
    output = Output.chosen(json)

    async def act(backups: Backups) -> Result | None:
        if dry_run:
            kept = await backups.drilling.results.all()
            return kept[-1] if kept else None
        with byte_bar("restoring") as told:
            return await backups.drilling.drill(lambda done, total: told(done, total or done))

    result = with_backups(settings_of(config, site), act)
    if result is None:
        output.document(None) if output.json else output.line("No drill yet.")
        return
    show_drill(output, result)
    if not result.succeeded:
        raise typer.Exit(Exit.REFUSED)
