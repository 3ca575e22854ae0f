"""`panorama audit`: looking for what should not be there."""

from typing import Annotated

import typer

from application.retention.residue import Residue
from entrypoints.cli.exits import Exit
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.services import tenant_id_named, with_services
from entrypoints.core_services import CoreServices


def residue(
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="ID", help="The tenant's id; of a site that is there, also its alias.")
    ],
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Search storage, vault and blob stores for anything of a tenant; exit code 1 where anything is found.

    Of a site that has the app, that is all that it has; after a purge it must be nothing. Told apart is what copies of
    the vault hold until they are pruned, and what is kept by design: the ledger's entry, the receipt, and whatever else
    has to name the tenant.
    """
    output = Output.chosen(json)

    async def search(services: CoreServices) -> Residue:
        return await services.retention.residue(await tenant_id_named(tenant, services))

    found = with_services(config, search)
    if output.json:
        output.document(found)
    else:
        _show(output, found)
    if found.found:
        raise typer.Exit(Exit.REFUSED)


def _show(output: Output, residue: Residue) -> None:
    rows = [("found", each.place, each.what, each.count) for each in residue.found]
    rows += [("in copies", each.place, each.what, each.count) for each in residue.copied]
    rows += [("kept by design", each.place, each.what, each.count) for each in residue.kept]
    if rows:
        output.table(("", "place", "what", "how many"), rows)
    if residue.found:
        output.line("Something of it is there.")
    elif residue.copied:
        output.line("Nothing is left but in copies of the vault that are kept for days, and what is kept by design.")
    else:
        output.line("Nothing is left but what is kept by design.")
