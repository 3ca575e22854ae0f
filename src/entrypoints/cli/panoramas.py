"""`panorama panoramas`: which there are, and panoramas as files. Names and titles are in exported files only."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from application.exchange.export_csv import Table
from application.exchange.exports import Form
from entrypoints.cli.exports import Exported, export_to
from entrypoints.cli.imports import FileImport, import_files
from entrypoints.cli.listing import Line, lines
from entrypoints.cli.options import ConfigOption, JsonOption, TenantArgument
from entrypoints.cli.output import Output
from entrypoints.cli.services import with_services


class Program(Enum):
    """What is going to open a table."""

    EXCEL = "excel"


def list_all(tenant: TenantArgument, config: ConfigOption = None, json: JsonOption = None) -> None:
    """List a tenant's panoramas by id, without their names."""
    output = Output.chosen(json)
    listed: list[Line] = with_services(config, lambda services: lines(tenant, services))
    if output.json:
        output.document(listed)
        return
    rows = [(line.panorama, line.version, line.nodes, "yes" if line.archived else "") for line in listed]
    output.table(("panorama", "version", "nodes", "archived"), rows)


def export(
    tenant: TenantArgument,
    panoramas: Annotated[list[str] | None, typer.Argument(metavar="[PANORAMA]...", help="Ids; none: all.")] = None,
    to: Annotated[Path, typer.Option("--to", metavar="DIRECTORY", help="Made if it is not there.")] = Path(),
    form: Annotated[Form, typer.Option("--form", help="`reference` is MongoDB extended JSON.")] = Form.JSON,
    program: Annotated[
        Program | None, typer.Option("--for", help="With csv: ids and times as a spreadsheet keeps them.")
    ] = None,
    bom: Annotated[bool, typer.Option("--bom/--no-bom", help="With csv: a byte order mark first, for Excel.")] = True,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Write panoramas as files, one each, readable for you alone; a file that is there is never replaced."""
    if program is not None and form is not Form.CSV:
        raise typer.BadParameter("--for is about tables: --form csv")
    output, table = Output.chosen(json), Table(bom=bom, excel=program is not None)
    written: list[Exported] = with_services(
        config, lambda services: export_to(to, tenant, panoramas or [], form, table, services, output)
    )
    if output.json:
        output.document(written)
    else:
        output.table(("panorama", "file"), [(each.panorama, each.file) for each in written])


def bring_in(
    tenant: TenantArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Our own JSON, or MongoDB extended JSON.")],
    user: Annotated[str, typer.Option("--user", metavar="ACCOUNT", help="The Atlassian account that will own them.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the files and keep nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Begin the panoramas of files: of each file all or none. Repeated within 24 hours, it doubles nothing."""
    output = Output.chosen(json)
    wish = FileImport(tenant=tenant, account=user, files=tuple(files), keep=not dry_run)
    imported = with_services(config, lambda services: import_files(wish, services, output))
    if output.json:
        output.document(imported)
        return
    rows = [(each.file, each.count, ", ".join(each.panoramas)) for each in imported]
    output.table(("file", "panoramas", "would be made of it" if dry_run else "made of it"), rows)
    for each in imported:
        for note in each.notes:
            output.line(f"{each.file}: {note}")
