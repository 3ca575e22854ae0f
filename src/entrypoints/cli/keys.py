"""`panorama keys`: the data keys of every tenant, and their rotation."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer

from domain.ids import SYSTEM, TenantId
from domain.rotation import Colour
from entrypoints.cli.exits import Exit
from entrypoints.cli.keys_rotation import Wish, rewrapped, rotated
from entrypoints.cli.keys_status import show_status
from entrypoints.cli.options import ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.services import tenant_named, with_services
from entrypoints.core_services import CoreServices
from ports.errors import PortError

_SERVICE = "system"


def status(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show each tenant's data keys: age, state, wraps, what is still under older ones, and who asked for a rotation.

    Exit code 1 where something is red: a promise is broken, or will be unless somebody acts. No key is shown.
    """
    output = Output.chosen(json)

    async def act(services: CoreServices) -> Colour:
        found = [each async for each in services.keys.status.everybody()]
        names = {each.tenant: await alias_of(each.tenant, services) for each in found}
        requests = await services.keys.requests.everything()
        return show_status(output, found, names, requests, services.clock())

    if with_services(config, act) is Colour.RED:
        raise typer.Exit(Exit.REFUSED)


def rotate(
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept, sealed.")],
    tenant: Annotated[
        list[str] | None,
        typer.Option("--tenant", metavar="ALIAS", help="Whose key; `system` is the service's own. May be repeated."),
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's keys, the service's own too.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="They may have leaked: do all of it now, and take the old ones out of use.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say whose keys would be replaced.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Have data keys replaced before their time.

    Without --now the next turn of maintenance does it. With --now this command does, which takes ten minutes and the
    time to seal everything anew: when it ends, the service opens nothing with the old keys any more. Their wraps stay
    for as long as backups need them. What was interrupted is gone on with by maintenance, or by the same command.
    """
    if everybody == bool(tenant):
        raise typer.BadParameter("choose either --all or --tenant")
    output = Output.chosen(json)

    async def act(services: CoreServices) -> Exit:
        chosen = await _chosen(tenant or (), services)
        return await rotated(Wish(reason, chosen, now=now, keep=not dry_run), services, output)

    _end(with_services(config, act))


def rewrap(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many wraps would be made.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Have every key manager wrap every data key anew, under the newest version of its own key.

    Maintenance does so by itself where it knows of a newer version. No data key changes. Exit code 4 where a key
    manager does not answer; the wraps that it has stay.
    """
    output = Output.chosen(json)
    _end(with_services(config, lambda services: rewrapped(services, output, keep=not dry_run)))


def _end(code: Exit) -> None:
    if code is not Exit.DONE:
        raise typer.Exit(code)


async def _chosen(aliases: Sequence[str], services: CoreServices) -> list[TenantId]:
    """Return the tenants of these aliases, or everybody; raises Refusal for an alias that leads nowhere."""
    if not aliases:
        return [tenant async for tenant in services.keys.generations.holders()]
    return [SYSTEM if alias == _SERVICE else (await tenant_named(alias, services)).id for alias in aliases]


async def alias_of(tenant: TenantId, services: CoreServices) -> str:
    """Return the alias, `system` for the service itself, nothing where it cannot be told now."""
    if tenant == SYSTEM:
        return _SERVICE
    with suppress(PortError):
        view = await services.tenants.get(tenant)
        return "" if view is None else view.tenant.alias
    return ""
