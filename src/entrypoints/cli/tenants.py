"""`panorama tenants`: which sites use the service."""

from typing import Any

from domain.holds import in_force
from domain.tenants import Tenant, state
from entrypoints.cli.listing import ids
from entrypoints.cli.options import ConfigOption, JsonOption, TenantArgument
from entrypoints.cli.output import Output
from entrypoints.cli.services import tenant_named, with_services
from entrypoints.core_services import CoreServices


def list_all(config: ConfigOption = None, json: JsonOption = None) -> None:
    """List every tenant: its alias, state and dates."""
    output = Output.chosen(json)
    tenants = with_services(config, _everyone)
    if output.json:
        output.document([_document(tenant) for tenant in tenants])
        return
    rows = [
        (
            tenant.alias,
            state(tenant).value,
            f"{tenant.created:%Y-%m-%d}",
            _day_of_removal(tenant),
            "yes" if in_force(tenant.holds) else "",
        )
        for tenant in tenants
    ]
    output.table(("tenant", "state", "since", "uninstalled", "held"), rows)


def show(tenant: TenantArgument, config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show one tenant: state, dates and how many panoramas it has. No secret and no name is shown."""
    output = Output.chosen(json)
    document = with_services(config, lambda services: _shown(tenant, services))
    if output.json:
        output.document(document)
    else:
        output.table(("", ""), [(name, "" if value is None else value) for name, value in document.items()])


async def _everyone(services: CoreServices) -> list[Tenant]:
    return sorted([tenant async for tenant in services.tenants.everyone()], key=lambda tenant: tenant.alias)


async def _shown(alias: str, services: CoreServices) -> dict[str, Any]:
    tenant = await tenant_named(alias, services)
    return _document(tenant) | {"panoramas": len([each async for each in ids(tenant.id, services)])}


def _document(tenant: Tenant) -> dict[str, Any]:
    return {
        "alias": tenant.alias,
        "id": tenant.id,
        "state": state(tenant).value,
        "created": tenant.created,
        "present_since": tenant.present_since,
        "uninstalled": tenant.uninstalled,
        "held": in_force(tenant.holds) is not None,
        "purging": tenant.purging,
    }


def _day_of_removal(tenant: Tenant) -> str:
    return "" if tenant.uninstalled is None else f"{tenant.uninstalled:%Y-%m-%d}"
