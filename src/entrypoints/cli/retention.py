"""`panorama retention`: what removed sites leave behind, how long that stays, and the proof that it is gone."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from application.retention.operations import Outlook, Retention, Status
from domain.approvals import standing
from domain.holds import Hold
from domain.ids import TenantId
from domain.retention import Obstacle
from entrypoints.cli.exits import Refusal
from entrypoints.cli.maintain_outcomes import moment
from entrypoints.cli.options import AnyTenantArgument, ConfigOption, JsonOption
from entrypoints.cli.output import Output
from entrypoints.cli.receipts import ReceiptDocument, receipt_document, receipt_page, receipt_rows
from entrypoints.cli.services import tenant_id_named, with_services
from entrypoints.core_services import CoreServices
from entrypoints.private_files import write_private


def status(config: ConfigOption = None, json: JsonOption = None) -> None:
    """Show every site that is removed, held or purged, and when it is to be what."""
    output = Output.chosen(json)

    async def everything(services: CoreServices) -> list[Status]:
        return [each async for each in services.retention.statuses()]

    statuses = with_services(config, everything)
    if output.json:
        output.document(statuses)
        return
    columns = ("tenant", "state", "uninstalled", "purge due", "shredded by", "hold", "outstanding")
    output.table(columns, [_row(each) for each in statuses])


def purge(
    tenant: AnyTenantArgument,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for the end of the grace period.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, where it is early.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be destroyed, and do nothing.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Destroy for good what a removed site has left behind; maintenance does the same when the grace period is over.

    Early, it asks for the site's alias. A site that has the app installed, or is held, is never purged.
    """
    output = Output.chosen(json)
    outlook = with_services(config, lambda services: _outlook(tenant, services))
    if dry_run:
        _tell_outlook(output, outlook)
        return
    _check(outlook, early=now)
    if outlook.obstacle is Obstacle.GRACE and not yes:
        _ask(outlook)
    receipt = with_services(config, lambda services: _purged(outlook.tenant, services, early=now))
    _tell_receipt(output, receipt)
    output.remark("Maintenance confirms it in a quarter of an hour: `panorama retention receipt` shows how far it is.")


def hold(
    tenant: AnyTenantArgument,
    reason: Annotated[str | None, typer.Option("--reason", help="Why: a hold needs one.", show_default=False)] = None,
    release: Annotated[bool, typer.Option("--release", help="End the hold that is in force.")] = False,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Keep a site's data from being purged until the hold is released. Recorded as a single operator's, unapproved."""
    output, why = Output.chosen(json), (reason or "").strip()
    if not why and not release:
        raise typer.BadParameter("a hold needs a reason: --reason")

    async def change(services: CoreServices) -> Hold:
        found = await tenant_id_named(tenant, services)
        act = services.retention.release if release else services.retention.hold
        return await act(found, why)

    changed = with_services(config, change)
    request = changed.released or changed.placed
    if output.json:
        output.document({"hold": changed, "standing": standing(request).value})
    else:
        output.line(f"The hold is {'released' if release else 'in force'}: {standing(request).value}.")


def receipt(
    tenant: AnyTenantArgument,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write it as a page to print; what is there is not replaced."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = None,
) -> None:
    """Show the receipt of a purge, which names the site by a hash alone and can be handed to whoever has left."""
    output = Output.chosen(json)
    document = with_services(config, lambda services: _receipt(tenant, services))
    if page is not None:
        _write(page, receipt_page(document))
    _tell_receipt(output, document)


async def _outlook(name: str, services: CoreServices) -> Outlook:
    return await services.retention.outlook(await tenant_id_named(name, services))


async def _purged(tenant: TenantId, services: CoreServices, *, early: bool) -> ReceiptDocument:
    step = await services.retention.purge(tenant, early=early)
    if step.finding is not None:
        raise Refusal(step.finding.what, "maintenance goes on as soon as it can")
    return await _document(tenant, services.retention, services)


async def _receipt(name: str, services: CoreServices) -> ReceiptDocument:
    return await _document(await tenant_id_named(name, services), services.retention, services)


async def _document(tenant: TenantId, retention: Retention, services: CoreServices) -> ReceiptDocument:
    found = await retention.receipt(tenant)
    if found is None:
        raise Refusal("there is no receipt: nothing of this tenant was purged", "`panorama retention status` lists all")
    return receipt_document(found, await retention.outstanding(found), services.clock())


def _check(outlook: Outlook, *, early: bool) -> None:
    """Raise Refusal where a tenant is not to be purged; early, the grace period is no obstacle."""
    if outlook.obstacle is None or (early and outlook.obstacle is Obstacle.GRACE):
        return
    raise Refusal(f"nothing is purged: {outlook.obstacle.value}", _REMEDIES[outlook.obstacle])


_REMEDIES = {
    Obstacle.INSTALLED: "only what a site that has removed the app has left behind is purged",
    Obstacle.HELD: "`panorama retention hold TENANT --release` ends the hold",
    Obstacle.GRACE: "wait, or purge it early with --now",
}


def _ask(outlook: Outlook) -> None:
    """Have an operator type the alias of a site that is to be purged early; raises Refusal for anything else."""
    records = sum(outlook.records.values())
    text = f"{records} records of {outlook.alias} will be destroyed for good, although its grace period goes on"
    typer.echo(f"{text}. Type its alias to go on:", err=True)
    if sys.stdin.readline().strip() != outlook.alias:
        raise Refusal("that is not its alias; nothing was purged", "type it as `panorama retention status` shows it")


def _tell_outlook(output: Output, outlook: Outlook) -> None:
    if output.json:
        output.document(outlook)
        return
    output.table(("kind", "records"), sorted(outlook.records.items()))
    output.line(f"Generations of the data key: {', '.join(map(str, outlook.generations))}.")
    if outlook.obstacle is None:
        output.line("All of that would be destroyed now.")
    else:
        output.line(f"Nothing would be destroyed: {outlook.obstacle.value}; {_REMEDIES[outlook.obstacle]}.")


def _tell_receipt(output: Output, document: ReceiptDocument) -> None:
    if output.json:
        output.document(document)
    else:
        output.table(("", ""), receipt_rows(document))


def _write(page: Path, content: bytes) -> None:
    try:
        write_private(page, content)
    except FileExistsError as exc:
        raise Refusal(f"{page} is there already", "choose another name, or move the file away") from exc


def _row(status: Status) -> tuple[str, ...]:
    held = "" if status.hold is None else f"since {moment(status.hold.placed.at)}, {standing(status.hold.placed).value}"
    dates = (moment(each) for each in (status.removed, status.purge_due, status.shredded_by))
    return (status.alias or status.tenant, status.stage.value, *dates, held, "; ".join(status.outstanding))
