"""`panorama`: the service, and what an operator does with it."""

import typer

from entrypoints.cli import (
    audit,
    backup,
    config,
    credentials,
    failover,
    keys,
    panoramas,
    retention,
    secrets,
    storage,
    tenants,
)
from entrypoints.cli.demo import demo
from entrypoints.cli.drill import drill
from entrypoints.cli.exits import CODES
from entrypoints.cli.follow import follow
from entrypoints.cli.group import Commands
from entrypoints.cli.health import health
from entrypoints.cli.maintain import maintain
from entrypoints.cli.preflight import preflight
from entrypoints.cli.restore import restore
from entrypoints.cli.serve import serve
from entrypoints.cli.version import version
from entrypoints.garbage import collect_seldom

app = typer.Typer(
    cls=Commands,
    help="Hand-shaped trees of Jira issues, sealed at rest.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=CODES,
)
app.command(epilog=CODES)(serve)
app.command(epilog=CODES)(maintain)
app.command(epilog=CODES)(health)
app.command(epilog=CODES)(demo)
app.command(epilog=CODES)(preflight)
app.add_typer(config.commands, name="config")
app.add_typer(storage.commands, name="storage")
app.add_typer(secrets.commands, name="secrets")
app.add_typer(credentials.commands, name="credentials")
app.add_typer(keys.commands, name="keys")
app.add_typer(backup.commands, name="backup")
app.command(epilog=CODES)(restore)
app.command(epilog=CODES)(drill)
app.command(epilog=CODES)(follow)
app.add_typer(failover.commands, name="failover")
app.add_typer(tenants.commands, name="tenants")
app.add_typer(retention.commands, name="retention")
app.add_typer(audit.commands, name="audit")
app.add_typer(panoramas.commands, name="panoramas")
app.command(epilog=CODES)(version)


def main() -> None:
    """Run the command line."""
    collect_seldom()
    app()


if __name__ == "__main__":
    main()
