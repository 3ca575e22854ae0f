"""Writes panoramas into a directory, for operators: who may view them inside the tenant is not asked."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from application.exchange.export_csv import Table, export_csv
from application.exchange.export_json import export_json
from application.exchange.export_reference import Site, export_reference
from application.exchange.exports import Form
from domain.ids import PanoramaId
from domain.panoramas.tree import Tree
from domain.tenants import Tenant, is_served
from entrypoints.cli.exits import Refusal
from entrypoints.cli.listing import ids
from entrypoints.cli.output import Output
from entrypoints.cli.services import panorama_id_named, tenant_named
from entrypoints.core_services import CoreServices
from entrypoints.private_files import write_private

_ENDINGS: Final = {Form.JSON: "json", Form.CSV: "csv", Form.REFERENCE: "ndjson"}


class Exported(msgspec.Struct, frozen=True):
    """One file that was written."""

    panorama: PanoramaId
    file: str


async def export_to(
    folder: Path, alias: str, wanted: Sequence[str], form: Form, table: Table, services: CoreServices, output: Output
) -> list[Exported]:
    """Write each wanted panorama, or all, into `folder`; raises Refusal, PanoramaMissing."""
    tenant = await tenant_named(alias, services)
    chosen = [panorama_id_named(each) for each in wanted] or [each async for each in ids(tenant.id, services)]
    written = []
    for panorama in output.tracked(chosen, "exporting"):
        tree = (await services.panoramas.newest(tenant.id, panorama)).tree.frozen()
        content = await asyncio.to_thread(_content, tree, form, table, tenant)
        path = folder / f"{panorama}.{_ENDINGS[form]}"
        await asyncio.to_thread(_write_new, path, content)
        written.append(Exported(panorama, str(path)))
    return written


def _content(tree: Tree, form: Form, table: Table, tenant: Tenant) -> bytes:
    match form:
        case Form.JSON:
            return export_json(tree)
        case Form.CSV:
            return export_csv(tree, table)
        case Form.REFERENCE:
            return export_reference(tree, Site(tenant.alias, tenant.site.base_url, is_served(tenant)))


def _write_new(path: Path, content: bytes) -> None:
    try:
        write_private(path, content)
    except FileExistsError as exc:
        raise Refusal(f"{path} is there already", "choose another directory with --to, or move the file away") from exc
