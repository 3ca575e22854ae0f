"""`panorama tenants`: which sites use the service."""

from typing import Any

from msgspec.structs import asdict

from application.retention.operations import Retention
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
    documents = with_services(config, _everyone)
    if output.json:
        output.document(documents)
        return
    output.table(("tenant", "state", "since", "uninstalled", "held", "heard"), [*map(_row, documents)])


def show(tenant: TenantArgument, config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show one tenant: state, dates, installations, number of panoramas. No secret and no name is shown."""
    output = Output.chosen(json)
    document = with_services(config, lambda services: _shown(tenant, services))
    if output.json:
        output.document(document)
    else:
        installations = document.pop("installations")
        output.table(("", ""), [(name, "" if value is None else value) for name, value in document.items()])
        if installations:
            rows = [tuple("" if value is None else value for value in each.values()) for each in installations]
            output.table(("installation", "first heard", "last heard", "version", "licensed"), rows)


async def _everyone(services: CoreServices) -> list[dict[str, Any]]:
    tenants = sorted([tenant async for tenant in services.tenants.everyone()], key=lambda tenant: tenant.alias)
    return [_document(tenant, services.retention) for tenant in tenants]


async def _shown(alias: str, services: CoreServices) -> dict[str, Any]:
    tenant = await tenant_named(alias, services)
    document = _document(tenant, services.retention)
    return document | {"panoramas": len([each async for each in ids(tenant.id, services)])}


def _document(tenant: Tenant, retention: Retention) -> dict[str, Any]:
    use = tenant.forge
    return {
        "alias": tenant.alias,
        "id": tenant.id,
        "state": state(tenant).value,
        "created": tenant.created,
        "present_since": tenant.present_since,
        "uninstalled": tenant.uninstalled,
        "held": in_force(tenant.holds) is not None,
        "purging": tenant.purging,
        "heard": None if use is None else use.last_heard,
        "leaving": None if use is None else use.leaving,
        "ends": retention.ends(tenant),
        "purge_due": retention.purge_due(tenant),
        "installations": [] if use is None else [asdict(each) for each in use.installations],
    }


def _row(document: dict[str, Any]) -> tuple[str, ...]:
    held = "yes" if document["held"] else ""
    days = (_day(document, name) for name in ("created", "uninstalled"))
    return (document["alias"], document["state"], *days, held, _heard(document))


def _heard(document: dict[str, Any]) -> str:
    """Return when a site of Forge was heard, and what follows from that."""
    told = (("", "heard"), ("leaving since ", "leaving"), ("ends ", "ends"))
    return ", ".join(f"{words}{_day(document, name)}" for words, name in told if document[name] is not None)


def _day(document: dict[str, Any], name: str) -> str:
    return "" if document[name] is None else f"{document[name]:%Y-%m-%d}"
